//! `GET /api/openapi.json` says the truth: real answers fit its schemas, its limits are the house's limits, and it
//! names the routes there are.

#[expect(dead_code, unused_imports, reason = "each test program uses its part of it")]
mod support;

use std::collections::BTreeSet;

use comanda::domain::demo::{menu, table_id};
use comanda::domain::ids::{OrderId, TenderId};
use jsonschema::Validator;
use serde_json::{Value, json};
use support::{Answer, Client, TestApp, dish, slip};

const ROUTES: &str = include_str!("../src/app.rs");

struct Description(Value);

impl Description {
    async fn of(app: &TestApp) -> Self {
        let answer = app.stranger().fetch("/api/openapi.json").await;
        assert_eq!(answer.status, 200);
        Self(answer.json())
    }

    /// The part that a `$ref` leads to, or the part itself.
    fn follow<'a>(&'a self, part: &'a Value) -> &'a Value {
        let Some(reference) = part["$ref"].as_str() else {
            return part;
        };
        self.0
            .pointer(reference.trim_start_matches('#'))
            .unwrap_or_else(|| panic!("{reference} leads nowhere"))
    }

    /// What judges values by one schema of the document.
    fn judge(&self, schema: &Value) -> Validator {
        let whole = json!({ "allOf": [schema], "components": self.0["components"] });
        jsonschema::draft202012::options().should_validate_formats(true).build(&whole).expect("a schema")
    }

    fn schema(&self, name: &str) -> Validator {
        self.judge(&json!({ "$ref": format!("#/components/schemas/{name}") }))
    }

    /// The answer is one that the document foresees, headers and all.
    fn expect(&self, method: &str, path: &str, answer: &Answer) {
        let status = answer.status.as_str();
        let operation = &self.0["paths"][path][method];
        let response = self.follow(&operation["responses"][status]);
        assert!(response.is_object(), "{method} {path} {status} is not described: {}", answer.body);
        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            let missing = answer.header(name).is_empty() && header["required"] == json!(true);
            assert!(!missing, "{method} {path} {status}: no {name}");
        }
        let Some(content) = response["content"].as_object() else {
            assert_eq!(answer.body, "", "{method} {path} {status} has nothing to say");
            return;
        };
        let (kind, body) = content.iter().next().expect("a kind of content");
        assert!(
            answer.header("content-type").starts_with(kind),
            "{method} {path} {status}: {}",
            answer.header("content-type")
        );
        if kind == "application/json" {
            let (value, judge) = (answer.json(), self.judge(&body["schema"]));
            let wrong: Vec<String> =
                judge.iter_errors(&value).map(|err| format!("{}: {err}", err.instance_path())).collect();
            assert!(wrong.is_empty(), "{method} {path} {status}: {wrong:?}\n{value}");
        }
    }
}

#[tokio::test]
async fn every_answer_is_one_that_the_description_foresees() {
    let app = TestApp::spawn().await;
    let (description, machine) = (Description::of(&app).await, app.as_machine().await);
    let order = slip("5", &[plain().times(2), plain().saying("no salt")]);

    let placed = machine.post("/orders", &order).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    description.expect("post", "/orders", &placed);
    let again = machine.post("/orders", &order).await;
    assert_eq!((again.status.as_u16(), again.json()), (200, placed.json()));
    description.expect("post", "/orders", &again);
    let other = json!({ "id": order["id"], "lines": [plain().json()] });
    let taken = machine.post("/orders", &other).await;
    assert_eq!(taken.status, 409);
    description.expect("post", "/orders", &taken);
    let wrong = json!({ "id": OrderId::new(), "table_id": table_id("5"), "lines": [{ "quantity": 0 }] });
    let refused = machine.post("/orders", &wrong).await;
    assert_eq!(
        (refused.status.as_u16(), refused.blames()),
        (422, vec!["0.item_id".to_owned(), "0.quantity".to_owned()])
    );
    description.expect("post", "/orders", &refused);
    let unreadable = machine.post("/orders", &json!([])).await;
    assert_eq!(unreadable.status, 400);
    description.expect("post", "/orders", &unreadable);
    let long = machine.post("/orders", &json!({ "id": "x".repeat(300_000) })).await;
    assert_eq!(long.status, 413);
    description.expect("post", "/orders", &long);
    let stranger = app.with_key("comanda_nobody").post("/orders", &order).await;
    assert_eq!(stranger.status, 401);
    description.expect("post", "/orders", &stranger);

    let id = order["id"].as_str().expect("an id");
    let found = machine.fetch(&format!("/api/orders/{id}")).await;
    assert_eq!(found.json(), placed.json());
    description.expect("get", "/api/orders/{order_id}", &found);
    let missing = machine.fetch(&format!("/api/orders/{}", OrderId::new())).await;
    assert_eq!(missing.status, 404);
    description.expect("get", "/api/orders/{order_id}", &missing);
    for path in ["/api/menu", "/api/tables", "/api/openapi.json"] {
        let answer = machine.fetch(path).await;
        assert_eq!(answer.status, 200);
        description.expect("get", path, &answer);
    }
    boards(&app, &description, &machine).await;
    money(&app, &description, &machine, &placed.json()).await;
}

