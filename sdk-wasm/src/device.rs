//! The `ranker` module as the page sees it: a vector pack, and what this visitor did lately.
//!
//! Lists of texts cross as one text with U+0000 between them, and lists of numbers as one array: a crossing per item
//! would cost more than the ranking.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use bowerbird_ranker::{
    Column, History, ItemIndex, Kind, Pack, Reason, Request, Value, recommend, rerank_items,
};
use wasm_bindgen::prelude::wasm_bindgen;

/// Between the ids or texts of a list.
const SEPARATOR: char = '\0';
/// Between the categories of one item.
const INNER_SEPARATOR: char = '\u{1}';
/// Stands for "no item" in a row of a ranking.
const NO_ITEM: u32 = u32::MAX;

/// An opened pack with a history.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Device {
    pack: Pack,
    history: History,
}

#[wasm_bindgen]
impl Device {
    /// Opens a pack.
    ///
    /// # Errors
    /// A text that says why the bytes are not a usable pack.
    #[wasm_bindgen(constructor)]
    pub fn open(bytes: Vec<u8>) -> Result<Device, String> {
        let pack = Pack::open(bytes).map_err(|error| error.to_string())?;
        Ok(Device { pack, history: History::new() })
    }

    /// Adds to the history. An item that the pack does not know leaves it as it is.
    pub fn observe(&mut self, id: &str, weight: f32) {
        if let Some(item) = self.pack.index_of(id) {
            self.history.observe(item, weight);
        }
    }

    /// Forgets the history.
    pub fn clear(&mut self) {
        self.history.clear();
    }

    /// How many observations the next ranking is based on.
    pub fn observed(&self) -> usize {
        self.history.len()
    }

    /// Orders candidates that are given by their positions in the pack, `u32::MAX` for one that the pack does not know.
    /// Four numbers per item, best first: position in `candidates`, bits of the score, reason (0 because, 1 taste,
    /// 2 popular, 3 unknown to the pack), position in the pack of the item that the reason names.
    ///
    /// Positions, not texts: to look 10,000 texts up takes longer than to rank them, and a page has a hash table for that.
    pub fn rerank(&self, candidates: &[u32], k: usize, exclude_seen: bool) -> Vec<u32> {
        let known = |item: u32| (item as usize) < self.pack.n_items();
        let items = candidates.iter().map(|&item| known(item).then_some(ItemIndex(item)));
        let ranking = rerank_items(&self.pack, &self.history, items.enumerate(), &request(k, exclude_seen));
        ranking.iter().flat_map(|row| numbers(row.position, row.score, row.reason)).collect()
    }

    /// The best of the whole catalogue: rows as of [`Device::rerank`], with positions in the pack.
    pub fn recommend(&self, k: usize, exclude_seen: bool) -> Vec<u32> {
        let ranked = recommend(&self.pack, &self.history, &request(k, exclude_seen));
        ranked.iter().flat_map(|row| numbers(row.item.at(), Some(row.score), row.reason)).collect()
    }

    /// The ids of all items, by position in the pack.
    pub fn ids(&self) -> String {
        joined(self.pack.items().map(|item| self.pack.id(item)), SEPARATOR)
    }

    /// The popularity of all items, by position in the pack.
    pub fn popularity(&self) -> Vec<f32> {
        self.pack.items().map(|item| self.pack.popularity(item)).collect()
    }

    /// The names of the metadata columns.
    pub fn columns(&self) -> String {
        joined(self.pack.columns().iter().map(Column::name), SEPARATOR)
    }

    /// What a column holds: 0 text, 1 categories, 2 numbers, nothing beyond the last column.
    pub fn kind(&self, column: usize) -> Option<u32> {
        self.pack.columns().get(column).map(|column| match column.kind() {
            Kind::Text => 0,
            Kind::Category => 1,
            Kind::Number => 2,
        })
    }

    /// A column of texts or categories, by position in the pack; empty where there is nothing.
    pub fn texts(&self, column: usize) -> String {
        let cell = |item| match self.value(column, item) {
            Value::Text(text) => text.to_string(),
            Value::Many(words) => joined(words.into_iter(), INNER_SEPARATOR),
            _ => String::new(),
        };
        let mut all = String::new();
        for item in self.pack.items() {
            if item.at() > 0 {
                all.push(SEPARATOR);
            }
            all.push_str(&cell(item));
        }
        all
    }

