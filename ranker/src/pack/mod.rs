//! "Here are bytes; what is in them?" The vector pack: one file with all that ranking needs (docs/pack-format.md).
//!
//! Useful for: opening bytes that came over a network, and writing the ones that will. Not useful for: changing a
//! pack; it is immutable.

#[cfg(feature = "dials")]
mod cells;
mod columns;
mod constants;
mod contexts;
pub mod delta;
mod error;
mod extend;
mod layout;
mod network;
mod open;
mod part;
mod read;
mod text;
mod verify;
mod warm;
mod write;

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

pub use columns::{Column, Kind, Value};
pub use constants::Constants;
pub use contexts::{ContextValue, NewContexts, context_key};
pub use error::{PackError, Part};
pub use extend::{Extension, all_ids, extend};
pub use network::NewNetwork;
pub(crate) use network::{Layer, Network, TAPS_MAX};
pub use part::part;
pub use warm::Notes;
pub use write::{Cells, Contents, NewColumn, write};

use layout::Section;
use read::{Place, f32_at};
use verify::index_at;

use crate::fold_in::Space;
use crate::kernel::bfloat;

/// The most dimensions a vector may have: an i16 times an i8, 512 times, still fits an i32.
pub const DIM_MAX: usize = 512;

/// A position in one pack, never an id: the same item may be elsewhere in the next pack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemIndex(pub u32);

impl ItemIndex {
    /// As an index into a slice.
    pub fn at(self) -> usize {
        self.0 as usize
    }
}

/// An opened vector pack. Owns its bytes and reads from them in place.
#[derive(Clone)]
pub struct Pack {
    bytes: Vec<u8>,
    n_items: usize,
    dim: usize,
    constants: Constants,
    columns: Vec<Column>,
    /// Where each of the known sections lies in the bytes; an absent one is empty.
    at: [Place; layout::SECTIONS],
    /// `None` without vectors, and where they span nothing.
    space: Option<Space>,
    network: Option<Network>,
    #[cfg(feature = "dials")]
    contexts: Option<contexts::Contexts>,
}

impl Pack {
    /// Checks everything and keeps the bytes.
    ///
    /// Allocates only for the recipe name and the column names, which are smaller than the bytes given.
    ///
    /// # Errors
    /// Says whether to download the file again (damaged, truncated), to update the package (a later version), or to
    /// train again (written wrongly). Hostile bytes give an error, never a panic.
    pub fn open(bytes: Vec<u8>) -> Result<Pack, PackError> {
        open::open(bytes)
    }

    /// The same for a caller with an error of its own. Where that is one which cannot be made, because making it ends
    /// everything, nothing of what hands errors on is compiled: 0.3 KB in the page.
    ///
    /// # Errors
    /// As [`Pack::open`].
    pub fn open_or<E: From<PackError>>(bytes: Vec<u8>) -> Result<Pack, E> {
        open::open(bytes)
    }

    /// The bytes, as they were given.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many items there are.
    pub fn n_items(&self) -> usize {
        self.n_items
    }

    /// How many dimensions the item vectors have; 0 without vectors.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The recipe that made it, by its name at Amazon.
    pub fn recipe(&self) -> &str {
        core::str::from_utf8(self.part(Section::Recipe)).unwrap_or_default() // checked when the pack was opened
    }

    /// Names the item space: user vectors and positions of packs with another basis mean nothing in this one.
    pub fn basis(&self) -> [u8; 16] {
        *self.bytes[32..].first_chunk().expect("the header is longer")
    }

    /// What training tuned.
    pub fn constants(&self) -> &Constants {
        &self.constants
    }

    /// How many items the catalogue has that this pack is, or is a part of.
    pub(crate) fn catalogue(&self) -> f32 {
        let whole = self.constants.catalogue;
        if whole > 0.0 { whole } else { self.n_items as f32 }
    }

    /// All items in order of their ids' bytes.
    pub fn items(&self) -> impl DoubleEndedIterator<Item = ItemIndex> + ExactSizeIterator + use<> {
        (0..self.n_items as u32).map(ItemIndex)
    }

    /// The id of an item.
    ///
    /// # Panics
    /// If `item` is not a position in this pack.
    pub fn id(&self, item: ItemIndex) -> &str {
        // Checked when the pack was opened; and a panic with the cause in its text is 4 KB more in the page.
        core::str::from_utf8(self.id_bytes(item.at())).unwrap_or_default()
    }

    /// The position of an id: a binary search, no map is built.
    pub fn index_of(&self, id: &str) -> Option<ItemIndex> {
        self.index_of_bytes(id.as_bytes())
    }

