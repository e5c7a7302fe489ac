//! What a caller is told, and the one table that turns it into the codes of the three protocols.

use axum::http::StatusCode;
use bowerbird_filters::FilterError;
use bowerbird_store::StoreError;

/// A refusal, by cause. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// The call is wrong: fix it.
    #[error("{0}")]
    Invalid(String),
    /// The page token is not one of ours.
    #[error("nextToken is not valid: use the token of the previous page as it is, or leave it out")]
    NextToken,
    /// There is no such resource.
    #[error("{0}")]
    Missing(String),
    /// The name is taken.
    #[error("{0}")]
    Exists(String),
    /// Something depends on the resource, or it is changing.
    #[error("{0}")]
    InUse(String),
    /// A quota of the service.
    #[error("{0}")]
    Limit(String),
    /// Faster than agreed: slow down.
    #[error("{0}")]
    Throttled(String),
    /// No signature where one is needed.
    #[error("{0}")]
    Unsigned(String),
    /// A signature that does not fit.
    #[error("{0}")]
    Denied(String),
    /// No such operation in this version.
    #[error("{0}")]
    UnknownOperation(String),
    /// Try again.
    #[error("{0}")]
    Unavailable(String),
    /// A defect or a broken disk: report it.
    #[error("{0}")]
    Internal(String),
}

/// Which protocol the answer goes out on: they use different status codes for the same cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// AWS JSON 1.1, the control plane.
    Control,
    /// REST-JSON: events and runtime.
    Rest,
}

impl ApiError {
    /// The exception's name and the HTTP status (reference: service models; 400 for every client fault of JSON 1.1).
    pub(crate) fn code(&self, protocol: Protocol) -> (&'static str, StatusCode) {
        let rest = |status| if protocol == Protocol::Rest { status } else { StatusCode::BAD_REQUEST };
        match self {
            Self::Invalid(_) => ("InvalidInputException", StatusCode::BAD_REQUEST),
            Self::NextToken => ("InvalidNextTokenException", StatusCode::BAD_REQUEST),
            Self::Missing(_) => ("ResourceNotFoundException", rest(StatusCode::NOT_FOUND)),
            Self::Exists(_) => ("ResourceAlreadyExistsException", StatusCode::BAD_REQUEST),
            Self::InUse(_) => ("ResourceInUseException", rest(StatusCode::CONFLICT)),
            Self::Limit(_) => ("LimitExceededException", StatusCode::BAD_REQUEST),
            // Not in the models of these services, and every AWS SDK knows it and tries again.
            Self::Throttled(_) => ("ThrottlingException", StatusCode::TOO_MANY_REQUESTS),
            Self::Unsigned(_) => ("MissingAuthenticationTokenException", StatusCode::FORBIDDEN),
            Self::Denied(_) => ("InvalidSignatureException", StatusCode::FORBIDDEN),
            Self::UnknownOperation(_) => ("UnknownOperationException", StatusCode::BAD_REQUEST),
            Self::Unavailable(_) => ("ServiceUnavailable", StatusCode::SERVICE_UNAVAILABLE),
            Self::Internal(_) => ("InternalFailure", StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let text = error.to_string();
        match error {
            StoreError::Exists { .. } => Self::Exists(text),
            StoreError::Missing { .. } => Self::Missing(text),
            StoreError::Full { .. } | StoreError::Closed { .. } | StoreError::Busy => Self::Unavailable(text),
            _ => Self::Internal(text),
        }
    }
}

impl From<FilterError> for ApiError {
    fn from(error: FilterError) -> Self {
        match error {
            FilterError::TooManyFields { .. } => Self::Limit(error.to_string()),
            _ => Self::Invalid(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_arm_has_a_row_and_the_protocols_differ_only_in_status() {
        let arms = [
            ApiError::Invalid(String::new()),
            ApiError::NextToken,
            ApiError::Missing(String::new()),
            ApiError::Exists(String::new()),
            ApiError::InUse(String::new()),
            ApiError::Limit(String::new()),
            ApiError::Throttled(String::new()),
            ApiError::Unsigned(String::new()),
            ApiError::Denied(String::new()),
            ApiError::UnknownOperation(String::new()),
            ApiError::Unavailable(String::new()),
            ApiError::Internal(String::new()),
        ];
        for arm in arms {
            assert_eq!(arm.code(Protocol::Control).0, arm.code(Protocol::Rest).0);
        }
        let missing = ApiError::Missing(String::new());
        assert_eq!(missing.code(Protocol::Control).1, StatusCode::BAD_REQUEST);
        assert_eq!(missing.code(Protocol::Rest).1, StatusCode::NOT_FOUND);
    }
}
