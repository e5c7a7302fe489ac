//! "Here are bytes; give me a name for them that can never mean anything else."
//!
//! Useful for: vector packs and imported rows. Not useful for: anything that changes.

use crate::StoreError;

/// The SHA-256 of the content, as 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(String);

impl Hash {
    /// The name of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest;
        Self(sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Reads a name that somebody sent: `None` unless it is 64 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == 64 && text.bytes().all(hex)).then(|| Self(text.to_owned()))
    }

    /// The 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Files by the hash of their content.
pub trait ArtifactStore: Send + Sync {
    /// Stores the bytes durably. Storing the same bytes again is free.
    fn put(&self, bytes: &[u8]) -> Result<Hash, StoreError>;

    /// The bytes with this name, checked against it.
    fn get(&self, hash: &Hash) -> Result<Option<Vec<u8>>, StoreError>;

    /// Removes the bytes; removing what is not there is fine.
    fn delete(&self, hash: &Hash) -> Result<(), StoreError>;
}
