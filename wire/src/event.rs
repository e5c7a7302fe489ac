use alloc::string::String;
use alloc::vec::Vec;

use crate::{EventId, EventType, ItemId, RecommendationId};

/// Milliseconds since the epoch. The protocol's epoch seconds are converted at the door.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub i64);

/// One event as sent, checked. An accepted event becomes an interaction, one training row.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Made once by the sender; without it, identical events count once.
    pub event_id: Option<EventId>,
    /// What happened.
    pub event_type: EventType,
    /// When it happened, by the sender's clock.
    pub sent_at: Millis,
    /// The item it happened to.
    pub item_id: Option<ItemId>,
    /// A number that goes with the event: a rating, a price, the share of a film that was watched.
    pub event_value: Option<f32>,
    /// A JSON object as text; its keys are lowerCamel names of metadata columns.
    pub properties: Option<String>,
    /// The list that was shown when the event happened.
    pub recommendation_id: Option<RecommendationId>,
    /// The items that were shown.
    pub impression: Vec<ItemId>,
    /// Who gets the credit in metric attribution.
    pub attribution_source: Option<String>,
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

    /// Whether it becomes an interaction, a training row: something happened to an item.
    pub fn is_interaction(&self) -> bool {
        self.item_id.is_some() && !self.event_type.is_identify()
    }
}

impl EventType {
    /// `Identify` of Amplify v6, which says who the visitor is. It is accepted, and never an interaction.
    pub fn is_identify(&self) -> bool {
        self.as_str() == "Identify"
    }
}