    /// The same for an id that is not known to be UTF-8.
    pub fn index_of_bytes(&self, id: &[u8]) -> Option<ItemIndex> {
        let (mut low, mut high) = (0, self.n_items);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.id_bytes(middle).cmp(id) {
                core::cmp::Ordering::Less => low = middle + 1,
                core::cmp::Ordering::Greater => high = middle,
                core::cmp::Ordering::Equal => return Some(ItemIndex(middle as u32)),
            }
        }
        None
    }

    /// The metadata columns.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The metadata column of this name; names are compared as they are spelt.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name.as_bytes())
    }

    /// What a column of this pack says of an item.
    ///
    /// # Panics
    /// If `item` is not a position in this pack.
    pub fn value(&self, column: &Column, item: ItemIndex) -> Value<'_> {
        column.value(&self.bytes, item.at())
    }

    /// How many words the dictionary of a column has; 0 for other columns than those of categories.
    pub fn n_words(&self, column: usize) -> usize {
        self.columns.get(column).map_or(0, Column::n_words)
    }

    /// How popular an item is, ≥ 0; larger is more popular.
    pub fn popularity(&self, item: ItemIndex) -> f32 {
        f32_at(self.part(Section::Popularity), item.at())
    }

    /// The items that go with `item` and how strongly (> 0), strongest first.
    pub fn neighbours(&self, item: ItemIndex) -> impl ExactSizeIterator<Item = (ItemIndex, f32)> + '_ {
        let row = self.row(item.at());
        let scale = if row.is_empty() { 0.0 } else { bfloat(self.part(Section::RowScales), item.at()) };
        let items = self.part(Section::RowItems);
        let weights = self.part(Section::RowWeights);
        let wide = layout::is_wide(self.n_items);
        row.map(move |entry| {
            let other = index_at(items, wide, entry) as u32;
            (ItemIndex(other), f32::from(weights[entry]) * scale)
        })
    }

    /// Which entries of the neighbour arrays belong to an item.
    fn row(&self, item: usize) -> Range<usize> {
        if self.part(Section::RowEnds).is_empty() {
            return 0..0;
        }
        read::span(self.part(Section::RowEnds), item)
    }

    /// The vector of an item, \[dim\]; nothing in a pack without vectors.
    ///
    /// # Panics
    /// If `item` is not a position in this pack.
    pub fn vector_of(&self, item: ItemIndex) -> Vec<f32> {
        if self.dim == 0 { Vec::new() } else { self.item_vector(item) }
    }

    /// The quantised vector of an item, \[dim\] bytes that are i8, and its scale.
    pub(crate) fn vector(&self, item: usize) -> (&[u8], f32) {
        let (codes, scales) = self.vectors();
        (&codes[item * self.dim..][..self.dim], bfloat(scales, item))
    }

    /// All quantised vectors, row-major \[n × dim\], and a bfloat for each.
    pub(crate) fn vectors(&self) -> (&[u8], &[u8]) {
        (self.part(Section::Vectors), self.part(Section::VectorScales))
    }

    /// What fold-in needs to know of the item vectors.
    pub(crate) fn space(&self) -> Option<&Space> {
        self.space.as_ref()
    }

    /// What encodes a history, if training found that it pays.
    pub(crate) fn network(&self) -> Option<&Network> {
        self.network.as_ref()
    }

    /// The vector of an item as it is stored, \[dim\].
    ///
    /// # Panics
    /// If `item` is not a position in this pack.
    pub fn item_vector(&self, item: ItemIndex) -> Vec<f32> {
        let mut vector = vec![0.0; self.dim];
        self.add_vector(item.at(), 1.0, &mut vector);
        vector
    }

    /// Adds so many times the vector of an item to \[dim\] numbers.
    pub(crate) fn add_vector(&self, item: usize, weight: f32, sums: &mut [f32]) {
        let (row, scale) = self.vector(item);
        sums.iter_mut().zip(row).for_each(|(sum, &code)| *sum += f32::from(code as i8) * (scale * weight));
    }

    /// One call for all sections: what it takes to cut the bytes would be in a hundred places.
    #[inline(never)]
    fn part(&self, section: Section) -> &[u8] {
        self.at[section as usize].of(&self.bytes)
    }

    fn id_bytes(&self, item: usize) -> &[u8] {
        &self.part(Section::Ids)[read::span(self.part(Section::IdEnds), item)]
    }
}

impl core::fmt::Debug for Pack {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Pack")
            .field("recipe", &self.recipe())
            .field("n_items", &self.n_items)
            .field("dim", &self.dim)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}
