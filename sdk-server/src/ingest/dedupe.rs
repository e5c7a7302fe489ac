//! What makes two sendings the same event.

use bowerbird_store::DedupeKey;
use bowerbird_wire::{PutEvents, SentEvent, UserId};
use sha2::block_api::compress256;

/// What most events have to say, and the longest name of a dataset group.
const ABOUT: usize = 512;
/// Bytes that SHA-256 takes in at once.
const BLOCK: usize = 64;
/// How it begins. [FIPS 180-4, 5.3.3]
const BEGIN: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// What the keys of a call have in common.
pub(super) struct Keys<'a> {
    /// What SHA-256 is after the whole blocks of what all messages begin with.
    begun: [u32; 8],
    /// How many bytes those are.
    before: usize,
    message: Message,
    /// What of the message is the same for all events.
    shared: usize,
    user: Option<&'a str>,
    session: &'a str,
}

impl<'a> Keys<'a> {
    pub(super) fn new(dataset_group: &str, put: &'a PutEvents<'_>) -> Self {
        let mut message = Message(Vec::with_capacity(ABOUT));
        message.text(dataset_group);
        let (blocks, rest) = message.0.as_chunks::<BLOCK>();
        let mut begun = BEGIN;
        compress256(&mut begun, blocks);
        let (before, shared) = (blocks.len() * BLOCK, rest.len());
        message.0.drain(..before);
        let user = put.user_id.as_ref().map(UserId::as_str);
        Self { begun, before, message, shared, user, session: put.session_id.as_str() }
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
        let mut hash = self.begun;
        compress256(&mut hash, message.padded(self.before));
        let [a, b, c, d] = [hash[0], hash[1], hash[2], hash[3]].map(|word| u128::from(word.swap_bytes()));
        DedupeKey::of(a | b << 32 | c << 64 | d << 96)
    }
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

    /// In whole blocks, as SHA-256 has it when so many bytes were `before`. [FIPS 180-4, 5.1.1]
    fn padded(&mut self, before: usize) -> &[[u8; BLOCK]] {
        let bits = 8 * (before + self.0.len()) as u64;
        self.0.push(0x80);
        let end = (self.0.len() + size_of_val(&bits)).next_multiple_of(BLOCK);
        self.0.resize(end - size_of_val(&bits), 0);
        self.0.extend_from_slice(&bits.to_be_bytes());
        self.0.as_chunks().0
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn a_key_is_the_sha_256_of_its_fields_however_long_they_are() {
        for (group, id) in (1..140).flat_map(|group| [1, 55, 56, 64, 256].map(|id| (group, id))) {
            let (group, id) = ("g".repeat(group), "i".repeat(id));
            let body = format!(
                r#"{{"trackingId":"t","sessionId":"s","eventList":[{{"eventType":"e","sentAt":1,"eventId":"{id}"}}]}}"#
            );
            let put = PutEvents::parse(body.as_bytes()).unwrap();
            let mut fields = Message(Vec::new());
            fields.text(&group).text("id").text(&id);
            let digest = Sha256::digest(&fields.0);
            let expected = DedupeKey::of(u128::from_le_bytes(*digest.first_chunk().unwrap()));
            let mut keys = Keys::new(&group, &put);
            let event = put.events[0].as_ref().unwrap();
            assert_eq!([keys.key(event), keys.key(event)], [expected; 2]);
        }
    }
}
