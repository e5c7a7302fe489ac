//! What makes two sendings the same event.

use bowerbird_store::DedupeKey;
use bowerbird_wire::{PutEvents, SentEvent, UserId};
use sha2::{Digest, Sha256};

/// What most events have to say, and the longest name of a dataset group.
const ABOUT: usize = 256;

/// What the keys of a call have in common.
pub(super) struct Keys<'a> {
    /// Has seen the dataset group.
    hash: Sha256,
    /// What an event adds to it, put together first: a hash that is given many short texts spends most of its time between.
    fields: Fields,
    user: Option<&'a str>,
    session: &'a str,
}

impl<'a> Keys<'a> {
    pub(super) fn new(dataset_group: &str, put: &'a PutEvents<'_>) -> Self {
        let mut fields = Fields(Vec::with_capacity(ABOUT));
        let hash = Sha256::new_with_prefix(&fields.text(dataset_group).0);
        Self {
            hash,
            fields,
            user: put.user_id.as_ref().map(UserId::as_str),
            session: put.session_id.as_str(),
        }
    }

    /// The key of an event. It uses only what the sender said, never our clock: a retry must give the same key.
    pub(super) fn key(&mut self, event: &SentEvent<'_>) -> DedupeKey {
        let Self { hash, fields, user, session } = self;
        fields.0.clear();
        match event.event_id.as_ref().map(|id| id.as_str()) {
            Some(id) if !is_shared(id, session) => {
                fields.text("id").text(id);
            }
            Some(id) => {
                fields.text("shared id").text(id);
                fields.what_and_when(event);
            }
            None => {
                fields.text("content").maybe(*user).text(session);
                fields.what_and_when(event);
                fields.bytes(&event.event_value.map_or([0xff; 4], f32::to_le_bytes));
                fields.maybe(event.whole().properties.as_deref());
            }
        }
        let digest = hash.clone().chain_update(&fields.0).finalize();
        DedupeKey::of(u128::from_le_bytes(*digest.first_chunk().expect("SHA-256 has 32 bytes")))
    }
}

/// Amplify v5 gives all events of 30 seconds one id, made of a few characters and the session id.
fn is_shared(event_id: &str, session: &str) -> bool {
    event_id.len() > session.len() && event_id.ends_with(session)
}

struct Fields(Vec<u8>);

impl Fields {
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
