//! The one thread that writes: many batches, one write, one fdatasync, then every answer.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::disk::Tail;
use super::keys::{Closed, KeyKeeper};
use super::prompt::ask_for_short_turns;
use super::queue::{Pending, Queue};
use super::segment::{Mark, Segment};
use super::spares::Spares;
use super::view::View;
use super::window::{Noted, Window};
use crate::error::is_full;
use crate::frame::{FrameWriter, Head, MAX_PAYLOAD};
use crate::{Batch, Offset, Receipt, StoreError, Teller};

pub(super) struct Committer {
    pub(super) dir: PathBuf,
    pub(super) spares: Arc<Spares>,
    pub(super) queue: Arc<Queue>,
    pub(super) view: Arc<View>,
    pub(super) window: Window,
    pub(super) tail: Box<dyn Tail>,
    pub(super) segment: Segment,
    /// What will be known of the segment when it is closed.
    pub(super) growing: Growing,
    pub(super) key_keeper: KeyKeeper,
    pub(super) end: u64,
    pub(super) segment_bytes: u64,
    /// Reused from group to group.
    pub(super) frames: FrameWriter,
    pub(super) closed: Option<String>,
}

/// Batches whose keys are fetched together. [eight of ten events fill what a core can wait for at one time; eight of five
/// hundred still fit into its cache]
const LOOK_AHEAD: usize = 8;

/// Why a group was not stored.
enum Failure {
    /// Nothing of it is in the file; the next group may succeed.
    Full,
    /// What is on the disk is unknown: no group will follow.
    Fatal(String),
}

/// What a group becomes when it is stored.
struct Plan {
    receipts: Vec<Result<Receipt, StoreError>>,
    /// Keys that the window knows now.
    noted: Vec<Noted>,
    /// When the first record that is stored came in.
    oldest_ms: Option<i64>,
    end: u64,
}

/// What is gathered of the newest segment.
#[derive(Default)]
pub(super) struct Growing {
    pub(super) oldest_ms: Option<i64>,
    pub(super) keys: Vec<Noted>,
}

impl Committer {
    pub(super) fn run(mut self) {
        ask_for_short_turns();
        while let Some(group) = self.queue.take() {
            self.commit(group);
        }
        // Whoever opens it next would find the same end.
        let _ = self.cut();
    }

    fn commit(&mut self, group: Vec<Pending>) {
        let plan = self.plan(&group);
        let stored = match &self.closed {
            Some(cause) => Err(Failure::Fatal(cause.clone())),
            None => self.make_durable(),
        };
        match stored {
            Ok(()) => self.finish(group, plan),
            Err(failure) => self.fail(group, &plan, &failure),
        }
        self.window.sweep();
    }

    /// Decides the fate of every record and puts the batches into frames. The window knows their keys at once; if the
    /// write fails they are taken back.
    fn plan(&mut self, group: &[Pending]) -> Plan {
        self.frames.clear();
        let receipts = Vec::with_capacity(group.len());
        let noted = Vec::with_capacity(group.iter().map(|pending| pending.batch.heads().len()).sum());
        let mut plan = Plan { receipts, noted, oldest_ms: None, end: self.end };
        for some in group.chunks(LOOK_AHEAD) {
            let heads = some.iter().flat_map(|pending| pending.batch.heads());
            self.window.look_ahead(heads.filter_map(|head| head.key.as_ref()));
            some.iter().for_each(|pending| plan.take(&pending.batch, &mut self.window, &mut self.frames));
        }
        plan
    }

    fn make_durable(&mut self) -> Result<(), Failure> {
        if self.frames.len() == 0 {
            return Ok(()); // only repeats, and those are durable already
        }
        let is_empty = self.segment.bytes == self.segment.marks[0].at;
        if !is_empty && self.segment.bytes + self.frames.len() as u64 > self.segment_bytes {
            self.rotate()?;
        }
        if let Err(error) = self.write() {
            return Err(self.take_back(&error));
        }
        self.tail.sync().map_err(|error| Failure::Fatal(format!("fdatasync: {error}")))
    }

    fn write(&mut self) -> io::Result<()> {
        let (at, bytes) = (self.segment.bytes, self.frames.len());
        let frames = self.frames.finish(self.segment.seed());
        if self.segment.is_over {
            // Whole pages: what was there before is neither read nor taken for a frame.
            frames.resize((Segment::padded(at + bytes as u64) - at) as usize, 0);
        }
        let written = self.tail.write(at, frames);
        frames.truncate(bytes);
        written
    }

