//! What readers see: the durable segments and where they end.

use std::sync::{Arc, PoisonError, RwLock};

use super::segment::Segment;

pub(super) struct View {
    state: RwLock<State>,
}

#[derive(Clone)]
pub(super) struct State {
    /// In order; the last one grows.
    pub(super) segments: Vec<Arc<Segment>>,
    /// Behind the last durable record.
    pub(super) end: u64,
}

impl View {
    pub(super) fn new(segments: Vec<Arc<Segment>>, end: u64) -> Self {
        Self { state: RwLock::new(State { segments, end }) }
    }

    pub(super) fn now(&self) -> State {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn end(&self) -> u64 {
        self.state.read().unwrap_or_else(PoisonError::into_inner).end
    }

    /// Shows what became durable: `segment` is the last one as it is now, or a new one behind it.
    pub(super) fn publish(&self, segment: &Segment, end: u64) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let segment = Arc::new(segment.clone());
        match state.segments.last_mut() {
            Some(last) if last.first == segment.first => *last = segment,
            _ => state.segments.push(segment),
        }
        state.end = end;
    }
}
