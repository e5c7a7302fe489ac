//! The format limits, each with its source. Clients of Amazon Personalize expect the errors, so they are enforced.
//!
//! Sources: `[model]` is the service model of botocore, `[limits]` the quotas page of the developer guide (2026).

/// Characters of userId, sessionId, itemId, eventId, eventType, trackingId. [model]
pub const MAX_ID_CHARS: usize = 256;
/// Characters of recommendationId. [model]
pub const MAX_RECOMMENDATION_ID_CHARS: usize = 40;
/// Events in one PutEvents call of an AWS client. [model]
pub const MAX_EVENTS_PER_CALL: usize = 10;
/// Events in one call of our own packages. Ours: 500 events of 300 B gzip to 20 KB, a third of a beacon's quota.
pub const MAX_EVENTS_PER_BATCH: usize = 500;
/// Bytes of one event as JSON. [limits: 10 KB]
pub const MAX_EVENT_BYTES: usize = 10 * 1024;
/// Characters of the properties of one event. [model]
pub const MAX_PROPERTIES_CHARS: usize = 1024;
/// Items in one explicit impression. [model]
pub const MAX_IMPRESSION_ITEMS: usize = 25;
/// Characters of eventAttributionSource. [model]
pub const MAX_ATTRIBUTION_SOURCE_CHARS: usize = 1024;
/// Bytes of one request body, after decompression. Ours: 500 events of 10 KB.
pub const MAX_BODY_BYTES: usize = MAX_EVENTS_PER_BATCH * MAX_EVENT_BYTES;
/// Bytes of the context of a call, an object as JSON. Ours: an address of 1,000 characters, and as much again for the rest.
pub const MAX_CONTEXT_BYTES: usize = 2048;
/// Items in a GetRecommendations answer, and in the inputList of GetPersonalizedRanking. [limits]
pub const MAX_RESULTS: usize = 500;
/// The same where metadata columns are asked for. [limits]
pub const MAX_RESULTS_WITH_METADATA: usize = 50;
/// Items in a GetRecommendations answer when the caller does not say. [model]
pub const DEFAULT_RESULTS: usize = 25;
/// Keys that properties may not hold, compared without case. [model]
pub const FORBIDDEN_PROPERTIES: [&str; 6] =
    ["userId", "sessionId", "eventType", "timestamp", "recommendationId", "impression"];