    /// A column of numbers, by position in the pack; not a number where there is nothing.
    pub fn numbers(&self, column: usize) -> Vec<f64> {
        let cell = |item| match self.value(column, item) {
            Value::Number(number) => number,
            _ => f64::NAN,
        };
        self.pack.items().map(cell).collect()
    }
}

impl Device {
    fn value(&self, column: usize, item: ItemIndex) -> Value<'_> {
        self.pack.columns().get(column).map_or(Value::Null, |column| self.pack.value(column, item))
    }
}

fn request(k: usize, exclude_seen: bool) -> Request<'static> {
    let all = Request::top(k);
    if exclude_seen { all.unseen() } else { all }
}

fn numbers(position: usize, score: Option<f32>, reason: Reason) -> [u32; 4] {
    let (reason, item) = match (score, reason) {
        (None, _) => (3, NO_ITEM),
        (_, Reason::Because(item)) => (0, item.0),
        (_, Reason::Taste) => (1, NO_ITEM),
        (_, Reason::Popular) => (2, NO_ITEM),
    };
    [position as u32, score.unwrap_or_default().to_bits(), reason, item]
}

fn joined<'a>(texts: impl Iterator<Item = &'a str>, separator: char) -> String {
    let mut all = String::new();
    for (position, text) in texts.enumerate() {
        if position > 0 {
            all.push(separator);
        }
        all.push_str(text);
    }
    all
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use bowerbird_ranker::pack::{Contents, write};

    use super::*;

    fn device() -> Device {
        let contents = Contents {
            recipe: "aws-popularity-count".into(),
            ids: vec!["heat".into(), "jaws".into(), "up".into()],
            popularity: vec![2.0, 1.0, 3.0],
            ..Contents::default()
        };
        Device::open(write(&contents).unwrap()).unwrap()
    }

    fn positions(rows: &[u32]) -> Vec<u32> {
        rows.chunks(4).map(|row| row[0]).collect()
    }

    #[test]
    fn a_ranking_names_positions_in_the_given_list() {
        let rows = device().rerank(&[1, NO_ITEM, 2], 25, false);
        assert_eq!(positions(&rows), [2, 0, 1]);
        assert_eq!(rows[10], 3, "the pack does not know the last one");
    }

    #[test]
    fn a_ranking_is_that_of_the_ranker() {
        let mut device = device();
        device.observe("heat", 1.0);
        let ids = ["up", "nobody knows it", "heat", "up", "jaws"];
        let items = ids.map(|id| device.pack.index_of(id).map_or(NO_ITEM, |item| item.0));
        for k in 0..6 {
            for exclude_seen in [false, true] {
                let expected =
                    bowerbird_ranker::rerank(&device.pack, &device.history, &ids, &request(k, exclude_seen));
                let expected: Vec<u32> =
                    expected.iter().flat_map(|row| numbers(row.position, row.score, row.reason)).collect();
                assert_eq!(device.rerank(&items, k, exclude_seen), expected, "the best {k}");
            }
        }
    }

    #[test]
    fn no_candidates_give_an_empty_ranking() {
        assert!(device().rerank(&[], 25, false).is_empty());
    }

    #[test]
    fn what_was_seen_can_be_left_out() {
        let mut device = device();
        device.observe("up", 1.0);
        device.observe("nobody knows it", 1.0);
        assert_eq!(device.observed(), 1);
        assert_eq!(positions(&device.recommend(25, true)), [0, 1]);
        device.clear();
        assert_eq!(positions(&device.recommend(2, true)), [2, 0]);
    }

    #[test]
    fn damaged_bytes_say_what_to_do() {
        let mut bytes = device().pack.bytes().to_vec();
        *bytes.last_mut().unwrap() ^= 1;
        assert!(Device::open(bytes).unwrap_err().contains("download it again"));
        assert!(Device::open(b"<html>".to_vec()).is_err());
    }

    #[test]
    fn ids_are_read_out_in_the_order_of_the_pack() {
        assert_eq!(device().ids(), "heat\0jaws\0up");
        assert_eq!(device().popularity(), [2.0, 1.0, 3.0]);
        assert_eq!(device().columns(), "");
        assert_eq!(device().kind(0), None);
    }
}
