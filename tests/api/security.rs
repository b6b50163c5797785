//! What the browser is told, and what a foreign page cannot do.

use reqwest::{Method, StatusCode};

use crate::routes::unsafe_addresses;
use crate::support::TestApp;

#[tokio::test]
async fn a_foreign_page_changes_nothing() {
    let house = TestApp::spawn().await;
    let manager = house.as_manager().await;
    let before = house.rows().await;
    let addresses = unsafe_addresses();
    assert!(addresses.len() > 15, "{addresses:?}");
    for path in &addresses {
        for header in [
            None,
            Some(("sec-fetch-site", "cross-site")),
            Some(("sec-fetch-site", "same-site")),
            Some(("sec-fetch-site", "none")),
            Some(("origin", "https://evil.example")),
            Some(("origin", "null")),
            Some(("referer", "https://evil.example/floor")),
        ] {
            let mut request = manager.ask(Method::POST, path).form(&[("version", "1"), ("name", "x")]);
            if let Some((name, value)) = header {
                request = request.header(name, value);
            }
            let answer = manager.send(request).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {header:?}: {}", answer.body);
        }
    }
    assert_eq!(house.rows().await, before);
    assert_eq!(manager.fetch("/manage").await.status, StatusCode::OK, "and nobody was signed out");
}

#[tokio::test]
async fn an_old_browser_is_known_by_its_origin_or_referer() {
    let house = TestApp::spawn().await;
    let here = format!("http://{}", house.address);
    for (name, value) in [("origin", here.clone()), ("referer", format!("{here}/manage"))] {
        let manager = house.as_manager().await;
        let request = manager.ask(Method::POST, "/manage/tokens").header(name, value).form(&[("name", name)]);
        assert_eq!(manager.send(request).await.status, StatusCode::CREATED, "{name}");
    }
}

#[tokio::test]
async fn every_answer_tells_the_browser_what_a_page_may_do() {
    let house = TestApp::spawn().await;
    let waiter = house.as_waiter().await;
    let stylesheet = "/assets/x/app.css";
    for (method, path) in [
        (Method::GET, "/floor"),
        (Method::GET, "/sign-in"),
        (Method::GET, "/manage"),
        (Method::GET, "/nowhere"),
        (Method::GET, "/healthz"),
        (Method::GET, stylesheet),
        (Method::GET, "/board/floor"),
        (Method::GET, "/api/menu"),
        (Method::POST, "/orders"),
        (Method::DELETE, "/floor"),
    ] {
        let answer = waiter.send(waiter.ask(method.clone(), path)).await;
        let policy = answer.header("content-security-policy");
        for part in [
            "default-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "object-src 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{method} {path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{method} {path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{method} {path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{method} {path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{method} {path}");
        assert!(!answer.header("cache-control").is_empty(), "{method} {path}");
        assert!(!answer.header("cache-control").contains("public") || path == stylesheet, "{method} {path}");
    }
}

#[tokio::test]
async fn no_page_carries_a_script_or_a_style_of_its_own() {
    let house = TestApp::spawn().await;
    let manager = house.as_manager().await;
    for path in [
        "/sign-in",
        "/floor",
        "/takeaway",
        "/kitchen",
        "/kitchen/grill",
        "/kitchen/expo",
        "/manage",
        "/nowhere",
    ] {
        let page = manager.get(path).await.body;
        assert!(page.contains("<!doctype html>") || page.contains("<!DOCTYPE html>"), "{path}");
        for inline in [" onclick=", " onload=", " style=\"", "<style", "javascript:"] {
            assert!(!page.contains(inline), "{path} has {inline}");
        }
        for script in page.split("<script").skip(1) {
            assert!(
                script.contains(" src=") || script.contains("application/json"),
                "{path}: {}",
                &script[..60]
            );
        }
    }
}

#[tokio::test]
async fn cookies_are_kept_from_scripts_and_other_sites() {
    for (arguments, prefix, secure) in [(vec![], "__Host-", true), (vec!["--insecure-http"], "", false)] {
        let house = TestApp::with(&arguments).await;
        let browser = house.stranger();
        let answer = browser.try_pin("Inês", "1407", None).await;
        let cookies: Vec<&str> =
            answer.headers.get_all("set-cookie").iter().map(|set| set.to_str().expect("text")).collect();
        for name in ["comanda", "comanda_device"] {
            let start = format!("{prefix}{name}=");
            let cookie = cookies
                .iter()
                .find(|cookie| cookie.starts_with(&start))
                .unwrap_or_else(|| panic!("{start} in {cookies:?}"));
            for flag in ["HttpOnly", "SameSite=Strict", "Path=/"] {
                assert!(cookie.contains(flag), "{cookie}");
            }
            assert_eq!(cookie.contains("Secure"), secure, "{cookie}");
            assert!(!cookie.contains("Domain"), "{cookie}");
        }
        assert_eq!(browser.fetch("/floor").await.status, StatusCode::OK);
    }
}
