//! What filters keep, on a small shop.

use std::collections::BTreeMap;

use bowerbird_filters::{Bound, Dataset, Datum, Facts, Filter, Values};

#[derive(Default)]
struct Shop {
    events: Vec<(&'static str, &'static str)>,
    user: BTreeMap<&'static str, f64>,
    item: Option<&'static str>,
}

const PRICES: [(&str, f64); 3] = [("a", 1.0), ("b", 2.0), ("c", 3.0)];
const GENRES: [(&str, &str); 3] = [("a", "Action"), ("b", "Action|Drama"), ("c", "Drama")];

impl Facts for Shop {
    fn candidate(&self, _: Dataset, id: &str, column: &str) -> Datum<'_> {
        let at = |known: &str| known == id;
        match column {
            "PRICE" => PRICES
                .iter()
                .find(|(known, _)| at(known))
                .map_or(Datum::Null, |(_, price)| Datum::Number(*price)),
            "GENRE" => GENRES
                .iter()
                .find(|(known, _)| at(known))
                .map_or(Datum::Null, |(_, genre)| Datum::Text(genre)),
            _ => Datum::Null,
        }
    }

    fn any_event(&self, _: Dataset, id: &str, passes: &dyn Fn(&str) -> bool) -> bool {
        self.events.iter().any(|(item, event_type)| *item == id && passes(event_type))
    }

    fn current_user(&self, column: &str) -> Datum<'_> {
        self.user.get(column).map_or(Datum::Null, |number| Datum::Number(*number))
    }

    fn current_item(&self, column: &str) -> Datum<'_> {
        self.item.map_or(Datum::Null, |item| self.candidate(Dataset::Items, item, column))
    }
}

fn bound(expression: &str, values: &[(&str, &str)]) -> Bound {
    let values: Values = values.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Filter::parse(expression).and_then(|filter| filter.bind(&values)).expect(expression)
}

/// The ids of a, b, c and d that stay; d has no row.
fn kept(shop: &Shop, expression: &str, values: &[(&str, &str)]) -> String {
    let bound = bound(expression, values);
    ["a", "b", "c", "d"].into_iter().filter(|id| bound.keeps(shop, id)).collect()
}

#[test]
fn a_value_of_several_parts_matches_by_any_of_them() {
    let shop = Shop::default();
    assert_eq!(kept(&shop, "INCLUDE ItemID WHERE Items.GENRE IN ('Drama')", &[]), "bc");
    assert_eq!(kept(&shop, "INCLUDE ItemID WHERE Items.GENRE NOT IN ('Drama')", &[]), "ad");
    assert_eq!(kept(&shop, "INCLUDE ItemID WHERE Items.GENRE IN ('drama')", &[]), "");
}

#[test]
fn a_null_never_compares() {
    let shop = Shop::default();
    assert_eq!(kept(&shop, "INCLUDE ItemID WHERE Items.PRICE != 2", &[]), "ac");
    assert_eq!(kept(&shop, "INCLUDE ItemID WHERE Items.PRICE < 2 OR Items.PRICE >= 2", &[]), "abc");
}

#[test]
fn includes_unite_and_excludes_take_away_in_any_order() {
    let shop = Shop::default();
    let united = "INCLUDE ItemID WHERE Items.PRICE = 1 | INCLUDE ItemID WHERE Items.PRICE = 3";
    assert_eq!(kept(&shop, united, &[]), "ac");
    let less = "EXCLUDE ItemID WHERE Items.GENRE IN ('Action') | INCLUDE ItemID WHERE Items.PRICE <= 3";
    assert_eq!(kept(&shop, less, &[]), "c");
}

#[test]
fn and_binds_before_or() {
    let expression = "INCLUDE ItemID WHERE Items.PRICE = 1 OR Items.PRICE > 1 AND Items.GENRE = 'Drama'";
    assert_eq!(kept(&Shop::default(), expression, &[]), "abc");
}

#[test]
fn parameters_take_texts_and_numbers() {
    let shop = Shop::default();
    let genre = "INCLUDE ItemID WHERE Items.GENRE IN ($G)";
    assert_eq!(kept(&shop, genre, &[("G", "\"Comedy\",\"Action\"")]), "ab");
    for two in ["2", "\"2\"", "2.0"] {
        assert_eq!(kept(&shop, "INCLUDE ItemID WHERE Items.PRICE > ($P)", &[("P", two)]), "c", "{two}");
    }
}

#[test]
fn events_are_those_of_the_current_user_and_their_types_have_no_case() {
    let shop = Shop { events: vec![("a", "Watch"), ("b", "click")], ..Shop::default() };
    assert_eq!(kept(&shop, "EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ('watch')", &[]), "bcd");
    assert_eq!(kept(&shop, "EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ('*')", &[]), "cd");
    assert_eq!(kept(&shop, "INCLUDE ItemID WHERE Interactions.EVENT_TYPE NOT IN ('click')", &[]), "acd");
}

#[test]
fn a_condition_on_the_user_that_fails_takes_the_expression_away() {
    let expression = "INCLUDE ItemID WHERE Items.PRICE = 1 IF CurrentUser.AGE > 18";
    let adult = Shop { user: BTreeMap::from([("AGE", 30.0)]), ..Shop::default() };
    assert_eq!(kept(&adult, expression, &[]), "a");
    assert_eq!(kept(&Shop::default(), expression, &[]), "abcd");
}

#[test]
fn the_current_item_lends_its_columns() {
    let shop = Shop { item: Some("b"), ..Shop::default() };
    let cheaper = "INCLUDE ItemID WHERE Items.PRICE < CurrentItem.PRICE AND Items.GENRE IN CurrentItem.GENRE";
    assert_eq!(kept(&shop, cheaper, &[]), "a");
    assert_eq!(kept(&Shop::default(), cheaper, &[]), "");
}

#[test]
fn an_exclude_without_its_value_has_no_effect() {
    assert_eq!(kept(&Shop::default(), "EXCLUDE ItemID WHERE Items.GENRE IN ($G)", &[]), "abcd");
}