/// A dish that nobody asks questions about.
fn plain() -> support::slip::Line {
    let (_, item) =
        menu::items().find(|(_, item)| item.groups.iter().all(|group| group.min == 0)).expect("a plain dish");
    dish(item.name)
}

async fn boards(app: &TestApp, description: &Description, machine: &Client) {
    let board = machine.fetch("/board/floor").await;
    assert_eq!(board.status, 200);
    description.expect("get", "/board/{view}", &board);
    for name in description.0["paths"]["/board/{view}"]["get"]["responses"]["200"]["headers"]
        .as_object()
        .expect("headers")
        .keys()
    {
        assert!(!board.header(name).is_empty(), "{name}");
    }
    let same =
        machine.ask(reqwest::Method::GET, "/board/floor").header("if-none-match", board.header("etag"));
    let same = machine.send(same).await;
    assert_eq!(same.status, 304);
    description.expect("get", "/board/{view}", &same);
    description.expect("get", "/board/{view}", &machine.fetch("/board/station-none").await);
    let cook = app.as_cook().await.fetch("/api/menu").await;
    assert_eq!(cook.status, 403);
    description.expect("get", "/api/menu", &cook);
}

async fn money(app: &TestApp, description: &Description, machine: &Client, placed: &Value) {
    let id = placed["id"].as_str().expect("an id").parse::<uuid::Uuid>().expect("an id");
    let line: uuid::Uuid = app.ask("select line_id from order_lines where order_id = $1 limit 1", id).await;
    let void = format!("/lines/{line}/void");
    for (slip, status) in [
        (json!({}), 422),
        (json!({ "quantity": [] }), 400),
        (json!({ "quantity": 1, "reason": "wrong" }), 204),
    ] {
        let answer = machine.post(&void, &slip).await;
        assert_eq!(answer.status, status, "{slip}: {}", answer.body);
        description.expect("post", "/lines/{line_id}/void", &answer);
    }
    let item = plain().json()["item_id"].as_str().expect("an id").to_owned();
    for verb in ["86", "back"] {
        let answer = machine.post(&format!("/items/{item}/{verb}"), &json!({})).await;
        assert_eq!(answer.status, 204);
        description.expect("post", &format!("/items/{{item_id}}/{verb}"), &answer);
    }
    let close = format!("/checks/{}/close", placed["check_id"].as_str().expect("an id"));
    let due: i64 = app
        .ask(
            "select sum((quantity - voided) * unit_price_minor)::bigint from order_lines join orders o using (location_id, order_id)
            where check_id = (select check_id from orders where order_id = $1)",
            id,
        )
        .await;
    let key = TenderId::new();
    for (slip, status) in [
        (json!({ "tender_id": key }), 422),
        (json!({ "tender_id": key, "amount_minor": due + 1 }), 409),
        (json!({ "tender_id": key, "amount_minor": due }), 204),
        (json!({ "tender_id": key, "amount_minor": due }), 204),
    ] {
        let answer = machine.post(&close, &slip).await;
        assert_eq!(answer.status, status, "{slip}: {}", answer.body);
        description.expect("post", "/checks/{check_id}/close", &answer);
    }
}

