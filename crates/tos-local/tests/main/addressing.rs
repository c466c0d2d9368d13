use crate::wire::{practice, wire};

#[tokio::test]
async fn one_object_is_reached_by_path_by_virtual_host_and_by_custom_domain() {
    let practice = practice(|options| {
        options.custom_domains.insert("files.example".into(), "first".into());
    })
    .await;
    let port = practice.port();
    practice.put("/first/dir/key", "hello").await.ok();
    let at = |host: &str, path: &str| wire(port, "GET", path).with(|wire| wire.host = host.to_owned());
    for (host, path) in [
        (format!("127.0.0.1:{port}"), "/first/dir/key"),
        (format!("localhost:{port}"), "/first/dir/key"),
        (format!("first.tos.test:{port}"), "/dir/key"),
        (format!("first.localhost:{port}"), "/dir/key"),
        ("files.example".to_owned(), "/dir/key"),
    ] {
        assert_eq!(at(&host, path).send().await.ok().body, b"hello", "{host}");
    }
    let buckets = at(&format!("tos.test:{port}"), "/").send().await.ok().json();
    assert_eq!(buckets["Buckets"][0]["ExtranetEndpoint"], format!("tos.test:{port}"));
    let location = at(&format!("first.tos.test:{port}"), "/").query("location", "").send().await.ok().json();
    assert_eq!(
        (location["Region"].as_str(), location["ExtranetEndpoint"].as_str()),
        (Some("cn-beijing"), Some(&*format!("tos.test:{port}")))
    );
    at("elsewhere.example", "/").send().await.refused(400, "InvalidHost");
    at("tos.test", "/first/dir/key").send().await.refused(400, "InvalidPathAccess");
}

#[tokio::test]
async fn tls_works_with_the_ca_of_this_start_and_for_every_name_of_the_server() {
    let practice = practice(|options| {
        options.tls = true;
        options.custom_domains.insert("files.example".into(), "first".into());
    })
    .await;
    let ca = practice.server.ca_pem().unwrap().to_owned();
    let port = practice.port();
    assert_eq!(practice.server.endpoint(), format!("https://localhost:{port}"));
    for name in ["localhost", "127.0.0.1", "tos.test", "first.tos.test", "files.example"] {
        let request = wire(port, "GET", "/").with(|wire| wire.host = format!("{name}:{port}"));
        request.send_over_tls(&ca, name).await.unwrap().ok();
    }
    let other = crate::wire::practice(|options| options.tls = true).await;
    let request = wire(port, "GET", "/").with(|wire| wire.host = format!("localhost:{port}"));
    assert!(request.send_over_tls(other.server.ca_pem().unwrap(), "localhost").await.is_err());
}
