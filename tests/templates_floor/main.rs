//! Every floor page, drawn with a busy Friday's samples into `target/gallery/`, and what must hold of its markup.

mod menu;
mod samples;

use std::fs;
use std::path::Path;

use askama::Template;
use comanda::web::notice::Notice;

/// Name and markup of every page.
fn gallery() -> Vec<(&'static str, String)> {
    let draw = |page: &dyn askama::DynTemplate| page.dyn_render().expect("the page draws");
    vec![
        ("sign_in", draw(&samples::sign_in())),
        ("sign_in_wait", draw(&samples::sign_in_wait())),
        ("floor", draw(&samples::floor())),
        ("floor_empty", draw(&samples::floor_empty())),
        ("order", draw(&samples::order())),
        ("order_takeaway", draw(&samples::order_takeaway())),
        ("check", draw(&samples::check())),
        ("check_closed", draw(&samples::check_closed())),
        ("manage", draw(&samples::manage())),
        ("manage_empty", draw(&samples::manage_empty())),
        ("error", draw(&samples::error())),
    ]
}

#[test]
fn every_page_is_drawn_into_the_gallery() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/gallery");
    fs::create_dir_all(&folder).expect("a folder");
    for (name, html) in gallery() {
        fs::write(folder.join(format!("{name}.html")), html).expect("written");
    }
}

#[test]
fn what_people_typed_is_never_markup() {
    for (name, html) in gallery() {
        assert!(!html.contains("<b>"), "{name} lets markup through");
        assert!(!html.contains("</script><"), "{name} lets a script end early");
    }
    let order = samples::order().render().expect("drawn");
    assert!(order.contains("Burger &#60;b&#62;Royal&#60;/b&#62;"), "the dish's name is printed, escaped");
    assert!(order.contains(r"Burger \u003cb\u003eRoyal\u003c/b\u003e"), "and inside the data");
    let check = samples::check().render().expect("drawn");
    assert!(check.contains("no &#60;b&#62;salt&#60;/b&#62;"), "the note is printed, escaped");
    let notice = Notice { words: "<b>".to_owned() }.render().expect("drawn");
    assert!(notice.contains("&#60;b&#62;"));
}

#[test]
fn pages_have_landmarks_and_one_heading() {
    for (name, html) in gallery() {
        assert!(html.starts_with("<!doctype html>"), "{name}");
        assert!(html.contains("<html lang=\"en\""), "{name}");
        assert_eq!(html.matches("<main id=\"main\"").count(), 1, "{name}: one main");
        assert_eq!(html.matches("<h1").count(), 1, "{name}: one h1");
        assert!(html.contains("<header class=\"bar"), "{name}: a banner");
        assert!(html.contains("href=\"#main\""), "{name}: a way past the banner");
    }
}

#[test]
fn pages_obey_the_content_security_policy() {
    for (name, html) in gallery() {
        assert!(!html.contains("style="), "{name} has inline style");
        assert!(!html.contains("<style"), "{name} has inline style");
        assert!(!html.contains(" onclick") && !html.contains("javascript:"), "{name} has inline script");
        for (at, _) in html.match_indices("<script") {
            let tag = &html[at..at + html[at..].find('>').expect("an end")];
            let is_data = tag.contains("application/json");
            assert!(is_data || tag.contains(" src=\"/assets/"), "{name}: {tag}");
        }
    }
}

#[test]
fn forms_post_to_the_routes() {
    let order = samples::order().render().expect("drawn");
    for field in [
        "name=\"id\"",
        "name=\"table_id\"",
        "name=\"quantity.",
        "name=\"choice.",
        "name=\"note.",
        "name=\"seat.",
    ] {
        assert!(order.contains(field), "the order's plain form has no {field}");
    }
    let check = samples::check().render().expect("drawn");
    for action in ["/lines/", "/close\"", "/fires/"] {
        assert!(check.contains(action), "the check posts nothing to {action}");
    }
    assert!(!samples::check_closed().render().expect("drawn").contains("<form class=\"void"));
}

#[test]
fn a_tile_is_the_same_for_every_viewer() {
    let mut page = samples::floor();
    let before = page.sections[0].tiles.clone();
    page.frame.viewer = None;
    assert_eq!(page.sections[0].tiles, before);
    for tile in &before {
        assert_eq!(tile.matches("<article").count(), 1, "no article inside an article");
        assert!(!tile.contains("data-show"), "no local time");
    }
}
