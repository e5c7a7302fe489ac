//! What a page needs to filter on its own: the expression of a filter as data.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bowerbird_filters::Filter;

use super::respond;
use crate::app::App;
use crate::arn::arn;
use crate::control::{Kind, find_active, public_text};

/// `GET /device/filters/{name}`: the filter as JSON. It says what `CreateFilter` was told, and nothing of any visitor.
pub(crate) async fn filter(State(app): State<Arc<App>>, Path(name): Path<String>) -> Response {
    respond(move || {
        let filter = find_active(&app, Kind::Filter, &arn(&app.settings, "filter", &name))?;
        let filter = Filter::parse(public_text(&filter, "filterExpression"))?;
        let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")];
        Ok((headers, filter.compiled()).into_response())
    })
    .await
}

#[cfg(test)]
mod tests {
    //! What the expressions of the service's documentation (`filters/tests/documented.txt`) keep, as a file that the page's
    //! evaluator is held to: `sdk-wasm/test/filters.test.mjs`.

    use std::fs;
    use std::path::{Path, PathBuf};

    use bowerbird_filters::{Dataset, Datum, Facts, Filter, Target, Values};
    use bowerbird_ranker::Pack;
    use bowerbird_ranker::pack::{Cells, Contents, NewColumn, write};
    use serde_json::{Value, json};

    use crate::runtime::cell;

    /// Six things: what each column says, from one that has everything to one that has nothing.
    fn shop() -> Pack {
        let texts = |all: [&str; 6]| Cells::Text(all.map(str::to_owned).to_vec());
        let words = |all: [&str; 6]| {
            let cell =
                |text: &str| text.split('|').filter(|word| !word.is_empty()).map(str::to_owned).collect();
            Cells::Category(all.map(cell).to_vec())
        };
        let columns = [
            ("CATEGORY", words(["shoe", "shoe|watch", "watch", "Shoe", "bag", ""])),
            ("DESCRIPTION", texts(["boot", "luxury", "luxury", "boot|luxury", "", ""])),
            ("GENRE", words(["Action", "Action|Drama", "Drama", "Comedy", "", ""])),
            ("PRICE", Cells::Number(vec![Some(5.0), Some(2.5), Some(-1.0), Some(1e6), None, Some(0.0)])),
            (
                "CREATION_TIMESTAMP",
                Cells::Number(vec![Some(0.0), Some(1.0e9), Some(1.7e9), None, Some(2e9), Some(5.0)]),
            ),
        ];
        let columns = columns.map(|(name, cells)| NewColumn { name: name.into(), cells }).to_vec();
        let contents = Contents {
            recipe: "aws-popularity-count".into(),
            ids: ["a", "b", "c", "d", "e", "f"].map(str::to_owned).to_vec(),
            popularity: vec![0.5; 6],
            columns,
            ..Contents::default()
        };
        Pack::open(write(&contents).unwrap()).unwrap()
    }

