//! What every request sees: settings, the store, the live view, the loaded packs and the progress of jobs.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bowerbird_store::Store;

use crate::device::{Deltas, Packed};
use crate::jobs::{Board, Kept};
use crate::lists::Lists;
use crate::live::LiveView;
use crate::metrics::Metrics;
use crate::models::Models;
use crate::newcomers::Newcomers;
use crate::trackers::Trackers;

/// What the operator chose.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// Where to keep everything.
    pub(crate) data: PathBuf,
    /// Static files to serve at `/`.
    pub(crate) site: Option<PathBuf>,
    /// The region in ARNs.
    pub(crate) region: String,
    /// The account in ARNs.
    pub(crate) account: String,
    /// The key pair that requests must be signed with; none = open, on loopback only.
    pub(crate) key: Option<Key>,
    /// Interactions that a training needs at least. Amazon's 1,000, since its clients expect the failure.
    pub(crate) min_interactions: usize,
    /// Connections at a time.
    pub(crate) max_connections: usize,
    /// Events per second that one tracking id may send.
    pub(crate) max_events_per_second: Option<u32>,
    /// Bytes that the live view of one dataset group may take, about.
    pub(crate) live_view_bytes: usize,
    /// Pages get packs of up to so many bytes as a whole, and of larger ones the part that they rank.
    pub(crate) whole_pack_bytes: usize,
    /// What Prometheus has to send where there are keys.
    pub(crate) metrics_token: Option<String>,
    /// A segment of the event log is closed before it grows beyond this.
    pub(crate) segment_bytes: u64,
    /// Old segments that lie ready to be written over.
    pub(crate) spare_segments: usize,
    /// Days after which an event is removed; `None` keeps all.
    pub(crate) keep_events_days: Option<u32>,
}

/// An access key and its secret.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.id)
    }
}

/// One running server.
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) store: Store,
    pub(crate) live: Arc<LiveView>,
    pub(crate) kept: Kept,
    pub(crate) lists: Lists,
    pub(crate) models: Models,
    pub(crate) deltas: Deltas,
    pub(crate) packed: Packed,
    pub(crate) newcomers: Newcomers,
    pub(crate) board: Board,
    pub(crate) trackers: Trackers,
    pub(crate) metrics: Metrics,
}

impl App {
    pub(crate) fn new(settings: Settings, store: Store) -> Arc<Self> {
        Arc::new(Self {
            store,
            live: Arc::new(LiveView::new(settings.live_view_bytes)),
            lists: Lists::new(settings.data.join("lists")),
            settings,
            kept: Kept::default(),
            models: Models::default(),
            deltas: Deltas::default(),
            packed: Packed::default(),
            newcomers: Newcomers::default(),
            board: Board::default(),
            trackers: Trackers::default(),
            metrics: Metrics::default(),
        })
    }

    /// Milliseconds since the epoch: the only clock of the server.
    pub(crate) fn now(&self) -> i64 {
        now_ms()
    }
}

/// Milliseconds since the epoch.
pub(crate) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
