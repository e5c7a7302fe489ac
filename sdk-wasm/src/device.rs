//! The `ranker` module as the page sees it: a vector pack, and what this visitor did lately.
//!
//! Numbers in, numbers out. Texts and lists cross in a room of the module's memory that the page fills or reads: the
//! general glue for them would be larger than the ranker.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use bowerbird_ranker::pack::PackError;
use bowerbird_ranker::{Candidates, Column, History, ItemIndex, Kind, Pack, Reason, Request, Scorer, Value};
use wasm_bindgen::prelude::wasm_bindgen;

/// Between the ids or texts of a list.
const SEPARATOR: char = '\0';
/// Between the categories of one item.
const INNER_SEPARATOR: char = '\u{1}';
/// Stands for "no item" in a row of a ranking.
const NO_ITEM: u32 = u32::MAX;
/// The "list" of all items.
const CATALOGUE: u32 = u32::MAX;

/// A pack that was downloaded, and what is wrong with it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Download {
    bytes: Vec<u8>,
    opened: Option<Pack>,
    fault: [u32; 4],
}

#[wasm_bindgen]
impl Download {
    /// Room for so many bytes, which lie at [`Download::at`].
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: usize) -> Download {
        Download { bytes: vec![0; bytes], opened: None, fault: [0; 4] }
    }

    /// Where to write the bytes to, and after [`Download::open`] where its fault lies.
    pub fn at(&self) -> *const u8 {
        if self.fault[0] == 0 { self.bytes.as_ptr() } else { self.fault.as_ptr().cast() }
    }

    /// Whether the bytes are a usable pack. If not, the fault is four numbers: 1 not a pack, 2 the version found and the
    /// version known, 3 the length expected and the length found, 4 the tag of the damaged part, 5 the tag of a part that
    /// was written wrongly.
    pub fn open(&mut self) -> bool {
        match Pack::open(core::mem::take(&mut self.bytes)) {
            Ok(pack) => self.opened = Some(pack),
            Err(error) => self.fault = fault(&error),
        }
        self.opened.is_some()
    }
}

fn fault(error: &PackError) -> [u32; 4] {
    match error {
        PackError::Version { found, known } => [2, u32::from(*found), u32::from(*known), 0],
        PackError::Length { expected, found } => [3, *expected as u32, *found as u32, 0],
        PackError::Damaged { part } => [4, u32::from_le_bytes(part.0), 0, 0],
        PackError::Malformed { part, .. } => [5, u32::from_le_bytes(part.0), 0, 0],
        _ => [1, 0, 0, 0],
    }
}

/// An opened pack with a history.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Device {
    pack: Pack,
    history: History,
    scorer: Scorer,
    /// The scorer does not know the newest events yet.
    is_behind: bool,
    /// By number; a list that was dropped leaves an empty place.
    lists: Vec<Option<Candidates>>,
    /// Room for an id from the page.
    id: Vec<u8>,
    /// Room for a list from the page.
    list: Vec<u32>,
    /// The last ranking, see [`Device::rank`].
    rows: Vec<u32>,
    /// The last text that was asked for.
    text: String,
    /// The last column of numbers that was asked for.
    numbers: Vec<f64>,
}

#[wasm_bindgen]
impl Device {
    /// With an empty history.
    ///
    /// # Panics
    /// If the download was not opened.
    #[wasm_bindgen(constructor)]
    pub fn new(download: Download) -> Device {
        Device {
            pack: download.opened.expect("the page opens it first"),
            history: History::new(),
            scorer: Scorer::default(),
            is_behind: true,
            lists: Vec::new(),
            id: Vec::new(),
            list: Vec::new(),
            rows: Vec::new(),
            text: String::new(),
            numbers: Vec::new(),
        }
    }

    /// Room for an id of so many bytes.
    pub fn id_room(&mut self, bytes: usize) -> *const u8 {
        self.id.clear();
        self.id.resize(bytes, 0);
        self.id.as_ptr()
    }

    /// Room for a list of so many items.
    pub fn list_room(&mut self, items: usize) -> *const u32 {
        self.list.clear();
        self.list.resize(items, NO_ITEM);
        self.list.as_ptr()
    }

    /// Adds the item whose id lies in the first `bytes` bytes of [`Device::id_room`] to the history. An item that the
    /// pack does not know leaves it as it is.
    pub fn observe(&mut self, bytes: usize, weight: f32) {
        let id = self.id.get(..bytes).and_then(|id| core::str::from_utf8(id).ok());
        if let Some(item) = id.and_then(|id| self.pack.index_of(id)) {
            self.history.observe(item, weight);
            self.is_behind = true;
        }
    }

    /// Forgets the history.
    pub fn clear(&mut self) {
        self.history.clear();
        self.is_behind = true;
    }

    /// How many observations the next ranking is based on.
    pub fn observed(&self) -> usize {
        self.history.len()
    }

