//! "What is chosen more often in which circumstances?" The lifts of a pack: what is added to an item's score where a
//! column of the interactions has a certain value.
//!
//! Only builds with dials read them; the plain one passes the section over. It is not: the history, or metadata of items.

use alloc::string::String;
use alloc::vec::Vec;

use super::layout::{CONTEXTS, Tag};
use super::read::Place;
use super::write::{f32s, quantise_by, strings};
use super::{ItemIndex, Pack, PackError};
#[cfg(feature = "dials")]
use super::{
    extend,
    open::{Cursor, fault},
    read::{f32_at, span},
    verify::{is_cut_well, numbers, offsets},
};

/// A value of a column of context, as its number in one pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContextValue(u32);

/// Lifts to be written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewContexts {
    /// The weight of the popularity prior beside lifts where a history says nothing, 0 to 1e6.
    pub cold_popularity: f32,
    /// Columns and their values, as [`context_key`] joins them; each once.
    pub keys: Vec<String>,
    /// What is added to scores, row-major \[n × keys\], at most 1e4.
    pub lifts: Vec<f32>,
}

/// The name of a column and a value, in one text. Names are compared without regard to case.
pub fn context_key(name: &str, value: &str) -> String {
    let mut key = name.to_ascii_uppercase();
    key.push('\0');
    key.push_str(value);
    key
}

impl NewContexts {
    /// What is wrong with them, if anything.
    pub(super) fn fault(&self, n_items: usize) -> Option<&'static str> {
        if !(0.0..=1e6).contains(&self.cold_popularity) {
            Some("the weight lies between 0 and 1e6")
        } else if self.lifts.len() != n_items * self.keys.len() || !self.lifts.iter().all(|x| x.abs() <= 1e4)
        {
            Some("lifts are items × keys, finite and at most 10000")
        } else {
            None
        }
    }

    /// int8 columns, each with a scale that maps its largest number to 127.
    pub(super) fn encode(&self) -> Result<(Tag, Vec<u8>), PackError> {
        let n = self.keys.len();
        let largest = |at: usize| {
            self.lifts.iter().skip(at).step_by(n).fold(0.0f32, |largest, lift| largest.max(lift.abs()))
        };
        let scales: Vec<f32> = (0..n).map(|at| largest(at) / 127.0).collect();
        let mut bytes = (n as u32).to_le_bytes().to_vec();
        bytes.extend(f32s(&[self.cold_popularity]));
        bytes.extend(f32s(&scales));
        let (ends, texts) = strings(self.keys.iter().map(String::as_str))?;
        bytes.extend(ends.into_iter().chain(texts));
        let codes = self.lifts.iter().zip(scales.iter().cycle());
        bytes.extend(codes.map(|(&lift, &scale)| quantise_by(lift, scale)));
        Ok((CONTEXTS, bytes))
    }
}

/// The lifts of a pack, where they lie.
#[cfg(feature = "dials")]
#[derive(Clone, Copy, Debug)]
pub(super) struct Contexts {
    n_keys: usize,
    /// The weight of popularity, and the scale of each key.
    weights: Place,
    ends: Place,
    keys: Place,
    /// i8 × n × keys.
    codes: Place,
}

#[cfg(feature = "dials")]
impl Contexts {
    pub(super) fn open<E: From<PackError>>(bytes: &[u8], place: Place, n_items: usize) -> Result<Self, E> {
        let wrong = "its length, its offsets, its texts or its numbers do not fit";
        let found = Self::cut(bytes, place).filter(|found| {
            let ends = found.ends.of(bytes);
            numbers(found.weights.of(bytes), found.n_keys + 1, 0.0)
                && offsets(ends, found.n_keys, found.keys.len())
                && is_cut_well(ends, found.keys.of(bytes))
                && n_items.checked_mul(found.n_keys) == Some(found.codes.len())
        });
        found.ok_or_else(|| fault(CONTEXTS, wrong))
    }

