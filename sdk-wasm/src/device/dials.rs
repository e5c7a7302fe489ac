//! What the page may turn: dials, and sets of items that filters are made of.

use alloc::vec::Vec;

use bowerbird_ranker::{Comparison, ContextValue, Dials, ItemIndex, Mask, Method, Request, Seen};
use wasm_bindgen::prelude::wasm_bindgen;

use super::{Device, State, with, with_state};

/// How the dials stand.
#[derive(Default)]
pub(super) struct Turned {
    /// Sets of items by number; the first two are never asked.
    sets: Vec<Mask>,
    dials: Dials,
    /// In which circumstances, until the next turn takes it in.
    context: Vec<ContextValue>,
    /// What sets of items add, until the next turn takes it in.
    boosts: Vec<(ItemIndex, f32)>,
}

/// Turns the dials to what lies in the room for numbers, floats in the order of [`dials`]; then pairs of a position in
/// the pack and what is added to its score.
#[wasm_bindgen]
pub fn turn() {
    with(|device, words| {
        let (head, boosts) = words.split_at(words.len().min(DIALS));
        let context = core::mem::take(&mut device.turned.context);
        device.turned.dials = Dials { context, ..dials(head) };
        let boosts = boosts.as_chunks().0.iter();
        let mut all = core::mem::take(&mut device.turned.boosts);
        all.extend(boosts.map(|&[item, boost]| (ItemIndex(item), f32::from_bits(boost))));
        device.scorer.turn(&device.pack, &device.turned.dials, &all);
        device.is_behind = true;
    });
}

/// Has the next [`turn`] add so much to the items of a set.
#[wasm_bindgen]
pub fn boost(set: usize, weight: f32) {
    with(|device, _| {
        let set = device.set(set).clone();
        let boosted = device.pack.items().filter(|&item| set.has(item));
        device.turned.boosts.extend(boosted.map(|item| (item, weight)));
    });
}

/// Has the next [`turn`] take in a value of a column of context; the key that the pack has for both lies in the room for
/// bytes.
#[wasm_bindgen]
pub fn situate() {
    with_state(|State { device, bytes, .. }| {
        if let Some(device) = device {
            device.turned.context.extend(device.pack.context(bytes));
        }
    });
}

/// Makes a set of items the one for which a condition holds. `how`: 0 has a value, 1 has one of the words in the room
/// for bytes, each ended by a zero, 2 to 6 is = < <= > >= the number, 7 was in an event whose kind is a bit of the number.
#[wasm_bindgen]
pub fn test(set: usize, column: usize, how: u32, number: f64) {
    with_state(|State { device, bytes, .. }| {
        if let Some(device) = device {
            *device.set(set) = device.test(column, how, number, bytes);
        }
    });
}

/// Changes the set `into`: 0 and `from`, 1 or `from`, 2 everything that was not in it.
#[wasm_bindgen]
pub fn combine(into: usize, from: usize, how: u32) {
    with(|device, _| {
        let from = device.set(from).clone();
        let into = device.set(into);
        match how {
            0 => into.and(&from),
            1 => into.or(&from),
            _ => into.invert(),
        }
    });
}

/// Measures the positions in the pack that lie in the room for numbers, and writes novelty, diversity, serendipity and
/// coverage there, as floats.
#[wasm_bindgen]
pub fn measure() {
    with_state(|State { device, words, .. }| {
        let Some(device) = device else { return };
        let known =
            words.iter().map(|&item| ItemIndex(item)).filter(|item| item.at() < device.pack.n_items());
        let list: Vec<ItemIndex> = known.collect();
        device.catch_up();
        let found = device.scorer.measures(&device.pack, &list, device.turned.dials.column);
        let numbers = [found.novelty, found.diversity, found.serendipity, found.coverage];
        words.clear();
        words.extend(numbers.map(f32::to_bits));
    });
}

/// How many floats [`dials`] reads.
const DIALS: usize = 14;

/// A column is its number, below 0 for none.
fn dials(words: &[u32]) -> Dials {
    let at = |place: usize| words.get(place).map_or(0.0, |&bits| f32::from_bits(bits));
    let column = |place: usize| (at(place) >= 0.0).then(|| at(place) as usize);
    Dials {
        debias: at(0),
        freshness: at(1),
        half_life_days: at(2),
        diversity: at(3),
        method: if at(4) > 0.0 { Method::Dpp } else { Method::Mmr },
        calibration: at(5),
        column: column(6),
        cap: at(7) as usize,
        exploration: at(8),
        age_cut_off_days: at(9),
        promoted: at(10),
        created: column(11),
        now_days: f64::from(at(12)),
        seed: at(13) as u32,
        context: Vec::new(),
    }
}

impl Device {
    fn set(&mut self, number: usize) -> &mut Mask {
        if self.turned.sets.len() <= number {
            self.turned.sets.resize(number + 1, Mask::default());
        }
        &mut self.turned.sets[number]
    }

    fn test(&self, column: usize, how: u32, number: f64, bytes: &[u8]) -> Mask {
        let pack = &self.pack;
        let comparison = match how {
            0 => return Mask::with_value(pack, column),
            1 => {
                let words: Vec<&[u8]> = bytes.split(|&byte| byte == 0).collect();
                // What follows the last zero is no word.
                return Mask::with_word(pack, column, &words[..words.len() - 1]);
            }
            7 => return Mask::with_event(pack, &self.history, number as u32),
            2 => Comparison::Equal,
            3 => Comparison::Less,
            4 => Comparison::LessOrEqual,
            5 => Comparison::Greater,
            _ => Comparison::GreaterOrEqual,
        };
        Mask::with_number(pack, column, comparison, number)
    }

    pub(super) fn rank(&mut self, list: u32, k: usize, [seen, shown, promoted]: [usize; 3]) -> &[u32] {
        self.catch_up();
        let turned = core::mem::take(&mut self.turned);
        let set = |number: usize| turned.sets.get(number).filter(|_| number > 1);
        let (seen_set, shown, promoted) = (set(seen), set(shown), set(promoted));
        let exclude = |item: ItemIndex| {
            shown.is_some_and(|set| !set.has(item)) || seen_set.is_some_and(|set| set.has(item))
        };
        let promotes = |item: ItemIndex| promoted.is_some_and(|set| set.has(item));
        let request = Request {
            seen: if seen == 1 { Seen::Exclude } else { Seen::Keep },
            exclude: &exclude,
            dials: Some(&turned.dials),
            promoted: promoted.map(|_| &promotes as &dyn Fn(ItemIndex) -> bool),
            ..Request::top(k)
        };
        self.answer(list, &request);
        self.turned = turned;
        &self.rows
    }
}
