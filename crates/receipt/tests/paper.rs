//! The page of HTML.

use base64::Engine as _;
use proptest::prelude::*;
use receipt::{Place, Receipt, page};
use sha2::{Digest as _, Sha256};

use crate::made::{example, receipt};

/// The page between its style sheet and its end.
fn body(page: &str) -> &str {
    page.split_once("</style>").unwrap().1
}

/// Every tag of a page, in order, without its attributes' values.
fn tags(page: &str) -> Vec<String> {
    let pieces = page.split('<').skip(1);
    pieces.map(|piece| piece.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect()).collect()
}

#[test]
fn names_that_look_like_html_are_shown_and_never_run() {
    let evil = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>&amp;";
    let mut receipt = example();
    receipt.product = evil.to_owned();
    let calm = tags(&page(&example()).unwrap());
    for entry in &mut receipt.entries {
        entry.requests[0].id = evil.to_owned();
        for place in [&mut entry.source, &mut entry.target] {
            match place {
                Place::File { path } => *path = format!("/{evil}"),
                Place::Object { bucket, key, endpoint, store, .. } => {
                    for text in [bucket, key, endpoint.as_mut().unwrap(), &mut store.0] {
                        *text = evil.to_owned();
                    }
                }
            }
        }
    }
    let page = page(&receipt).unwrap();
    assert_eq!(tags(&page), calm, "no name has become a tag");
    assert!(!page.contains("<script") && !page.contains("<img"));
    assert!(body(&page).contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&gt;&lt;img"));
}

#[test]
fn the_page_may_fetch_and_run_nothing_and_its_one_style_is_the_allowed_one() {
    let page = page(&example()).unwrap();
    let style = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(style));
    assert!(page.contains(&format!("content=\"default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'")));
    assert!(!style.contains("url(") && !style.contains("@import"));
    for word in ["<script", "<link", "<iframe", " style=", " href=", " src=", "http-equiv=\"refresh"] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn the_page_says_what_the_receipt_says() {
    let shown = page(&example()).unwrap();
    for words in [
        "All 2 targets match their sources.",
        "52.5 MiB (55,000,000 bytes)",
        "18446744073709551615",
        "tos://media-copy/raw/take &quot;1&quot;.mov",
        "/mnt/影像/take &quot;1&quot;.mov",
        "version <span class=\"mono\">3Xk</span>",
        "<span class=\"mono\">5f1c7a64</span> looked at the target",
        "asked for 2026-11-22 05:08:19 UTC, done 2026-11-22 05:09:20 UTC; at work for 59.1 s",
        "Copy through this computer",
        "3 of at most 20.0 MiB: 4 sent, 1 there already, 3 confirmed by the store; 2 retries",
        "Made 2026-11-22 05:09:59 UTC by Tern 0.1.0",
        &example().root().unwrap().to_string(),
    ] {
        assert!(shown.contains(words), "{words}");
    }
    let mut unproven = example();
    unproven.entries[0].verified = false;
    assert!(page(&unproven).unwrap().contains("1 of 2 targets match their sources."));
    let one = Receipt { entries: example().entries[..1].to_vec(), ..example() };
    assert!(page(&one).unwrap().contains("The target matches its source."));
}

proptest! {
    #[test]
    fn no_text_in_a_receipt_can_open_or_close_a_tag(receipt in receipt()) {
        let page = page(&receipt).unwrap();
        let known = ["html", "head", "meta", "title", "style", "body", "main", "header", "svg", "rect", "path", "g", "div",
            "h1", "p", "b", "span", "dl", "dt", "dd", "article", "h2", "bdi", "footer", "section", "ul",
            "li"];
        for tag in tags(&page) {
            let name = tag.trim_start_matches('/');
            prop_assert!(known.contains(&name) || page.starts_with("<!doctype") && name.is_empty(), "{}", tag);
        }
        prop_assert!(!page.chars().any(|c| c.is_control() && c != '\n'));
    }
}
