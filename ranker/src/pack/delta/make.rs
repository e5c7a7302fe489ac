//! Finds what two packs have in common: section by section, and in each the rows of the items that both have.

use alloc::vec::Vec;
use core::ops::Range;

use super::steps::{Steps, number, signed};
use super::{HEADER, Kind, MAGIC, Moves, VERSION, apply, check};
use crate::pack::columns::{Column, Parts};
use crate::pack::contexts;
use crate::pack::layout::{self, ENTRY, Section, Tag, index_width};
use crate::pack::read::{Place, span, u32_at};
use crate::pack::{ItemIndex, Pack};

/// What makes `new` of `old`, or `None` where only the whole helps: packs of 4 GiB.
///
/// One comparison per byte; the same packs give the same delta.
pub fn between(old: &Pack, new: &Pack) -> Option<Vec<u8>> {
    let lengths = [old, new].map(|pack| u32::try_from(pack.bytes().len()));
    let [Ok(from), Ok(to)] = lengths else { return None };
    let widths = [old, new].map(|pack| index_width(pack.n_items()));
    let mut out = MAGIC.to_vec();
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend(widths.map(|width| width as u8));
    for number in [from, to, check(new.bytes())] {
        out.extend_from_slice(&number.to_le_bytes());
    }
    debug_assert_eq!(out.len(), HEADER);
    let comparison = Comparison::new(old, new, widths);
    comparison.write_moves(&mut out);
    let mut steps = Steps::new(widths);
    comparison.sections(&mut steps);
    steps.encode(new.bytes(), &mut out);
    // Whoever gets it has nothing to compare with.
    apply(old.bytes(), &out).is_ok().then_some(out)
}

/// How far a token of a row is looked for from where it should be: a row takes in a few newcomers at a time.
const NEAR: usize = 4;

/// Two packs, and which item of the one is which of the other.
struct Comparison<'a> {
    old: Side<'a>,
    new: Side<'a>,
    /// Position in the new pack → position in the old one, \[n\].
    origins: Vec<Option<usize>>,
    /// Position in the old pack → what is added to it.
    moves: Moves,
    widths: [usize; 2],
}

/// One of the packs.
struct Side<'a> {
    pack: &'a Pack,
    bytes: &'a [u8],
    sections: Vec<(Tag, Place)>,
}

impl<'a> Side<'a> {
    fn new(pack: &'a Pack) -> Self {
        let bytes = pack.bytes();
        let entry = |row: usize| {
            let entry = &bytes[layout::HEADER + row * ENTRY..][..ENTRY];
            let start = u32_at(entry, 2) as usize;
            let tag = [entry[0], entry[1], entry[2], entry[3]];
            (tag, Place { start, end: start + u32_at(entry, 4) as usize })
        };
        Self { pack, bytes, sections: (0..u32_at(bytes, 6) as usize).map(entry).collect() }
    }

    fn place(&self, section: Section) -> Place {
        self.pack.at[section as usize]
    }

    /// The section of this tag; of columns the one of this name.
    fn find(&self, tag: Tag, name: &[u8]) -> Option<Place> {
        let is_it = |&&(other, place): &&(Tag, Place)| other == tag && self.name(tag, place) == name;
        self.sections.iter().find(is_it).map(|(_, place)| *place)
    }

    /// The column that this section is.
    fn column(&self, tag: Tag, place: Place) -> Option<&'a Column> {
        self.pack
            .columns()
            .iter()
            .find(|column| column.kind.tag() == tag && column.name == self.name(tag, place))
    }

    fn name(&self, tag: Tag, place: Place) -> &'a [u8] {
        let start = match tag {
            layout::COLUMN_TEXT | layout::COLUMN_NUMBER => 4,
            layout::COLUMN_CATEGORY => 12,
            _ => return &[],
        };
        let section = place.of(self.bytes);
        &section[start..][..u32_at(section, 0) as usize]
    }
}

/// How a part of a section is cut into rows by item.
#[derive(Clone, Copy)]
enum Cut<'a> {
    /// So many bytes each.
    Every(usize),
    /// By offsets, of tokens of so many bytes.
    Offsets(&'a [u8], usize),
}

impl Cut<'_> {
    fn row(self, item: usize) -> Range<usize> {
        match self {
            Cut::Every(bytes) => item * bytes..(item + 1) * bytes,
            Cut::Offsets(offsets, width) => {
                let row = span(offsets, item);
                row.start * width..row.end * width
            }
        }
    }
}