    fn cut(bytes: &[u8], place: Place) -> Option<Self> {
        let mut rest = Cursor { bytes, rest: place };
        let n_keys = rest.count()?;
        let weights = rest.take(n_keys.saturating_add(1).saturating_mul(4))?;
        let ends = rest.take(weights.len())?;
        let length = ends.of(bytes).last_chunk().map_or(0, |last| u32::from_le_bytes(*last));
        let keys = rest.take(length as usize)?;
        Some(Self { n_keys, weights, ends, keys, codes: rest.rest })
    }
}

#[cfg(feature = "dials")]
impl Pack {
    /// The value of a column of context that has this [`context_key`]. `None`: it says nothing here.
    pub fn context(&self, key: &[u8]) -> Option<ContextValue> {
        let Contexts { ends, keys, .. } = self.contexts?;
        let key_of = |value: u32| &keys.of(&self.bytes)[span(ends.of(&self.bytes), value as usize)];
        self.context_values().find(|value| key_of(value.0) == key)
    }

    /// All values of all columns of context.
    pub fn context_values(&self) -> impl ExactSizeIterator<Item = ContextValue> + use<> {
        (0..self.contexts.map_or(0, |contexts| contexts.n_keys as u32)).map(ContextValue)
    }

    /// The lifts as they would have to be written to get these again, if there are any.
    pub fn to_contexts(&self) -> Option<NewContexts> {
        let found = self.contexts.filter(|contexts| contexts.n_keys > 0)?;
        let (ends, keys) = (found.ends.of(&self.bytes), found.keys.of(&self.bytes));
        let key = |value| String::from_utf8_lossy(&keys[span(ends, value)]).into_owned();
        let scales = (1..=found.n_keys).map(|at| f32_at(found.weights.of(&self.bytes), at)).cycle();
        let lifts = found.codes.of(&self.bytes).iter().zip(scales);
        Some(NewContexts {
            cold_popularity: self.cold_popularity(),
            keys: (0..found.n_keys).map(key).collect(),
            lifts: lifts.map(|(&code, scale)| f32::from(code as i8) * scale).collect(),
        })
    }

    /// The weight of the popularity prior beside lifts where a history says nothing.
    pub(crate) fn cold_popularity(&self) -> f32 {
        self.contexts.map_or(1.0, |contexts| f32_at(contexts.weights.of(&self.bytes), 0))
    }

    /// Adds the lifts of a value.
    pub(crate) fn add_lifts(&self, ContextValue(value): ContextValue, sums: &mut [f32]) {
        let Some(Contexts { n_keys, weights, codes, .. }) = self.contexts else { return };
        let (value, codes) = (value as usize, codes.of(&self.bytes));
        if value < n_keys {
            let scale = f32_at(weights.of(&self.bytes), value + 1);
            for (item, sum) in sums.iter_mut().enumerate() {
                *sum += f32::from(codes[item * n_keys + value] as i8) * scale;
            }
        }
    }
}

/// The same lifts for items in other places; new ones have none.
#[cfg(feature = "dials")]
pub(super) fn moved(pack: &Pack, origins: &[Option<ItemIndex>]) -> Option<(Tag, Vec<u8>)> {
    let Contexts { n_keys, weights, codes, .. } = pack.contexts?;
    let mut bytes = pack.bytes[weights.start - 4..codes.start].to_vec();
    bytes.extend(extend::spread(codes.of(&pack.bytes), n_keys, origins));
    Some((CONTEXTS, bytes))
}

/// Where the lifts of all items lie, and how many each has.
#[cfg(feature = "dials")]
pub(super) fn codes(pack: &Pack) -> Option<(Place, usize)> {
    pack.contexts.map(|contexts| (contexts.codes, contexts.n_keys))
}

/// A build that does not read them has none to give.
#[cfg(not(feature = "dials"))]
mod unread {
    use super::*;

    pub(in crate::pack) fn moved(_: &Pack, _: &[Option<ItemIndex>]) -> Option<(Tag, Vec<u8>)> {
        None
    }

    pub(in crate::pack) fn codes(_: &Pack) -> Option<(Place, usize)> {
        None
    }
}
#[cfg(not(feature = "dials"))]
pub(super) use unread::{codes, moved};
