//! What makes two sendings the same event.

use bowerbird_store::DedupeKey;
use bowerbird_wire::{PutEvents, SentEvent, UserId};
use twox_hash::XxHash3_128;

/// What most events have to say.
const ABOUT: usize = 512;

/// What the keys of a call have in common.
pub(super) struct Keys<'a> {
    /// What is hashed: the dataset group, and what is said of one event.
    message: Message,
    /// How long the first of these is.
    shared: usize,
    user: Option<&'a str>,
    session: &'a str,
}

impl<'a> Keys<'a> {
    pub(super) fn new(dataset_group: &str, put: &'a PutEvents<'_>) -> Self {
        let mut message = Message(Vec::with_capacity(ABOUT));
        // Its name may be long, and is looked at once.
        message.0.extend_from_slice(&hash(dataset_group.as_bytes()).to_le_bytes());
        let (shared, user) = (message.0.len(), put.user_id.as_ref().map(UserId::as_str));
        Self { message, shared, user, session: put.session_id.as_str() }
    }

    /// The key of an event. It uses only what the sender said, never our clock: a retry must give the same key.
    pub(super) fn key(&mut self, event: &SentEvent<'_>) -> DedupeKey {
        let Self { message, user, session, .. } = self;
        message.0.truncate(self.shared);
        match event.event_id.as_ref().map(|id| id.as_str()) {
            Some(id) if !is_shared(id, session) => {
                message.text("id").text(id);
            }
            Some(id) => {
                message.text("shared id").text(id);
                message.what_and_when(event);
            }
            None => {
                message.text("content").maybe(*user).text(session);
                message.what_and_when(event);
                message.bytes(&event.event_value.map_or([0xff; 4], f32::to_le_bytes));
                message.maybe(event.whole().properties.as_deref());
            }
        }
        DedupeKey::of(hash(&message.0))
    }
}

/// Not a cryptographic one, which takes longer [measured: 2.85 µs for a call of ten until the log has it, 2.46 with this one] and
/// protects nobody: whoever makes two events of one key loses one of his own, and whoever knows what another will send can
/// send it first.
fn hash(bytes: &[u8]) -> u128 {
    XxHash3_128::oneshot(bytes)
}

/// Amplify v5 gives all events of 30 seconds one id, made of a few characters and the session id.
fn is_shared(event_id: &str, session: &str) -> bool {
    event_id.len() > session.len() && event_id.ends_with(session)
}

/// What is hashed, put together first: a hash that is given many short texts spends most of its time between.
struct Message(Vec<u8>);

impl Message {
    /// With its length, so that `ab, c` and `a, bc` differ.
    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    fn maybe(&mut self, text: Option<&str>) -> &mut Self {
        self.0.push(u8::from(text.is_some()));
        self.text(text.unwrap_or_default())
    }

    fn what_and_when(&mut self, event: &SentEvent<'_>) {
        self.text(event.event_type.as_str()).maybe(event.item_id.as_ref().map(|id| id.as_str()));
        self.bytes(&event.sent_at.0.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn key(group: &str, session: &str, event: &str) -> DedupeKey {
        let body = format!(r#"{{"trackingId":"t","sessionId":"{session}","eventList":[{event}]}}"#);
        let put = PutEvents::parse(body.as_bytes()).unwrap();
        let (mut keys, event) = (Keys::new(group, &put), put.events[0].as_ref().unwrap());
        let key = keys.key(event);
        assert_eq!(keys.key(event), key);
        key
    }

    /// They are stored, so a version that made others would take what is sent again for new. These were made by another
    /// program.
    #[test]
    fn keys_are_for_ever_what_they_are() {
        let of = |event| key("group", "session", event).bits();
        assert_eq!(of(r#"{"eventType":"e","sentAt":1,"eventId":"id"}"#), 3_024_888_174_963_875_345_644);
        assert_eq!(
            of(r#"{"eventType":"e","sentAt":1,"eventId":"a session"}"#),
            4_070_885_320_453_219_206_246
        );
        assert_eq!(
            of(r#"{"eventType":"e","sentAt":1,"itemId":"i","eventValue":2}"#),
            4_447_935_050_783_228_664_987
        );
    }

    #[test]
    fn whatever_tells_events_apart_tells_their_keys_apart() {
        let id = |id: usize| format!(r#"{{"eventType":"e","sentAt":1,"eventId":"{}"}}"#, "i".repeat(id));
        let mut keys: Vec<DedupeKey> = (1..257).map(|long| key("g", "s", &id(long))).collect();
        keys.extend((1..257).map(|long| key(&"g".repeat(long + 1), "s", &id(1))));
        let content = r#"{"eventType":"e","sentAt":1}"#;
        keys.extend((1..257).map(|long| key("g", &"s".repeat(long), content)));
        keys.extend((2..257).map(|at| key("g", "s", &content.replace('1', &at.to_string()))));
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
    }
}
