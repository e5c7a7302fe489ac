use std::sync::Arc;

use serde_json::json;

use crate::{Catalog, Resource, StoreError};

/// The contract of [`Catalog`].
pub fn catalog(fresh: &dyn Fn() -> Arc<dyn Catalog>) {
    an_arn_is_taken_once(&*fresh());
    an_update_is_returned_and_kept(&*fresh());
    what_is_not_there_is_missing(&*fresh());
    lists_are_in_order_of_creation_and_paged(&*fresh());
}

fn resource(arn: &str, kind: &str, parent: &str, created_at: i64) -> Resource {
    Resource {
        arn: arn.into(),
        kind: kind.into(),
        parent: parent.into(),
        status: "CREATE PENDING".into(),
        created_at,
        updated_at: created_at,
        doc: json!({"name": arn, "limits": [1, 2.5, null], "ü": {"deep": true}}),
    }
}

fn an_arn_is_taken_once(store: &dyn Catalog) {
    let first = resource("arn:1", "campaign", "", 5);
    store.insert(&first).expect("insert");
    let again = store.insert(&resource("arn:1", "solution", "", 6));
    assert!(matches!(again, Err(StoreError::Exists { key }) if key == "arn:1"));
    assert_eq!(store.get("arn:1").expect("get"), Some(first));
}

fn an_update_is_returned_and_kept(store: &dyn Catalog) {
    store.insert(&resource("arn:1", "campaign", "", 5)).expect("insert");
    let mut change = |resource: &mut Resource| {
        resource.status = "ACTIVE".into();
        resource.updated_at = 9;
        resource.doc["trained"] = json!(42);
    };
    let updated = store.update("arn:1", &mut change).expect("update");
    assert_eq!((updated.status.as_str(), updated.updated_at), ("ACTIVE", 9));
    assert_eq!(store.get("arn:1").expect("get"), Some(updated));
}

fn what_is_not_there_is_missing(store: &dyn Catalog) {
    assert_eq!(store.get("arn:none").expect("get"), None);
    let update = store.update("arn:none", &mut |_| panic!("there is nothing to change"));
    assert!(matches!(update, Err(StoreError::Missing { .. })));
    assert!(matches!(store.delete("arn:none"), Err(StoreError::Missing { .. })));
    assert!(matches!(store.list("campaign", None, Some("arn:none"), 9), Err(StoreError::Missing { .. })));
    store.insert(&resource("arn:1", "campaign", "", 5)).expect("insert");
    store.delete("arn:1").expect("delete");
    assert_eq!(store.get("arn:1").expect("get"), None);
}

fn lists_are_in_order_of_creation_and_paged(store: &dyn Catalog) {
    for (arn, parent, created_at) in [("d", "g1", 1), ("b", "g2", 2), ("a", "g1", 2), ("c", "g1", 0)] {
        store.insert(&resource(arn, "dataset", parent, created_at)).expect("insert");
    }
    store.insert(&resource("x", "schema", "g1", 0)).expect("insert");
    let arns = |parent, after, limit| -> Vec<String> {
        let listed = store.list("dataset", parent, after, limit).expect("list");
        listed.into_iter().map(|resource| resource.arn).collect()
    };
    assert_eq!(arns(None, None, 100), ["c", "d", "a", "b"]);
    assert_eq!(arns(None, None, 3), ["c", "d", "a"]);
    assert_eq!(arns(None, Some("a"), 3), ["b"]);
    assert_eq!(arns(Some("g1"), None, 2), ["c", "d"]);
    assert_eq!(arns(Some("g1"), Some("d"), 2), ["a"]);
    assert_eq!(arns(Some("nobody"), None, 2), Vec::<String>::new());
}