    /// How many items there are.
    pub fn items(&self) -> usize {
        self.pack.n_items()
    }

    /// Takes in the list of positions in the pack that lies in the first `items` places of [`Device::list_room`],
    /// `u32::MAX` for an id that the pack does not know, and answers its number. It stays until [`Device::forget`], so that ranking it again copies nothing.
    ///
    /// Positions, not texts: to look 10,000 texts up takes longer than to rank them, and a page has a hash table for that.
    pub fn keep_list(&mut self, items: usize) -> u32 {
        let known = |item: u32| (item as usize) < self.pack.n_items();
        let items = self.list.iter().take(items).map(|&item| known(item).then_some(ItemIndex(item)));
        let list = Some(Candidates::at(&self.pack, items.enumerate()));
        let free = self.lists.iter().position(Option::is_none);
        let number = free.unwrap_or(self.lists.len());
        match free {
            Some(number) => self.lists[number] = list,
            None => self.lists.push(list),
        }
        number as u32
    }

    /// Drops a list.
    pub fn forget(&mut self, list: u32) {
        if let Some(list) = self.lists.get_mut(list as usize) {
            *list = None;
        }
    }

    /// Ranks a list, or the whole catalogue for `u32::MAX`, and answers how many items came out. They lie at
    /// [`Device::rows`], four numbers each, best first: position in the list (of the catalogue: in the pack), bits of the
    /// score, reason (0 because, 1 taste, 2 popular, 3 unknown to the pack), position in the pack of the item that the
    /// reason names.
    pub fn rank(&mut self, list: u32, k: usize, exclude_seen: bool) -> usize {
        if self.is_behind {
            self.scorer.follow(&self.pack, &self.history, self.pack.constants());
            self.is_behind = false;
        }
        self.rows.clear();
        let request = request(k, exclude_seen);
        if list == CATALOGUE {
            let ranked = self.scorer.recommend(&self.pack, &request);
            let rows = ranked.iter().flat_map(|row| numbers(row.item.at(), Some(row.score), row.reason));
            self.rows.extend(rows);
        } else if let Some(Some(list)) = self.lists.get(list as usize) {
            let ranked = self.scorer.rerank(&self.pack, list, &request);
            self.rows.extend(ranked.iter().flat_map(|row| numbers(row.position, row.score, row.reason)));
        }
        self.rows.len() / 4
    }

    /// Where the last ranking lies in the memory of the module, until the next call.
    pub fn rows(&self) -> *const u32 {
        self.rows.as_ptr()
    }

    /// Where the text lies that was asked for last, until the next call.
    pub fn text(&self) -> *const u8 {
        self.text.as_ptr()
    }

    /// Where the numbers lie that were asked for last, until the next call.
    pub fn numbers(&self) -> *const f64 {
        self.numbers.as_ptr()
    }

    /// Writes the ids of all items, by position in the pack; answers how many bytes they are.
    pub fn ids(&mut self) -> usize {
        let (pack, text) = (&self.pack, &mut self.text);
        join(text, SEPARATOR, pack.items().map(|item| pack.id(item)))
    }

    /// Writes the names of the metadata columns; answers how many bytes they are.
    pub fn columns(&mut self) -> usize {
        join(&mut self.text, SEPARATOR, self.pack.columns().iter().map(Column::name))
    }

    /// What a column holds: 0 text, 1 categories, 2 numbers.
    pub fn kind(&self, column: usize) -> u32 {
        match self.pack.columns().get(column).map(Column::kind) {
            Some(Kind::Category) => 1,
            Some(Kind::Number) => 2,
            _ => 0,
        }
    }

    /// Writes a column of texts or categories, by position in the pack, empty where there is nothing; answers how many
    /// bytes it is.
    pub fn texts_of(&mut self, column: usize) -> usize {
        self.text.clear();
        for item in self.pack.items() {
            if item.at() > 0 {
                self.text.push(SEPARATOR);
            }
            match value(&self.pack, column, item) {
                Value::Text(text) => self.text.push_str(text),
                Value::Many(words) => append(&mut self.text, INNER_SEPARATOR, words.into_iter()),
                _ => {}
            }
        }
        self.text.len()
    }

    /// Writes a column of numbers, by position in the pack, not a number where there is nothing.
    pub fn numbers_of(&mut self, column: usize) {
        let cell = |item| match value(&self.pack, column, item) {
            Value::Number(number) => number,
            _ => f64::NAN,
        };
        self.numbers = self.pack.items().map(cell).collect();
    }

    /// Writes the popularity of all items, by position in the pack.
    pub fn popularity(&mut self) {
        self.numbers = self.pack.items().map(|item| f64::from(self.pack.popularity(item))).collect();
    }
}

fn value(pack: &Pack, column: usize, item: ItemIndex) -> Value<'_> {
    pack.columns().get(column).map_or(Value::Null, |column| pack.value(column, item))
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

