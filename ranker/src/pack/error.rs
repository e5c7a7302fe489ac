use alloc::string::String;

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
    #[error("the pack is damaged ({place}): download it again")]
    Damaged {
        /// The part whose checksum is wrong.
        place: String,
    },
    /// The checksums are right and the content is not: whoever wrote it made a mistake.
    #[error(
        "the pack was written wrongly ({section}: {what}): train again, and report it if that does not help"
    )]
    Malformed {
        /// The section at fault.
        section: String,
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
