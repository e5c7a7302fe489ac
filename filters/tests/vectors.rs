//! Expressions from the service's documentation and samples, each with the verdict that its text gives.

use bowerbird_filters::{Dataset, Filter, Kind, Schema};

fn schema() -> Schema {
    let texts = ["CATEGORY", "DESCRIPTION", "GENRE", "A", "B", "C"].map(|name| (name, Kind::Text));
    let numbers = ["PRICE", "CREATION_TIMESTAMP"].map(|name| (name, Kind::Number));
    let others = [("DESCRIPTION_TEXT", Kind::Textual), ("IS_NEW", Kind::Boolean)];
    Schema::new()
        .with(Dataset::Interactions, [("EVENT_TYPE", Kind::Text), ("TIMESTAMP", Kind::Number)])
        .with(Dataset::Items, texts.into_iter().chain(numbers).chain(others))
        .with(
            Dataset::Users,
            [
                ("AGE", Kind::Number),
                ("MEMBERSHIP_STATUS", Kind::Text),
                ("MEMBERSHIP", Kind::Text),
                ("X", Kind::Number),
            ],
        )
        .with(Dataset::Actions, [("VALUE", Kind::Number), ("MEMBERSHIP_LEVEL", Kind::Text)])
        .with(Dataset::ActionInteractions, [("EVENT_TYPE", Kind::Text)])
}

fn verdict(expression: &str) -> Result<(), String> {
    let filter = Filter::parse(expression).map_err(|error| error.to_string())?;
    filter.check(&schema()).map_err(|error| error.to_string())
}

/// One in a line; the server's tests put them to its filters and to those of the page (`server/src/device/filters.rs`).
const ACCEPTED: &str = include_str!("documented.txt");

/// Each with a part of the reason that it must be given.
const REJECTED: [(&str, &str); 12] = [
    (r#"EXCLUDE ItemID WHERE Items.CATEGORY NOT IN ($CATEGORY)"#, "NOT IN"),
    (r#"EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("click") AND Items.GENRE IN ("a")"#, "two datasets"),
    (r#"INCLUDE ItemID WHERE Items.GENRE IN ("*")"#, "any event type"),
    (r#"INCLUDE ItemID WHERE Items.DESCRIPTION_TEXT IN ("x")"#, "textual"),
    (r#"INCLUDE ItemID WHERE Items.IS_NEW = true"#, "booleans"),
    (r#"INCLUDE ItemID WHERE Interactions.TIMESTAMP > 5"#, "by their type only"),
    (r#"INCLUDE ItemID WHERE CurrentUser.AGE > 18"#, "only behind IF"),
    (r#"INCLUDE ItemID WHERE Items.A IN ("x") IF CurrentUser.AGE > 18 IF CurrentUser.X = 1"#, "second IF"),
    (r#"INCLUDE ItemID WHERE Items.PRICE BETWEEN 1 AND 5"#, "BETWEEN"),
    (r#"INCLUDE ItemID WHERE (Items.A IN ("x") OR Items.B IN ("y")) AND Items.C IN ("z")"#, "grouped"),
    (r#"INCLUDE ItemID WHERE Items.MISSING IN ("x")"#, "no column MISSING"),
    (r#"INCLUDE ItemID WHERE Items.IS_NEW = 1"#, "boolean"),
];

#[test]
fn what_the_documentation_shows_is_accepted() {
    for expression in ACCEPTED.lines() {
        assert_eq!(verdict(expression), Ok(()), "{expression}");
    }
}

#[test]
fn what_the_documentation_forbids_is_rejected_with_its_reason() {
    for (expression, reason) in REJECTED {
        let error = verdict(expression).expect_err(expression);
        assert!(error.contains(reason), "{expression}: {error}");
    }
}
