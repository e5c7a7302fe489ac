use bowerbird_wire::limits::MAX_EVENTS_PER_BATCH;
use bowerbird_wire::{Event, Millis, PutEvents, SentEvent, SessionId, TrackingId, UserId};

/// One recorded event.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) user: Option<UserId>,
    pub(super) session: SessionId,
    pub(super) event: Event,
}

/// What fits into one call: events of one user and session, in order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parcel {
    pub(super) user: Option<UserId>,
    pub(super) session: SessionId,
    pub(super) events: Vec<Event>,
}

impl Parcel {
    /// Sorts events into parcels. The order within a session is kept.
    pub(super) fn pack(items: impl IntoIterator<Item = Item>) -> Vec<Self> {
        let mut parcels: Vec<Self> = Vec::new();
        // An event mostly belongs to one of the last parcels, and there are at most 500 of them.
        for Item { user, session, event } in items {
            let fits = |parcel: &&mut Self| parcel.user == user && parcel.session == session;
            match parcels.iter_mut().rev().find(fits) {
                Some(parcel) if parcel.events.len() < MAX_EVENTS_PER_BATCH => parcel.events.push(event),
                _ => parcels.push(Self { user, session, events: vec![event] }),
            }
        }
        parcels
    }

    pub(super) fn unpack(self) -> impl DoubleEndedIterator<Item = Item> {
        let Self { user, session, events } = self;
        events.into_iter().map(move |event| Item { user: user.clone(), session: session.clone(), event })
    }

    /// The request body. `now` lets the server correct our clock; it is left out in files.
    pub(super) fn body(&self, tracking_id: &TrackingId, now: Option<Millis>) -> String {
        PutEvents::write(tracking_id, &self.session, self.user.as_ref(), now, &self.events)
    }

    /// Reads a body back from a file. `None` if any of it is damaged.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let put = PutEvents::parse(body).ok()?;
        let events = put.events.into_iter().map(|event| event.ok().map(SentEvent::into_owned));
        let events = events.collect::<Option<_>>()?;
        Some(Self { user: put.user_id, session: put.session_id, events })
    }

    /// Two halves of a parcel that was too large; `None` for a single event.
    pub(super) fn split(mut self) -> Option<(Self, Self)> {
        let second = self.events.split_off(self.events.len() / 2);
        (!self.events.is_empty()).then(|| {
            let second = Self { user: self.user.clone(), session: self.session.clone(), events: second };
            (self, second)
        })
    }
}