    struct Visit<'a> {
        pack: &'a Pack,
        user: &'a Value,
        events: &'a Value,
    }

    fn datum(value: &Value) -> Datum<'_> {
        match value {
            Value::String(text) => Datum::Text(text),
            Value::Number(number) => number.as_f64().map_or(Datum::Null, Datum::Number),
            _ => Datum::Null,
        }
    }

    impl Facts for Visit<'_> {
        fn candidate(&self, _: Dataset, id: &str, column: &str) -> Datum<'_> {
            cell(self.pack, self.pack.index_of(id).unwrap(), column)
        }

        fn any_event(&self, _: Dataset, id: &str, passes: &dyn Fn(&str) -> bool) -> bool {
            let events = self.events.as_array().unwrap();
            events.iter().any(|event| event[0] == id && passes(event[1].as_str().unwrap()))
        }

        fn current_user(&self, column: &str) -> Datum<'_> {
            datum(&self.user[column])
        }
    }

    /// The expressions of the documentation; those about items are put to the page.
    const DOCUMENTED: &str = include_str!("../../../filters/tests/documented.txt");
    /// What else there is to be said: values, and those that are missing; empty cells; several parts; the visitor; types of
    /// events in any case.
    const MORE: [&str; 16] = [
        r#"INCLUDE ItemID WHERE Items.PRICE = "5""#,
        r#"INCLUDE ItemID WHERE Items.PRICE IN (5, "0", "-1.0")"#,
        r#"INCLUDE ItemID WHERE Items.PRICE NOT IN (5)"#,
        r#"INCLUDE ItemID WHERE Items.PRICE > -1"#,
        r#"INCLUDE ItemID WHERE Items.PRICE >= 1000000"#,
        r#"INCLUDE ItemID WHERE Items.GENRE != "Drama""#,
        r#"INCLUDE ItemID WHERE Items.GENRE = "Drama""#,
        r#"INCLUDE ItemID WHERE Items.GENRE NOT IN ("Drama", "Comedy")"#,
        r#"INCLUDE ItemID WHERE Items.GENRE IN ("Action|Drama")"#,
        r#"INCLUDE ItemID WHERE Items.DESCRIPTION IN ("boot|luxury")"#,
        r#"INCLUDE ItemID WHERE Items.DESCRIPTION != "luxury""#,
        r#"INCLUDE ItemID WHERE Items.GENRE > 5"#,
        r#"INCLUDE ItemID WHERE items.category IN ("bag") OR Items.PRICE > 3 AND Items.GENRE IN ("Action")"#,
        r#"EXCLUDE ItemID WHERE Items.CATEGORY IN ("shoe") IF CurrentUser.MEMBERSHIP IN ("gold", "silver") AND CurrentUser.AGE != 30"#,
        r#"INCLUDE ItemID WHERE Interactions.EVENT_TYPE NOT IN ("click")"#,
        r#"EXCLUDE ItemID WHERE Items.CATEGORY IN ("shoe") IF CurrentUser.MEMBERSHIP NOT IN ("gold")"#,
    ];

    /// Values of parameters as a page gives them, the visitor's columns, and what they did.
    fn visits() -> Vec<Value> {
        let values = json!({ "EVENT_TYPE": "CLICK", "CATEGORY": ["shoe", "bag"], "PRICE": 2.5, "DATE": "1700000000",
            "GENRE": "Drama", "AGE": 20 });
        let events = json!([["a", "click"], ["b", "Stream"], ["c", "favorite"], ["a", "view"]]);
        vec![
            json!({ "filterValues": {}, "user": {}, "events": [] }),
            json!({ "filterValues": values, "user": { "AGE": 20, "MEMBERSHIP": "gold" }, "events": events }),
            json!({ "filterValues": values, "user": { "AGE": 30, "MEMBERSHIP": "iron|silver" }, "events": events }),
            json!({ "filterValues": values, "user": { "AGE": "20" }, "events": [["d", "FAVORITE"]] }),
        ]
    }

    /// As the API writes values.
    fn quoted(value: &Value) -> String {
        match value {
            Value::Array(all) => all.iter().map(quoted).collect::<Vec<_>>().join(","),
            Value::String(text) => format!("\"{text}\""),
            other => other.to_string(),
        }
    }

    fn cases(pack: &Pack) -> Value {
        let mut cases = Vec::new();
        for expression in DOCUMENTED.lines().chain(MORE) {
            let filter = Filter::parse(expression).unwrap();
            if filter.target() != Target::Item {
                continue;
            }
            for visit in visits() {
                // A value that the filter has no parameter for is refused by the API; a page passes over it.
                let given = visit["filterValues"].as_object().unwrap().iter();
                let given = given.filter(|(name, _)| filter.parameters().contains(name.as_str()));
                let values: Values = given.map(|(name, value)| (name.clone(), quoted(value))).collect();
                let facts = Visit { pack, user: &visit["user"], events: &visit["events"] };
                let kept = filter.bind(&values).ok().map(|bound| {
                    let ids = pack.items().map(|item| pack.id(item)).filter(|id| bound.keeps(&facts, id));
                    ids.collect::<String>()
                });
                let compiled: Value = serde_json::from_str(&filter.compiled()).unwrap();
                cases.push(
                    json!({ "expression": expression, "compiled": compiled, "visit": visit, "kept": kept }),
                );
            }
        }
        cases.into()
    }

    fn file(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/format").join(name)
    }

    #[test]
    fn what_is_kept_is_what_the_page_is_held_to() {
        let pack = shop();
        assert!(fs::read(file("filters-v1.bbp")).unwrap() == pack.bytes());
        let known: Value =
            serde_json::from_str(&fs::read_to_string(file("filters-v1.json")).unwrap()).unwrap();
        assert_eq!(known, cases(&pack));
    }

    /// `cargo test -p bowerbird-server what_filters_keep -- --ignored`
    #[test]
    #[ignore = "writes the golden files; only when there are more cases"]
    fn write_what_filters_keep() {
        let pack = shop();
        fs::write(file("filters-v1.bbp"), pack.bytes()).unwrap();
        let mut lines: Vec<String> =
            cases(&pack).as_array().unwrap().iter().map(|case| case.to_string()).collect();
        lines.iter_mut().for_each(|line| line.insert_str(0, "  "));
        fs::write(file("filters-v1.json"), format!("[\n{}\n]\n", lines.join(",\n"))).unwrap();
    }
}
