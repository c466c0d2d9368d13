use tos_local::Server;

use crate::multipart::{PART, complete, create, upload};
use crate::wire::{Practice, options, practice, some_bytes};

/// Ends the server as a kill would and starts another on its folder.
pub(crate) async fn restarted(practice: Practice) -> Practice {
    let Practice { folder, server } = practice;
    drop(server);
    let options = options(&folder);
    let server = Server::start(options).await.unwrap();
    Practice { folder, server }
}

#[tokio::test]
async fn objects_versions_and_uploads_survive_and_the_quota_is_counted_anew() {
    let practice = practice(|_| {}).await;
    let body = some_bytes(PART, 1);
    practice.request("PUT", "/first/目 录").header("x-tos-meta-a", "b").body("hello").send().await.ok();
    practice.put("/second/empty", "").await.ok();
    let etag = practice.get("/first/目 录").await.ok().header("etag").to_owned();
    let id = create(&practice, "/first/big").await;
    let part = upload(&practice, "/first/big", &id, 1, &body).await.ok().header("etag").to_owned();
    let used = practice.server.stats().used_bytes;
    let practice = restarted(practice).await;
    assert_eq!(practice.server.stats().used_bytes, used);
    let get = practice.get("/first/目 录").await.ok();
    assert_eq!((get.body.as_slice(), get.header("etag"), get.header("x-tos-meta-a")), (&b"hello"[..], &*etag, "b"));
    assert_eq!(practice.get("/second/empty").await.ok().body, b"");
    let last = upload(&practice, "/first/big", &id, 2, b"end").await.ok().header("etag").to_owned();
    complete(&practice, "/first/big", &id, &[(1, part), (2, last)]).await.ok();
    let practice = restarted(practice).await;
    assert!(practice.get("/first/big").await.ok().body == [body.as_slice(), b"end"].concat());
    assert_eq!(practice.server.stats().open_uploads, 0);
}

#[tokio::test]
async fn what_a_kill_left_half_done_is_swept_at_the_next_start() {
    let practice = practice(|_| {}).await;
    practice.put("/first/key", "kept").await.ok();
    let id = create(&practice, "/first/done").await;
    let part = upload(&practice, "/first/done", &id, 1, b"done").await.ok().header("etag").to_owned();
    let uploads = practice.folder.path().join("root/buckets/first/uploads");
    // The state between the commit of the object and the removal of its upload.
    let saved = practice.folder.path().join("saved");
    std::fs::create_dir(&saved).unwrap();
    for file in std::fs::read_dir(uploads.join(&id)).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), saved.join(file.file_name())).unwrap();
    }
    complete(&practice, "/first/done", &id, &[(1, part)]).await.ok();
    std::fs::rename(&saved, uploads.join(&id)).unwrap();
    // Bytes that nothing names, a record that was never renamed, a bucket that was being deleted.
    let bucket = practice.folder.path().join("root/buckets/first");
    std::fs::create_dir_all(bucket.join("data/zz")).unwrap();
    std::fs::write(bucket.join("data/zz/zz-orphan"), "x").unwrap();
    std::fs::create_dir_all(bucket.join("keys/zz")).unwrap();
    std::fs::write(bucket.join("keys/zz/half.new"), "{").unwrap();
    std::fs::create_dir_all(practice.folder.path().join("root/buckets/half-deleted/data")).unwrap();
    let practice = restarted(practice).await;
    assert_eq!(practice.server.stats().open_uploads, 0);
    assert_eq!(practice.data_files("first"), 2);
    assert!(!bucket.join("keys/zz/half.new").exists());
    assert!(!practice.folder.path().join("root/buckets/half-deleted").exists());
    assert_eq!(practice.get("/first/done").await.ok().body, b"done");
    assert_eq!(practice.get("/first/key").await.ok().body, b"kept");
}

#[tokio::test]
async fn a_stopped_server_lets_go_of_its_folder_and_its_port() {
    let practice = practice(|_| {}).await;
    let port = practice.port();
    let Practice { folder, server } = practice;
    server.stop().await;
    let mut again = options(&folder);
    again.port = port;
    let server = Server::start(again).await.unwrap();
    assert_eq!(server.endpoint(), format!("http://127.0.0.1:{port}"));
}
