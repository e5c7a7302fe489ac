use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::{EventId, EventType, ItemId, RecommendationId};

/// Milliseconds since the epoch. The protocol's epoch seconds are converted at the door.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub i64);

/// One event as sent, checked. An accepted event becomes an interaction, one training row. It owns its texts, or borrows
/// them from the request in which it was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Event<T: AsRef<str> = String> {
    /// Made once by the sender; without it, identical events count once.
    pub event_id: Option<EventId<T>>,
    /// What happened.
    pub event_type: EventType<T>,
    /// When it happened, by the sender's clock.
    pub sent_at: Millis,
    /// The item it happened to.
    pub item_id: Option<ItemId<T>>,
    /// A number that goes with the event: a rating, a price, the share of a film that was watched.
    pub event_value: Option<f32>,
    /// A JSON object as text; its keys are lowerCamel names of metadata columns.
    pub properties: Option<T>,
    /// The list that was shown when the event happened.
    pub recommendation_id: Option<RecommendationId<T>>,
    /// The items that were shown.
    pub impression: Vec<ItemId<T>>,
    /// Who gets the credit in metric attribution.
    pub attribution_source: Option<T>,
}

impl Event {
    /// An event with only the two required fields.
    pub fn new(event_type: EventType, sent_at: Millis) -> Self {
        Self {
            event_id: None,
            event_type,
            sent_at,
            item_id: None,
            event_value: None,
            properties: None,
            recommendation_id: None,
            impression: Vec::new(),
            attribution_source: None,
        }
    }
}

impl<T: AsRef<str>> Event<T> {
    /// Whether it becomes an interaction, a training row: something happened to an item.
    pub fn is_interaction(&self) -> bool {
        self.item_id.is_some() && !self.event_type.is_identify()
    }
}

impl Event<Cow<'_, str>> {
    /// The same, independent of the request.
    pub fn into_owned(self) -> Event {
        Event {
            event_id: self.event_id.map(EventId::into_owned),
            event_type: self.event_type.into_owned(),
            sent_at: self.sent_at,
            item_id: self.item_id.map(ItemId::into_owned),
            event_value: self.event_value,
            properties: self.properties.map(Cow::into_owned),
            recommendation_id: self.recommendation_id.map(RecommendationId::into_owned),
            impression: self.impression.into_iter().map(ItemId::into_owned).collect(),
            attribution_source: self.attribution_source.map(Cow::into_owned),
        }
    }
}

/// The type of an identify event.
pub(crate) const IDENTIFY: &str = "Identify";

impl<T: AsRef<str>> EventType<T> {
    /// `Identify` of Amplify v6, which says who the visitor is. It is accepted, and never an interaction.
    pub fn is_identify(&self) -> bool {
        self.as_str() == IDENTIFY
    }
}
