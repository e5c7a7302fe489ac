//! What readers see: the durable parts of the log and where they end.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::sealed::Sealed;
use super::segment::Segment;

pub(super) struct View {
    key_bytes: AtomicU64,
    state: RwLock<State>,
}

struct State {
    /// In order; the last one is a segment and grows.
    parts: Vec<Part>,
    /// Behind the last durable record.
    end: u64,
}

/// A row of records: as they were written, or by column, or both.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// Offset of the first record.
    pub(super) first: u64,
    pub(super) segment: Option<Arc<Segment>>,
    pub(super) sealed: Option<Arc<Sealed>>,
}

impl View {
    pub(super) fn new(segments: Vec<Segment>, sealed: Vec<Sealed>, end: u64) -> Self {
        let mut parts: Vec<Part> = segments.into_iter().map(Part::of_segment).collect();
        for sealed in sealed {
            add_sealed(&mut parts, sealed);
        }
        Self { key_bytes: AtomicU64::new(0), state: RwLock::new(State { parts, end }) }
    }

    /// Memory that the keys take.
    pub(super) fn key_bytes(&self) -> u64 {
        self.key_bytes.load(Ordering::Relaxed)
    }

    pub(super) fn set_key_bytes(&self, bytes: usize) {
        self.key_bytes.store(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn end(&self) -> u64 {
        self.state.read().unwrap_or_else(PoisonError::into_inner).end
    }

    /// Where the first record is that is still kept.
    pub(super) fn begin(&self) -> u64 {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.parts.first().map_or(state.end, |part| part.first)
    }

    /// All parts, in order.
    pub(super) fn parts(&self) -> Vec<Part> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).parts.clone()
    }

    /// Closed parts without columns.
    pub(super) fn unsealed(&self) -> usize {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let closed = &state.parts[..state.parts.len().saturating_sub(1)];
        closed.iter().filter(|part| part.sealed.is_none()).count()
    }

    /// The part that holds an offset, or else the first one behind it.
    pub(super) fn part_at(&self, offset: u64) -> Option<Part> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let behind = state.parts.partition_point(|part| part.first <= offset);
        state.parts.get(behind.saturating_sub(1)).cloned()
    }

    /// The first part that begins behind an offset.
    pub(super) fn part_behind(&self, offset: u64) -> Option<Part> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let behind = state.parts.partition_point(|part| part.first <= offset);
        state.parts.get(behind).cloned()
    }

    /// Shows what became durable: `segment` is the last one as it is now, or a new one behind it.
    pub(super) fn publish(&self, segment: &Segment, end: u64) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let part = Part::of_segment(segment.clone());
        match state.parts.last_mut() {
            Some(last) if last.first == segment.first => *last = part,
            _ => state.parts.push(part),
        }
        state.end = end;
    }

    /// Shows the columns of a closed segment.
    pub(super) fn seal(&self, sealed: Sealed) {
        add_sealed(&mut self.state.write().unwrap_or_else(PoisonError::into_inner).parts, sealed);
    }

    /// The columns of a segment turned out to be damaged.
    pub(super) fn unseal(&self, first: u64) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.parts.iter_mut().filter(|part| part.first == first).for_each(|part| part.sealed = None);
    }

    /// A segment is about to go; its columns stay.
    pub(super) fn retire(&self, first: u64) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.parts.iter_mut().filter(|part| part.first == first).for_each(|part| part.segment = None);
    }

    /// A part is about to go for good.
    pub(super) fn forget(&self, first: u64) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.parts.retain(|part| part.first != first);
    }
}

impl Part {
    /// The file that is read.
    pub(super) fn path(&self) -> PathBuf {
        match (&self.segment, &self.sealed) {
            (Some(segment), _) => segment.path.clone(),
            (None, Some(sealed)) => sealed.path.clone(),
            (None, None) => PathBuf::new(),
        }
    }

    fn of_segment(segment: Segment) -> Self {
        Self { first: segment.first, segment: Some(Arc::new(segment)), sealed: None }
    }
}

fn add_sealed(parts: &mut Vec<Part>, sealed: Sealed) {
    let at = parts.partition_point(|part| part.first < sealed.first);
    let (first, sealed) = (sealed.first, Some(Arc::new(sealed)));
    match parts.get_mut(at) {
        Some(part) if part.first == first => part.sealed = sealed,
        _ => parts.insert(at, Part { first, segment: None, sealed }),
    }
}
