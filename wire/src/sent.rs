use alloc::borrow::Cow;

use crate::{EventId, EventType, ItemId, Millis};

/// An event in the request that brought it, wholly checked: what nearly everybody wants to know of it, borrowed from there
/// where it has no escapes. The rest is read again by the few who ask ([`SentEvent::whole`]), since to make a value of it
/// costs as much as all the checks.
#[derive(Clone, Debug, PartialEq)]
pub struct SentEvent<'a> {
    /// As it was sent; private, so that nobody can put a text here that was not checked.
    pub(crate) text: &'a str,
    /// Made once by the sender; without it, identical events count once.
    pub event_id: Option<EventId<Cow<'a, str>>>,
    /// What happened.
    pub event_type: EventType<Cow<'a, str>>,
    /// When it happened, by the sender's clock.
    pub sent_at: Millis,
    /// The item it happened to.
    pub item_id: Option<ItemId<Cow<'a, str>>>,
    /// A number that goes with the event.
    pub event_value: Option<f32>,
}

/// What an event that was checked says of an item, at a glance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glance<'a> {
    /// What happened; no identify event.
    pub event_type: &'a str,
    /// When it happened, by the sender's clock.
    pub sent_at: Millis,
    /// The item it happened to.
    pub item_id: &'a str,
    /// If it was met.
    pub(crate) event_value: Option<f32>,
    /// What was not looked at.
    pub(crate) rest: &'a str,
}

impl<'a> SentEvent<'a> {
    /// As it was sent: a member of `eventList`.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Whether it becomes an interaction, a training row: something happened to an item.
    pub fn is_interaction(&self) -> bool {
        self.item_id.is_some() && !self.event_type.is_identify()
    }
}
