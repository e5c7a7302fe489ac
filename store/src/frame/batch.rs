use std::ops::Range;

use super::{FRAME_HEADER, MAX_PAYLOAD, RecordRef, pieces};
use crate::{DedupeKey, Record};

/// The most that the numbers of a record take beside its key: a length, a time, a flag.
const NUMBERS: usize = 4 + 10 + 1;

/// Records on their way to the log, written down nearly as they will lie there: by many threads at once, so that the one
/// that waits for the disk has little left to do.
#[derive(Debug, Default)]
pub struct Batch {
    /// Of the records, and origins as they are: they are written down when it is known what stands before.
    pieces: Vec<u8>,
    heads: Vec<Head>,
    calls: Vec<Call>,
    /// The last record stands alone.
    is_interrupted: bool,
}

/// What decides the fate of a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) key: Option<DedupeKey>,
    pub(crate) at_ms: i64,
}

/// Records that share an origin.
#[derive(Clone, Debug)]
struct Call {
    at_ms: i64,
    /// Where it stands among the pieces, before them.
    origin: Range<usize>,
}

impl Batch {
    /// With room for so many records, whose bodies and origins have so many bytes.
    pub fn with_capacity(records: usize, bytes: usize) -> Self {
        let pieces = Vec::with_capacity(bytes + records * (NUMBERS + DedupeKey::BYTES));
        Self { pieces, heads: Vec::with_capacity(records), ..Self::default() }
    }

    /// Begins a call: what the records that [share](Batch::share) it have in common.
    pub fn begin(&mut self, at_ms: i64, origin: &[u8]) {
        let start = self.pieces.len();
        self.pieces.extend_from_slice(origin);
        self.calls.push(Call { at_ms, origin: start..self.pieces.len() });
        self.is_interrupted = false;
    }

    /// Adds a record of the call that was begun last.
    ///
    /// # Panics
    /// When none was begun.
    pub fn share(&mut self, key: Option<DedupeKey>, body: &[u8]) {
        let at_ms = self.calls.last().expect("a call was begun").at_ms;
        pieces::share(key, body, &mut self.pieces);
        self.heads.push(Head { key, at_ms });
    }

    /// Adds any record. If it has an origin and the one before has the same, and the same time, they share it.
    pub fn push(&mut self, record: &Record) {
        let Record { key, at_ms, origin, body } = record;
        self.add(*key, *at_ms, origin.as_deref(), body);
    }

    fn add(&mut self, key: Option<DedupeKey>, at_ms: i64, origin: Option<&[u8]>, body: &[u8]) {
        let Some(origin) = origin else {
            pieces::stand_alone(key, at_ms, body, &mut self.pieces);
            self.heads.push(Head { key, at_ms });
            self.is_interrupted = true;
            return;
        };
        let is_of_call = |call: &Call| call.at_ms == at_ms && self.pieces[call.origin.clone()] == *origin;
        if self.is_interrupted || !self.calls.last().is_some_and(is_of_call) {
            self.begin(at_ms, origin);
        }
        self.share(key, body);
    }

    pub(crate) fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// How long a payload it makes at most.
    pub(crate) fn bytes(&self) -> usize {
        self.pieces.len() + self.calls.len() * NUMBERS
    }

    /// Whether a frame can hold it.
    pub(crate) fn fits(&self) -> bool {
        self.bytes() <= MAX_PAYLOAD - FRAME_HEADER
    }

    /// Appends what it consists of to the payload of a frame.
    pub(super) fn encode(&self, before: &mut pieces::Before, into: &mut Vec<u8>) {
        let mut from = 0;
        for Call { at_ms, origin } in &self.calls {
            into.extend_from_slice(&self.pieces[from..origin.start]);
            before.encode(*at_ms, &self.pieces[origin.clone()], into);
            from = origin.end;
        }
        into.extend_from_slice(&self.pieces[from..]);
    }

    /// Its payload, in a frame of its own.
    pub(crate) fn payload(&self) -> Vec<u8> {
        let mut payload = Vec::with_capacity(self.bytes());
        self.encode(&mut pieces::Before::default(), &mut payload);
        payload
    }

    /// The same without those of its records that are not wanted.
    pub(crate) fn only(&self, mut is_wanted: impl FnMut(usize) -> bool) -> Self {
        let payload = self.payload();
        let records = pieces::decode(&payload).expect("it was written here");
        let mut only = Self::with_capacity(self.heads.len(), payload.len());
        for (_, record) in records.into_iter().enumerate().filter(|(at, _)| is_wanted(*at)) {
            let RecordRef { key, at_ms, origin, body } = record;
            only.add(key, at_ms, origin.as_deref(), body);
        }
        only
    }

    /// Its records as they will be read.
    pub(crate) fn records(&self) -> Vec<Record> {
        let payload = bytes::Bytes::from(self.payload());
        let records = pieces::decode(&payload).expect("it was written here");
        records.iter().map(|record| record.to_record(&payload)).collect()
    }
}

impl<'a> FromIterator<&'a Record> for Batch {
    fn from_iter<I: IntoIterator<Item = &'a Record>>(records: I) -> Self {
        let mut batch = Self::default();
        records.into_iter().for_each(|record| batch.push(record));
        batch
    }
}

impl From<Vec<Record>> for Batch {
    fn from(records: Vec<Record>) -> Self {
        records.iter().collect()
    }
}
