use serde_json::Value;

use crate::multipart::create;
use crate::wire::{Practice, practice};

async fn list(practice: &Practice, query: &[(&str, &str)]) -> Value {
    let request = practice.request("GET", "/first").query("list-type", "2");
    query.iter().fold(request, |request, (name, value)| request.query(name, value)).send().await.ok().json()
}

fn names(page: &Value, list: &str, name: &str) -> Vec<String> {
    page[list].as_array().unwrap().iter().map(|item| item[name].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn pages_of_any_size_join_to_the_whole_listing() {
    let practice = practice(|_| {}).await;
    let mut keys: Vec<String> = (0..60).map(|n| format!("dir{}/目 {n}", n % 4)).collect();
    keys.push("top+".into());
    for key in &keys {
        practice.put(&format!("/first/{key}"), "x").await.ok();
    }
    keys.sort();
    for (page_size, delimiter) in [("7", ""), ("1", "/"), ("2", "/"), ("1000", "")] {
        let (mut found, mut prefixes, mut token) = (Vec::new(), Vec::new(), String::new());
        loop {
            let mut query = vec![("max-keys", page_size), ("delimiter", delimiter)];
            if !token.is_empty() {
                query.push(("continuation-token", &token));
            }
            let page = list(&practice, &query).await;
            found.extend(names(&page, "Contents", "Key"));
            prefixes.extend(names(&page, "CommonPrefixes", "Prefix"));
            let count = page["KeyCount"].as_u64().unwrap();
            assert!(count <= page_size.parse().unwrap());
            if page["IsTruncated"] == false {
                break;
            }
            token = page["NextContinuationToken"].as_str().unwrap().to_owned();
        }
        if delimiter.is_empty() {
            assert_eq!((found, prefixes.len()), (keys.clone(), 0));
        } else {
            assert_eq!(found, ["top+"]);
            assert_eq!(prefixes, ["dir0/", "dir1/", "dir2/", "dir3/"]);
        }
    }
    let page = list(&practice, &[("prefix", "dir1/"), ("start-after", "dir1/目 40"), ("fetch-owner", "true")]).await;
    let expected: Vec<String> =
        keys.iter().filter(|key| key.starts_with("dir1/") && key.as_str() > "dir1/目 40").cloned().collect();
    assert_eq!(names(&page, "Contents", "Key"), expected);
    assert!(page["Contents"][0]["Owner"]["ID"].is_string());
}

#[tokio::test]
async fn nonsense_in_a_listing_is_refused() {
    let practice = practice(|_| {}).await;
    let list = || practice.request("GET", "/first").query("list-type", "2");
    list().query("continuation-token", "made up").send().await.refused(400, "InvalidArgument");
    list().query("max-keys", "many").send().await.refused(400, "InvalidArgument");
    practice.request("GET", "/nowhere").query("list-type", "2").send().await.refused(404, "NoSuchBucket");
}

#[tokio::test]
async fn unfinished_uploads_are_listed_in_pages_by_key_and_id() {
    let practice = practice(|_| {}).await;
    let mut expected = Vec::new();
    for key in ["a", "a", "dir/1", "dir/2", "z"] {
        let id = create(&practice, &format!("/first/{key}")).await;
        expected.push((key.to_owned(), id));
    }
    expected.sort();
    let page = async |query: &[(&str, &str)]| {
        let request = practice.request("GET", "/first").query("uploads", "");
        query.iter().fold(request, |request, (name, value)| request.query(name, value)).send().await.ok().json()
    };
    for size in ["1", "2", "1000"] {
        let (mut found, mut key, mut id) = (Vec::new(), String::new(), String::new());
        loop {
            let page = page(&[("max-uploads", size), ("key-marker", &key), ("upload-id-marker", &id)]).await;
            found.extend(names(&page, "Uploads", "Key").into_iter().zip(names(&page, "Uploads", "UploadId")));
            if page["IsTruncated"] == false {
                break;
            }
            key = page["NextKeyMarker"].as_str().unwrap().to_owned();
            id = page["NextUploadIdMarker"].as_str().unwrap().to_owned();
        }
        assert_eq!(found, expected);
    }
    let rolled = page(&[("delimiter", "/")]).await;
    assert_eq!(names(&rolled, "CommonPrefixes", "Prefix"), ["dir/"]);
    assert_eq!(names(&rolled, "Uploads", "Key"), ["a", "a", "z"]);
    let below = page(&[("prefix", "dir/")]).await;
    assert_eq!(names(&below, "Uploads", "Key"), ["dir/1", "dir/2"]);
}
