use std::sync::Arc;

use serde_json::{Value, json};

use crate::{Entity, EntityStore, Origin};

/// The contract of [`EntityStore`].
pub fn entities(fresh: &dyn Fn() -> Arc<dyn EntityStore>) {
    the_last_row_with_an_id_counts(&*fresh());
    a_full_import_replaces_bulk_rows_and_leaves_streamed_ones(&*fresh());
    scans_are_in_order_of_id_and_paged(&*fresh());
    datasets_do_not_see_each_other(&*fresh());
}

fn row(id: &str, title: &str) -> Entity {
    let Value::Object(columns) = json!({"TITLE": title, "YEAR": 1999, "GENRES": null}) else {
        unreachable!()
    };
    Entity { id: id.into(), columns }
}

fn ids(rows: Vec<Entity>) -> Vec<String> {
    rows.into_iter().map(|row| row.id).collect()
}

fn the_last_row_with_an_id_counts(store: &dyn EntityStore) {
    store.upsert("items", Origin::Bulk, &[row("1", "old"), row("1", "new")]).expect("upsert");
    assert_eq!(store.get("items", "1").expect("get"), Some(row("1", "new")));
    store.upsert("items", Origin::Streamed, &[row("1", "newest")]).expect("upsert");
    assert_eq!(store.get("items", "1").expect("get"), Some(row("1", "newest")));
    assert_eq!(store.get("items", "2").expect("get"), None);
}

fn a_full_import_replaces_bulk_rows_and_leaves_streamed_ones(store: &dyn EntityStore) {
    store
        .replace_bulk("items", &[row("gone", ""), row("kept", "old"), row("taken over", "bulk")])
        .expect("replace");
    store
        .upsert("items", Origin::Streamed, &[row("taken over", "streamed"), row("streamed", "")])
        .expect("upsert");
    let rows = [row("kept", "first"), row("kept", "new"), row("taken over", "bulk again")];
    store.replace_bulk("items", &rows).expect("replace");
    assert_eq!(ids(store.scan("items", None, 9).expect("scan")), ["kept", "streamed", "taken over"]);
    assert_eq!(store.get("items", "kept").expect("get"), Some(row("kept", "new")));
    assert_eq!(store.get("items", "taken over").expect("get"), Some(row("taken over", "streamed")));
    store.upsert("items", Origin::Bulk, &[row("taken over", "bulk")]).expect("upsert");
    store.replace_bulk("items", &[]).expect("replace");
    assert_eq!(ids(store.scan("items", None, 9).expect("scan")), ["streamed"]);
}

fn scans_are_in_order_of_id_and_paged(store: &dyn EntityStore) {
    let rows: Vec<Entity> = ["b", "ä", "10", "9", "a"].iter().map(|id| row(id, "")).collect();
    store.upsert("items", Origin::Bulk, &rows).expect("upsert");
    assert_eq!(ids(store.scan("items", None, 9).expect("scan")), ["10", "9", "a", "b", "ä"]);
    assert_eq!(ids(store.scan("items", Some("9"), 2).expect("scan")), ["a", "b"]);
    assert_eq!(ids(store.scan("items", Some("9z"), 1).expect("scan")), ["a"]);
    assert_eq!(ids(store.scan("none", None, 9).expect("scan")), Vec::<String>::new());
}

fn datasets_do_not_see_each_other(store: &dyn EntityStore) {
    store.upsert("items", Origin::Bulk, &[row("1", "film")]).expect("upsert");
    store.upsert("users", Origin::Bulk, &[row("1", "person")]).expect("upsert");
    store.clear("items").expect("clear");
    store.clear("items").expect("clear again");
    assert_eq!(store.get("items", "1").expect("get"), None);
    assert_eq!(store.get("users", "1").expect("get"), Some(row("1", "person")));
}