impl<'a> Comparison<'a> {
    fn new(old: &'a Pack, new: &'a Pack, widths: [usize; 2]) -> Self {
        let (mut origins, mut moves, mut at) = (Vec::with_capacity(new.n_items()), Moves::new(), 0);
        let mut latest = 0;
        for item in 0..new.n_items() {
            let id = new.id(ItemIndex(item as u32));
            while at < old.n_items() && old.id(ItemIndex(at as u32)) < id {
                at += 1;
            }
            let is_known = at < old.n_items() && old.id(ItemIndex(at as u32)) == id;
            origins.push(is_known.then_some(at));
            let by = item as i64 - at as i64;
            if is_known && by != latest {
                moves.insert(at as u32, by);
                latest = by;
            }
        }
        Self { old: Side::new(old), new: Side::new(new), origins, moves, widths }
    }

    fn write_moves(&self, out: &mut Vec<u8>) {
        number(out, self.moves.len() as u64);
        let mut before = 0;
        for (&at, &by) in &self.moves {
            number(out, u64::from(at - before));
            signed(out, by);
            before = at;
        }
    }

    fn sections(&self, steps: &mut Steps) {
        let mut end = 0;
        for &(tag, place) in &self.new.sections {
            // The header and the table at first, then what fills the gaps.
            steps.new_bytes(place.start - end);
            end = place.end;
            match self.old.find(tag, self.new.name(tag, place)) {
                Some(old) => self.section(steps, tag, old, place),
                None => steps.new_bytes(place.len()),
            }
        }
    }

    fn section(&self, steps: &mut Steps, tag: Tag, old: Place, new: Place) {
        let every = |bytes: usize| [Cut::Every(bytes); 2];
        let offsets = |section: Section, width: [usize; 2]| {
            let [old, new] = [&self.old, &self.new].map(|side| side.place(section).of(side.bytes));
            [Cut::Offsets(old, width[0]), Cut::Offsets(new, width[1])]
        };
        match Section::place(tag) {
            _ if tag == layout::COLUMN_TEXT
                || tag == layout::COLUMN_CATEGORY
                || tag == layout::COLUMN_NUMBER =>
            {
                self.column(steps, tag, old, new);
            }
            Some(at) if at == Section::IdEnds as usize || at == Section::RowEnds as usize => {
                self.offsets(steps, old, new);
            }
            Some(at) if at == Section::Ids as usize => {
                self.rows(steps, old, new, offsets(Section::IdEnds, [1, 1]), Kind::Copy);
            }
            Some(at) if at == Section::RowWeights as usize => {
                self.rows(steps, old, new, offsets(Section::RowEnds, [1, 1]), Kind::Copy);
            }
            Some(at) if at == Section::RowItems as usize => {
                self.rows(steps, old, new, offsets(Section::RowEnds, self.widths), Kind::Move);
            }
            Some(at) if at == Section::Popularity as usize => {
                self.rows(steps, old, new, every(4), Kind::Copy)
            }
            Some(at) if at == Section::VectorScales as usize || at == Section::RowScales as usize => {
                self.rows(steps, old, new, every(2), Kind::Copy);
            }
            Some(at) if at == Section::Vectors as usize => {
                let cuts = [Cut::Every(self.old.pack.dim()), Cut::Every(self.new.pack.dim())];
                self.rows(steps, old, new, cuts, Kind::Copy);
            }
            _ if tag == layout::CONTEXTS => self.contexts(steps, old, new),
            _ => self.whole(steps, old, new),
        }
    }

    /// Lifts: what comes before them, then those of each item.
    fn contexts(&self, steps: &mut Steps, old: Place, new: Place) {
        let [before, after] = [self.old.pack, self.new.pack].map(contexts::codes);
        let (Some((old_codes, old_each)), Some((new_codes, new_each))) = (before, after) else {
            return self.whole(steps, old, new);
        };
        let head = |place: Place, codes: Place| Place { start: place.start, end: codes.start };
        self.whole(steps, head(old, old_codes), head(new, new_codes));
        let cuts = [Cut::Every(old_each), Cut::Every(new_each)];
        self.rows(steps, old_codes, new_codes, cuts, Kind::Copy);
    }

