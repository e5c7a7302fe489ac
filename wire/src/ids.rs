//! Ids as newtypes: parsed once at the edge, trusted inside. Each owns its text, or borrows it (`ItemId<Cow<str>>`) from
//! the request in which it was sent.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

use crate::Invalid;
use crate::limits::{MAX_ID_CHARS, MAX_RECOMMENDATION_ID_CHARS};

/// Declares a text newtype of 1 to `$max` characters.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $field:literal, $max:expr, $privacy:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name<T = String>(T);

        impl<T: AsRef<str>> $name<T> {
            /// The text as it was sent.
            pub fn as_str(&self) -> &str {
                self.0.as_ref()
            }

            /// The same, borrowed.
            pub fn borrowed(&self) -> $name<Cow<'_, str>> {
                $name(Cow::Borrowed(self.as_str()))
            }
        }

        impl $name {
            /// Gives the text back without copying it.
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl<'a> $name<Cow<'a, str>> {
            /// The same, independent of the text that it was read from.
            pub fn into_owned(self) -> $name {
                $name(self.0.into_owned())
            }

            /// Gives the text back without copying it.
            pub fn into_text(self) -> Cow<'a, str> {
                self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Invalid;

            fn try_from(text: String) -> Result<Self, Invalid> {
                check($field, &text, $max)?;
                Ok(Self(text))
            }
        }

        impl TryFrom<&str> for $name {
            type Error = Invalid;

            fn try_from(text: &str) -> Result<Self, Invalid> {
                check($field, text, $max)?;
                Ok(Self(text.into()))
            }
        }

        impl<'a> TryFrom<Cow<'a, str>> for $name<Cow<'a, str>> {
            type Error = Invalid;

            #[inline]
            fn try_from(text: Cow<'a, str>) -> Result<Self, Invalid> {
                check($field, &text, $max)?;
                Ok(Self(text))
            }
        }

        impl<T: AsRef<str>> fmt::Display for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl<T: AsRef<str>> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                text_id!(@debug $privacy, self, f)
            }
        }
    };
    (@debug public, $self:ident, $f:ident) => { write!($f, "{:?}", $self.as_str()) };
    (@debug sensitive, $self:ident, $f:ident) => { write!($f, "#{:08x}", short_hash($self.as_str())) };
}

text_id!(/// A visitor who is known to the site. Sensitive: `Debug` prints a short hash.
    UserId, "userId", MAX_ID_CHARS, sensitive);
text_id!(/// One visit; stands in for the user as long as nobody signed in. Sensitive.
    SessionId, "sessionId", MAX_ID_CHARS, sensitive);
text_id!(/// An item of the catalogue.
    ItemId, "itemId", MAX_ID_CHARS, public);
text_id!(/// Made once by the sender, so that a retry never counts twice.
    EventId, "eventId", MAX_ID_CHARS, public);
text_id!(/// What happened: `click`, `watch`, `purchase`, ... Free text; compared without case in filters.
    EventType, "eventType", MAX_ID_CHARS, public);
text_id!(/// The key of an event tracker, which says to which dataset group an event belongs.
    TrackingId, "trackingId", MAX_ID_CHARS, public);
text_id!(/// Names the list that was shown when the event happened.
    RecommendationId, "recommendationId", MAX_RECOMMENDATION_ID_CHARS, public);

#[inline]
fn check(field: &'static str, text: &str, max: usize) -> Result<(), Invalid> {
    // Bytes bound characters from above, so the usual short id is never counted.
    if text.is_empty() {
        Err(Invalid::Empty { field })
    } else if text.len() > max && text.chars().count() > max {
        Err(Invalid::TooLong { field, max })
    } else {
        Ok(())
    }
}

/// FNV-1a: only to tell two ids apart in a log line.
fn short_hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn ids_are_bounded_in_characters_not_bytes() {
        assert!(ItemId::try_from("ü".repeat(256)).is_ok());
        assert_eq!(ItemId::try_from("ü".repeat(257)), Err(Invalid::TooLong { field: "itemId", max: 256 }));
        assert_eq!(ItemId::try_from(""), Err(Invalid::Empty { field: "itemId" }));
    }

    #[test]
    fn debug_of_a_user_shows_no_id() {
        let user = UserId::try_from("ada@example.org").unwrap();
        assert!(!format!("{user:?}").contains("ada"));
        assert_eq!(user.to_string(), "ada@example.org");
    }
}