#[tokio::test]
async fn the_limits_that_are_described_are_the_limits_of_the_house() {
    let app = TestApp::spawn().await;
    let (description, machine) = (Description::of(&app).await, app.as_machine().await);
    let judge = description.schema("Order");
    let line = plain().json().clone();
    let with = |field: &str, value: Value| {
        let mut line = line.clone();
        line[field] = value;
        json!({ "id": OrderId::new(), "table_id": table_id("5"), "lines": [line] })
    };
    let order = |field: &str, value: Value| {
        let mut order = with("quantity", json!(1));
        order[field] = value;
        order
    };
    let lines = |count: usize| order("lines", Value::Array(vec![line.clone(); count]));
    let cases = [
        (true, with("quantity", json!(99))),
        (false, with("quantity", json!(100))),
        (false, with("quantity", json!(0))),
        (true, with("quantity", Value::Null)),
        (false, with("quantity", json!("2"))),
        (true, with("note", json!("é".repeat(140)))),
        (false, with("note", json!("é".repeat(141)))),
        (false, with("note", json!("two\nlines"))),
        (true, with("seat", json!(99))),
        (false, with("seat", json!(0))),
        (true, with("course", json!(9))),
        (false, with("course", json!(10))),
        (false, with("modifiers", Value::Null)),
        (false, with("price_minor", json!(1))),
        (false, with("item_id", json!("7"))),
        (true, lines(60)),
        (false, lines(61)),
        (false, lines(0)),
        (true, order("covers", json!(99))),
        (false, order("covers", json!(0))),
        (true, order("order_type", json!("dine_in"))),
        (false, order("order_type", json!("drive_in"))),
        (false, order("tip", json!(1))),
        (false, order("id", Value::Null)),
    ];
    for (good, case) in cases {
        assert_eq!(judge.is_valid(&case), good, "the description on {case}");
        let answer = machine.post("/orders", &case).await;
        assert_eq!(answer.status.is_success(), good, "the house on {case}: {}", answer.body);
        description.expect("post", "/orders", &answer);
    }
}

#[tokio::test]
async fn every_example_fits_its_schema_and_every_reference_leads_somewhere() {
    let app = TestApp::spawn().await;
    let description = Description::of(&app).await;
    let mut examples = 0;
    let mut parts = vec![&description.0];
    while let Some(part) = parts.pop() {
        description.follow(part);
        if let (Some(shown), schema @ Value::Object(_)) = (part["examples"].as_object(), &part["schema"]) {
            for (name, example) in shown {
                assert!(description.judge(schema).is_valid(&example["value"]), "{name}: {example}");
                examples += 1;
            }
        }
        match part {
            Value::Object(fields) => parts.extend(fields.values()),
            Value::Array(items) => parts.extend(items),
            _ => {}
        }
    }
    assert!(examples >= 5, "they were found: {examples}");
}

#[tokio::test]
async fn every_route_for_machines_is_described_and_every_described_one_is_there() {
    let app = TestApp::spawn().await;
    let description = Description::of(&app).await;
    let routes: BTreeSet<&str> = ROUTES
        .split(".route(\"")
        .skip(1)
        .filter_map(|rest| rest.split_once('"'))
        .map(|(path, _)| path)
        .collect();
    let described: BTreeSet<&str> =
        description.0["paths"].as_object().expect("paths").keys().map(String::as_str).collect();
    let for_machines = routes.iter().filter(|path| path.starts_with("/api/")).copied();
    let missing: Vec<&str> = for_machines.filter(|path| !described.contains(path)).collect();
    assert!(missing.is_empty(), "not described: {missing:?}");
    assert!(described.is_subset(&routes), "described and not there: {:?}", described.difference(&routes));
}
