use std::time::Duration;

use bowerbird_store::StoreError;
use bowerbird_wire::{Invalid, TrackingId};

/// Why a whole call was refused. Nothing of it was accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// The body cannot be read, or is not what the protocol allows. Fix the call.
    #[error("{0}")]
    Invalid(Invalid),
    /// One event of an AWS client's call is wrong, which refuses the call as on AWS. Fix the event.
    #[error("event {index} of eventList: {reason}")]
    InvalidEvent {
        /// Its place in `eventList`, from 0.
        index: usize,
        /// What to change.
        reason: Invalid,
    },
    /// No event tracker has this id. Create one, or correct the id.
    #[error("trackingId {tracking_id} is unknown: create an event tracker and use its id")]
    UnknownTracker {
        /// As it was sent.
        tracking_id: TrackingId,
    },
    /// The body is longer than allowed, perhaps only after it was unpacked. Split it.
    #[error("the body is too long: at most {max} bytes are allowed, unpacked; send fewer events at once")]
    TooLarge {
        /// Bytes.
        max: usize,
    },
    /// The body did not come within the time for it. Send it again, or less at once.
    #[error("the body was not complete after {within:?}: send it again, or fewer events at once")]
    TooSlow {
        /// How long that is.
        within: Duration,
    },
    /// The events cannot be made durable now. Send them again later.
    #[error("{source}")]
    Unavailable {
        /// What is wrong with the disk.
        source: StoreError,
        /// When to try again.
        retry_after_s: u32,
    },
    /// The tracking id sends more than it may. Send the same call again later.
    #[error("this trackingId sends more events per second than it may: send them again in {retry_after_s} s")]
    Limited {
        /// When to try again.
        retry_after_s: u32,
    },
    /// Too many bodies are being read at this moment. Send the same call again.
    #[error("too many events are coming in at this moment: send them again in {retry_after_s} s")]
    Overloaded {
        /// When to try again.
        retry_after_s: u32,
    },
    /// A defect. Report it.
    #[error("the event log ended unexpectedly; the events may be sent again")]
    Internal,
}

impl IngestError {
    /// When the same call may be sent again, if that helps.
    pub fn retry_after_s(&self) -> Option<u32> {
        match self {
            Self::Unavailable { retry_after_s, .. }
            | Self::Limited { retry_after_s }
            | Self::Overloaded { retry_after_s } => Some(*retry_after_s),
            _ => None,
        }
    }
}

impl From<Invalid> for IngestError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<StoreError> for IngestError {
    fn from(source: StoreError) -> Self {
        // A busy disk is free in a moment; room on a full one has to be made by somebody.
        let retry_after_s = if matches!(source, StoreError::Busy) { 1 } else { 10 };
        Self::Unavailable { source, retry_after_s }
    }
}