    /// A column: what comes before the cells, then the cells by item.
    fn column(&self, steps: &mut Steps, tag: Tag, old: Place, new: Place) {
        let (Some(before), Some(after)) = (self.old.column(tag, old), self.new.column(tag, new)) else {
            return steps.new_bytes(new.len());
        };
        let first = |parts: &Parts| match tag {
            layout::COLUMN_NUMBER => parts.cells.start,
            _ => parts.ends.start,
        };
        let head = |place: Place, parts: &Parts| Place { start: place.start, end: first(parts) };
        self.whole(steps, head(old, &before.at), head(new, &after.at));
        if tag == layout::COLUMN_NUMBER {
            return self.rows(steps, before.at.cells, after.at.cells, [Cut::Every(8); 2], Kind::Copy);
        }
        self.offsets(steps, before.at.ends, after.at.ends);
        let width = |words: usize| if tag == layout::COLUMN_TEXT { 1 } else { index_width(words) };
        let cuts = [
            Cut::Offsets(before.at.ends.of(self.old.bytes), width(before.n_words())),
            Cut::Offsets(after.at.ends.of(self.new.bytes), width(after.n_words())),
        ];
        self.rows(steps, before.at.cells, after.at.cells, cuts, Kind::Copy);
    }

    /// Something that is no rows: what it begins and ends with stays.
    fn whole(&self, steps: &mut Steps, old: Place, new: Place) {
        let [a, b] = [old.of(self.old.bytes), new.of(self.new.bytes)];
        let least = a.len().min(b.len());
        let head = a.iter().zip(b).take_while(|(a, b)| a == b).count();
        let tail = a.iter().rev().zip(b.iter().rev()).take(least - head).take_while(|(a, b)| a == b).count();
        steps.old(Kind::Copy, old.start, head, 0);
        steps.new_bytes(b.len() - head - tail);
        steps.old(Kind::Copy, old.end - tail, tail, 0);
    }

    /// Offsets by item: those behind an item that came are all larger by its length.
    fn offsets(&self, steps: &mut Steps, old: Place, new: Place) {
        let [a, b] = [old.of(self.old.bytes), new.of(self.new.bytes)];
        let shift = |steps: &mut Steps, from: usize, to: usize| {
            let added = i64::from(u32_at(b, to)) - i64::from(u32_at(a, from));
            steps.old(Kind::Shift, old.start + 4 * from, 4, added);
        };
        shift(steps, 0, 0);
        for (item, origin) in self.origins.iter().enumerate() {
            match origin {
                Some(from) => shift(steps, from + 1, item + 1),
                None => steps.new_bytes(4),
            }
        }
    }

    fn rows(&self, steps: &mut Steps, old: Place, new: Place, cuts: [Cut<'_>; 2], kind: Kind) {
        for (item, origin) in self.origins.iter().enumerate() {
            let after = cuts[1].row(item);
            match origin {
                None => steps.new_bytes(after.len()),
                Some(from) => self.row(steps, kind, shifted(cuts[0].row(*from), old), shifted(after, new)),
            }
        }
    }

    /// One row, token by token: what the new one has of the old one in the same order.
    fn row(&self, steps: &mut Steps, kind: Kind, old: Range<usize>, new: Range<usize>) {
        let widths = if kind == Kind::Move { self.widths } else { [1, 1] };
        let old_tokens = old.len() / widths[0];
        let mut expected = 0usize;
        for token in 0..new.len() / widths[1] {
            let wanted = &self.new.bytes[new.start + token * widths[1]..][..widths[1]];
            let is_it = |at: &usize| {
                let had = &self.old.bytes[old.start + at * widths[0]..][..widths[0]];
                if kind == Kind::Move { self.moved(had) == value(wanted) } else { had == wanted }
            };
            let near = expected.saturating_sub(NEAR)..old_tokens.min(expected + NEAR);
            let found = Some(expected).filter(|&at| at < old_tokens).into_iter().chain(near).find(is_it);
            match found {
                Some(at) => steps.old(kind, old.start + at * widths[0], widths[1], 0),
                None => steps.new_bytes(widths[1]),
            }
            expected = found.unwrap_or(expected) + 1;
        }
    }

    fn moved(&self, had: &[u8]) -> u32 {
        let position = value(had);
        let by = self.moves.range(..=position).next_back().map_or(0, |(_, &by)| by);
        position.wrapping_add(by as u32)
    }
}

fn value(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u32::from(byte))
}

fn shifted(row: Range<usize>, section: Place) -> Range<usize> {
    section.start + row.start..section.start + row.end
}
