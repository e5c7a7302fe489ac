use core::fmt;

/// The part of a pack that an error is about, by the tag of docs/pack-format.md: `HEAD` is the header, `TABL` the
/// section table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Part(pub [u8; 4]);

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.escape_ascii().fmt(f)
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why bytes are not a usable pack, or contents cannot become one. The text says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// The bytes are something else.
    #[error("this is not a vector pack: check the address it was downloaded from")]
    NotAPack,
    /// A later format.
    #[error("the pack has format version {found}, this reader knows {known}: update the bowerbird package")]
    Version {
        /// The major version in the file.
        found: u16,
        /// The major version of this reader.
        known: u16,
    },
    /// Fewer or more bytes than were written.
    #[error("the pack should have {expected} bytes and has {found}: download it again")]
    Length {
        /// The length in the header, or of the header.
        expected: u64,
        /// The length given.
        found: u64,
    },
    /// Bytes changed on the way.
    #[error("the pack is damaged ({part}): download it again")]
    Damaged {
        /// Where a checksum is wrong.
        part: Part,
    },
    /// The checksums are right and the content is not: whoever wrote it made a mistake.
    #[error(
        "the pack was written wrongly ({part}: {what}): train again, and report it if that does not help"
    )]
    Malformed {
        /// The part at fault.
        part: Part,
        /// What is wrong with it.
        what: &'static str,
    },
    /// What was to be written breaks a rule of the format.
    #[error("a pack cannot hold this ({field}): {what}")]
    Contents {
        /// The field of [`Contents`](super::Contents).
        field: &'static str,
        /// The rule.
        what: &'static str,
    },
}
