//! What makes two sendings the same event.

use bowerbird_store::DedupeKey;
use bowerbird_wire::{PutEvents, SentEvent, UserId};
use sha2::{Digest, Sha256};

/// What the keys of a call have in common.
pub(super) struct Keys<'a> {
    /// Has seen the dataset group.
    hash: Fields,
    user: Option<&'a str>,
    session: &'a str,
}

impl<'a> Keys<'a> {
    pub(super) fn new(dataset_group: &str, put: &'a PutEvents<'_>) -> Self {
        let mut hash = Fields(Sha256::new());
        hash.text(dataset_group);
        Self { hash, user: put.user_id.as_ref().map(UserId::as_str), session: put.session_id.as_str() }
    }

    /// The key of an event. It uses only what the sender said, never our clock: a retry must give the same key.
    pub(super) fn key(&self, event: &SentEvent<'_>) -> DedupeKey {
        let mut hash = self.hash.clone();
        let session = self.session;
        match event.event_id.as_ref().map(|id| id.as_str()) {
            Some(id) if !is_shared(id, session) => {
                hash.text("id").text(id);
            }
            Some(id) => {
                hash.text("shared id").text(id);
                hash.what_and_when(event);
            }
            None => {
                hash.text("content").maybe(self.user).text(session);
                hash.what_and_when(event);
                hash.bytes(&event.event_value.map_or([0xff; 4], f32::to_le_bytes));
                hash.maybe(event.whole().properties.as_deref());
            }
        }
        let digest = hash.0.finalize();
        DedupeKey::of(u128::from_le_bytes(*digest.first_chunk().expect("SHA-256 has 32 bytes")))
    }
}

/// Amplify v5 gives all events of 30 seconds one id, made of a few characters and the session id.
fn is_shared(event_id: &str, session: &str) -> bool {
    event_id.len() > session.len() && event_id.ends_with(session)
}

#[derive(Clone)]
struct Fields(Sha256);

impl Fields {
    /// With its length, so that `ab, c` and `a, bc` differ.
    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    fn maybe(&mut self, text: Option<&str>) -> &mut Self {
        self.0.update([u8::from(text.is_some())]);
        self.text(text.unwrap_or_default())
    }

    fn what_and_when(&mut self, event: &SentEvent<'_>) {
        self.text(event.event_type.as_str()).maybe(event.item_id.as_ref().map(|id| id.as_str()));
        self.bytes(&event.sent_at.0.to_le_bytes());
    }
}