/// Replaces `text` and answers its length.
fn join<'a>(text: &mut String, separator: char, parts: impl Iterator<Item = &'a str>) -> usize {
    text.clear();
    append(text, separator, parts);
    text.len()
}

fn append<'a>(text: &mut String, separator: char, parts: impl Iterator<Item = &'a str>) {
    for (position, part) in parts.enumerate() {
        if position > 0 {
            text.push(separator);
        }
        text.push_str(part);
    }
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
        device_of(&write(&contents).unwrap()).unwrap()
    }

    /// What the page does; the fault of bytes that are not a usable pack.
    fn device_of(bytes: &[u8]) -> Result<Device, [u32; 4]> {
        let mut download = Download::new(bytes.len());
        download.bytes.copy_from_slice(bytes);
        if download.open() { Ok(Device::new(download)) } else { Err(download.fault) }
    }

    impl Device {
        fn see(&mut self, id: &str) {
            self.id_room(id.len());
            self.id.copy_from_slice(id.as_bytes());
            self.observe(id.len(), 1.0);
        }

        fn keep(&mut self, items: &[u32]) -> u32 {
            self.list_room(items.len());
            self.list.copy_from_slice(items);
            self.keep_list(items.len())
        }

        fn rank_these(&mut self, items: &[u32], k: usize, exclude_seen: bool) -> &[u32] {
            let list = self.keep(items);
            self.rank(list, k, exclude_seen);
            self.forget(list);
            &self.rows
        }

        fn rank_all(&mut self, k: usize, exclude_seen: bool) -> Vec<u32> {
            self.rank(CATALOGUE, k, exclude_seen);
            positions(&self.rows)
        }
    }

    fn positions(rows: &[u32]) -> Vec<u32> {
        rows.chunks(4).map(|row| row[0]).collect()
    }

    #[test]
    fn a_ranking_names_positions_in_the_given_list() {
        let mut device = device();
        let rows = device.rank_these(&[1, NO_ITEM, 2], 25, false);
        assert_eq!(positions(rows), [2, 0, 1]);
        assert_eq!(rows[10], 3, "the pack does not know the last one");
    }

    #[test]
    fn a_ranking_is_that_of_the_ranker() {
        let mut device = device();
        device.see("heat");
        let ids = ["up", "nobody knows it", "heat", "up", "jaws"];
        let items = ids.map(|id| device.pack.index_of(id).map_or(NO_ITEM, |item| item.0));
        for k in 0..6 {
            for exclude_seen in [false, true] {
                let expected =
                    bowerbird_ranker::rerank(&device.pack, &device.history, &ids, &request(k, exclude_seen));
                let expected: Vec<u32> =
                    expected.iter().flat_map(|row| numbers(row.position, row.score, row.reason)).collect();
                assert_eq!(device.rank_these(&items, k, exclude_seen), expected, "the best {k}");
            }
        }
    }

    #[test]
    fn a_list_stays_until_it_is_forgotten_and_its_number_is_used_again() {
        let mut device = device();
        let (first, second) = (device.keep(&[0, 1]), device.keep(&[2]));
        assert_eq!((device.rank(first, 9, false), device.rank(second, 9, false)), (2, 1));
        device.forget(first);
        assert_eq!(device.rank(first, 9, false), 0);
        assert_eq!(device.keep(&[0]), first);
    }

    #[test]
    fn no_candidates_give_an_empty_ranking() {
        assert!(device().rank_these(&[], 25, false).is_empty());
    }

    #[test]
    fn what_was_seen_can_be_left_out() {
        let mut device = device();
        device.see("up");
        device.see("nobody knows it");
        assert_eq!(device.observed(), 1);
        assert_eq!(device.rank_all(25, true), [0, 1]);
        device.clear();
        assert_eq!(device.rank_all(2, true), [2, 0]);
    }

    #[test]
    fn a_fault_says_what_is_wrong() {
        let bytes = device().pack.bytes().to_vec();
        let mut damaged = bytes.clone();
        *damaged.last_mut().unwrap() ^= 1;
        assert_eq!(device_of(&damaged).unwrap_err(), [4, u32::from_le_bytes(*b"POPU"), 0, 0]);
        assert_eq!(device_of(&bytes[..100]).unwrap_err(), [3, bytes.len() as u32, 100, 0]);
        assert_eq!(device_of(b"<html>").unwrap_err()[0], 1);
    }

    #[test]
    fn ids_are_read_out_in_the_order_of_the_pack() {
        let mut device = device();
        assert_eq!((device.ids(), device.items()), (12, 3));
        assert_eq!(device.text, "heat\0jaws\0up");
        device.popularity();
        assert_eq!(device.numbers, [2.0, 1.0, 3.0]);
        assert_eq!((device.columns(), device.kind(0)), (0, 0));
    }
}
