//! A browser without scripts: a person's cookies, pages and plain forms. It keeps its cookies whatever it is told.

use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use uuid::Uuid;

use super::house::House;

pub(crate) struct Browser {
    http: Client,
    cookies: String,
}

impl Browser {
    pub(crate) async fn sign_in(house: &House, name: &str, pin: &str) -> Self {
        let http = Client::builder().redirect(Policy::none()).build().expect("a browser");
        let mut browser = Self { http, cookies: String::new() };
        let staff_id: Uuid = sqlx::query_scalar("select staff_id from staff where name = $1")
            .bind(name)
            .fetch_one(&mut house.db().await)
            .await
            .expect("a person");
        let entry = [("staff_id".to_owned(), staff_id.to_string()), ("pin".to_owned(), pin.to_owned())];
        let entered = browser.post(house, "/sign-in", &entry).await;
        assert_eq!(entered.status(), 303);
        let set = entered.headers().get_all("set-cookie").iter();
        let cookies = set.filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
        browser.cookies = cookies.collect::<Vec<_>>().join("; ");
        browser
    }

    /// As a script of the page asks: whoever is signed out gets 401, not a page to sign in on.
    pub(crate) async fn get(&self, house: &House, path: &str) -> Response {
        let page = self.http.get(format!("{}{path}", house.base())).header("cookie", &self.cookies);
        page.header("sec-fetch-mode", "cors").send().await.expect("an answer")
    }

    /// A plain form.
    pub(crate) async fn post(&self, house: &House, path: &str, form: &[(String, String)]) -> Response {
        let post = self.http.post(format!("{}{path}", house.base())).header("origin", house.base());
        post.header("cookie", &self.cookies).form(form).send().await.expect("an answer")
    }
}

/// The value of a page's first hidden field of that name.
pub(crate) fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).expect("the field");
    rest.split('"').next().expect("its value").to_owned()
}