    /// A write that failed may have left part of a frame; without it the file is as it was.
    fn take_back(&mut self, error: &io::Error) -> Failure {
        if is_full(error) {
            self.spares.remove_all();
        }
        match self.tail.truncate(self.segment.bytes) {
            Ok(()) if is_full(error) => Failure::Full,
            Ok(()) => Failure::Fatal(format!("write: {error}")),
            Err(also) => Failure::Fatal(format!("write: {error}; truncate: {also}")),
        }
    }

    fn rotate(&mut self) -> Result<(), Failure> {
        self.cut().map_err(|error| Failure::Fatal(format!("closing a segment: {error}")))?;
        let (next, tail) = self.spares.begin(self.end).map_err(|error| {
            if is_full(&error) { Failure::Full } else { Failure::Fatal(format!("new segment: {error}")) }
        })?;
        self.tail = tail;
        let closed = std::mem::replace(&mut self.segment, next);
        let next = Growing { oldest_ms: None, keys: self.key_keeper.room() };
        let Growing { oldest_ms, keys } = std::mem::replace(&mut self.growing, next);
        if let Some(oldest_ms) = oldest_ms {
            let (first, end, bytes) = (closed.first, self.end, closed.bytes);
            self.key_keeper.keep(Closed { first, end, bytes, oldest_ms, marks: closed.marks, keys });
        }
        Ok(())
    }

    /// Only the newest segment may be longer than its frames.
    fn cut(&mut self) -> io::Result<()> {
        if self.segment.is_over && self.closed.is_none() {
            self.tail.truncate(self.segment.bytes)
        } else {
            Ok(())
        }
    }

    fn finish(&mut self, group: Vec<Pending>, plan: Plan) {
        let front = self.segment.bytes;
        for &(at, offset) in self.frames.frames() {
            self.segment.mark(Mark { at: front + at as u64, offset });
        }
        self.segment.bytes += self.frames.len() as u64;
        self.end = plan.end;
        self.growing.keys.extend(plan.noted);
        self.growing.oldest_ms = self.growing.oldest_ms.or(plan.oldest_ms);
        self.view.publish(&self.segment, self.end);
        self.view.set_key_bytes(self.window.bytes());
        let told = |(Pending { batch, teller }, receipt)| (teller, receipt, batch);
        Teller::tell_all(group.into_iter().zip(plan.receipts).map(told));
    }

    fn fail(&mut self, group: Vec<Pending>, plan: &Plan, failure: &Failure) {
        plan.noted.iter().for_each(|noted| self.window.take_back(noted));
        if let Failure::Fatal(cause) = failure {
            self.queue.close(cause);
            self.closed = Some(cause.clone());
        }
        for pending in group {
            pending.teller.tell(Err(match failure {
                Failure::Full => StoreError::Full { path: self.dir.display().to_string() },
                Failure::Fatal(cause) => StoreError::Closed { cause: cause.clone() },
            }));
        }
    }
}

impl Plan {
    fn take(&mut self, batch: &Batch, window: &mut Window, frames: &mut FrameWriter) {
        if batch.fits() {
            self.add(batch, window, frames);
        } else {
            let bytes = batch.bytes();
            self.receipts.push(Err(StoreError::TooLarge { bytes, max: MAX_PAYLOAD }));
        }
    }

    /// Adds one batch, without its repeats.
    fn add(&mut self, batch: &Batch, window: &mut Window, frames: &mut FrameWriter) {
        let (heads, first) = (batch.heads(), self.end);
        let repeats = heads.iter().enumerate().filter(|(_, head)| !self.is_new(head, window));
        let repeats: Vec<usize> = repeats.map(|(at, _)| at).collect();
        if self.end > first {
            match &*repeats {
                [] => frames.add(batch, first),
                _ => frames.add(&batch.only(|at| repeats.binary_search(&at).is_err()), first),
            }
        }
        self.receipts.push(Ok(Receipt { records: heads.len(), first: Offset(first), repeats }));
    }

    fn is_new(&mut self, head: &Head, window: &mut Window) -> bool {
        if let Some(key) = head.key {
            let Some(noted) = window.note(key, head.at_ms) else { return false };
            self.noted.push(noted);
        }
        self.oldest_ms = self.oldest_ms.or(Some(head.at_ms));
        self.end += 1;
        true
    }
}
