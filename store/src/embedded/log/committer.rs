//! The one thread that writes: many batches, one write, one fdatasync, then every answer.

use std::path::PathBuf;
use std::sync::Arc;

use super::disk::{Disk, Tail};
use super::frame::{MAX_PAYLOAD, encode, payload_bytes};
use super::queue::{Pending, Queue};
use super::segment::{Mark, Segment, header};
use super::view::View;
use super::window::Window;
use crate::error::is_full;
use crate::{DedupeKey, Fate, Offset, Receipt, Record, StoreError};

pub(super) struct Committer {
    pub(super) dir: PathBuf,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) queue: Arc<Queue>,
    pub(super) view: Arc<View>,
    pub(super) window: Window,
    pub(super) tail: Box<dyn Tail>,
    pub(super) segment: Segment,
    pub(super) end: u64,
    pub(super) segment_bytes: u64,
    /// Reused from group to group.
    pub(super) buffer: Vec<u8>,
    pub(super) closed: Option<String>,
}

/// Why a group was not stored.
enum Failure {
    /// Nothing of it is in the file; the next group may succeed.
    Full,
    /// What is on the disk is unknown: no group will follow.
    Fatal(String),
}

/// What a group becomes when it is stored.
struct Plan {
    fates: Vec<Result<Vec<Fate>, StoreError>>,
    fresh: Vec<(DedupeKey, i64)>,
    marks: Vec<Mark>,
    end: u64,
}

impl Committer {
    pub(super) fn run(mut self) {
        while let Some(group) = self.queue.take() {
            self.commit(group);
        }
    }

    fn commit(&mut self, group: Vec<Pending>) {
        let plan = self.plan(&group);
        let stored = match &self.closed {
            Some(cause) => Err(Failure::Fatal(cause.clone())),
            None => self.make_durable(),
        };
        match stored {
            Ok(()) => self.finish(group, plan),
            Err(failure) => self.fail(group, failure),
        }
    }

    /// Decides the fate of every record and puts the frames into the buffer. Nothing else changes yet: if the write
    /// fails, none of it happened.
    fn plan(&mut self, group: &[Pending]) -> Plan {
        self.buffer.clear();
        let mut plan = Plan { fates: Vec::new(), fresh: Vec::new(), marks: Vec::new(), end: self.end };
        let mut in_group = self.window.set();
        for Pending { batch, .. } in group {
            let bytes = payload_bytes(batch);
            if bytes > MAX_PAYLOAD {
                plan.fates.push(Err(StoreError::TooLarge { bytes, max: MAX_PAYLOAD }));
                continue;
            }
            let is_fresh = |record: &Record| match record.key {
                Some(key) => !self.window.contains(key) && in_group.insert(key.0),
                None => true,
            };
            let stored: Vec<bool> = batch.iter().map(is_fresh).collect();
            plan.add(batch, &stored, &mut self.buffer);
        }
        plan
    }

    fn make_durable(&mut self) -> Result<(), Failure> {
        if self.buffer.is_empty() {
            return Ok(()); // only repeats, and those are durable already
        }
        let is_empty = self.segment.bytes == self.segment.marks[0].at;
        if !is_empty && self.segment.bytes + self.buffer.len() as u64 > self.segment_bytes {
            self.rotate()?;
        }
        if let Err(error) = self.tail.append(&self.buffer) {
            return Err(self.take_back(&error));
        }
        self.tail.sync().map_err(|error| Failure::Fatal(format!("fdatasync: {error}")))
    }

    /// A write that failed may have left part of a frame; without it the file is as it was.
    fn take_back(&mut self, error: &std::io::Error) -> Failure {
        match self.tail.truncate(self.segment.bytes) {
            Ok(()) if is_full(error) => Failure::Full,
            Ok(()) => Failure::Fatal(format!("write: {error}")),
            Err(also) => Failure::Fatal(format!("write: {error}; truncate: {also}")),
        }
    }

    fn rotate(&mut self) -> Result<(), Failure> {
        let next = Segment::new(&self.dir, self.end);
        self.tail = self.disk.create(&next.path, &header(next.first)).map_err(|error| {
            if is_full(&error) { Failure::Full } else { Failure::Fatal(format!("new segment: {error}")) }
        })?;
        self.segment = next;
        Ok(())
    }

    fn finish(&mut self, group: Vec<Pending>, plan: Plan) {
        let front = self.segment.bytes;
        for mark in plan.marks {
            self.segment.mark(Mark { at: front + mark.at, ..mark });
        }
        self.segment.bytes += self.buffer.len() as u64;
        self.end = plan.end;
        for (key, at_ms) in plan.fresh {
            self.window.insert(key, at_ms);
        }
        self.view.publish(&self.segment, self.end);
        for (pending, fates) in group.into_iter().zip(plan.fates) {
            pending.answer(fates.map(|fates| Receipt { fates }));
        }
    }

    fn fail(&mut self, group: Vec<Pending>, failure: Failure) {
        if let Failure::Fatal(cause) = &failure {
            self.queue.close(cause);
            self.closed = Some(cause.clone());
        }
        for pending in group {
            pending.answer(Err(match &failure {
                Failure::Full => StoreError::Full { path: self.dir.display().to_string() },
                Failure::Fatal(cause) => StoreError::Closed { cause: cause.clone() },
            }));
        }
    }
}

impl Plan {
    /// Adds the frame of one batch, without its repeats.
    fn add(&mut self, batch: &[Record], stored: &[bool], buffer: &mut Vec<u8>) {
        let first = self.end;
        let mut fates = Vec::with_capacity(batch.len());
        for (record, &stored) in batch.iter().zip(stored) {
            if !stored {
                fates.push(Fate::Repeat);
                continue;
            }
            fates.push(Fate::Stored(Offset(self.end)));
            self.fresh.extend(record.key.map(|key| (key, record.at_ms)));
            self.end += 1;
        }
        self.fates.push(Ok(fates));
        if self.end > first {
            self.marks.push(Mark { offset: first, at: buffer.len() as u64 });
            let kept = batch.iter().zip(stored).filter_map(|(record, &stored)| stored.then_some(record));
            encode(first, kept, buffer);
        }
    }
}
