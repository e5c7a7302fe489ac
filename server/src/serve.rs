//! `bowerbird serve`: opens the store, listens, rebuilds the live view meanwhile, and drains when told to stop.

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use bowerbird_sdk_server::ingest::{Ingest, Limits};
use bowerbird_store::Sizes;
use tokio::signal::unix::{SignalKind, signal};

use crate::app::{App, Key, Settings, now_ms};
use crate::control::{Kind, public_text};
use crate::doors::Doors;
use crate::lanes::Lanes;
use crate::log::{self, Format};
use crate::{housekeeper, jobs, listen, newcomers};

/// Settings of the server; each can also come from the environment.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where to listen. Anything but loopback needs keys.
    #[arg(long, default_value = "127.0.0.1:8700", env = "BOWERBIRD_LISTEN")]
    listen: SocketAddr,
    /// Where to keep everything; set up by itself when empty.
    #[arg(long, default_value = ".bowerbird", env = "BOWERBIRD_DATA")]
    data: PathBuf,
    /// A folder of static files to serve at `/`.
    #[arg(long, env = "BOWERBIRD_SITE")]
    site: Option<PathBuf>,
    /// The access key that AWS clients must sign with.
    #[arg(long, env = "BOWERBIRD_ACCESS_KEY_ID", requires = "secret_access_key")]
    access_key_id: Option<String>,
    /// Its secret. Prefer the environment: arguments can be seen by other users of the machine.
    #[arg(long, env = "BOWERBIRD_SECRET_ACCESS_KEY", hide_env_values = true, requires = "access_key_id")]
    secret_access_key: Option<String>,
    /// The region in ARNs.
    #[arg(long, default_value = "us-east-1", env = "BOWERBIRD_REGION")]
    region: String,
    /// The twelve-digit account in ARNs.
    #[arg(long, default_value = "000000000000", env = "BOWERBIRD_ACCOUNT")]
    account: String,
    /// Interactions that a training needs at least; 0 trains on anything.
    #[arg(long, default_value_t = 1000, env = "BOWERBIRD_MIN_INTERACTIONS")]
    min_interactions: usize,
    /// Connections at a time; more wait.
    #[arg(long, default_value_t = 10_000, env = "BOWERBIRD_MAX_CONNECTIONS")]
    max_connections: usize,
    /// Events per second that one tracking id may send in the long run; faster ones are told when to come again.
    #[arg(long, env = "BOWERBIRD_MAX_EVENTS_PER_SECOND")]
    max_events_per_second: Option<u32>,
    /// Megabytes of memory for what visitors of one dataset group did lately; beyond that the longest unseen are forgotten.
    #[arg(long, default_value_t = 512, env = "BOWERBIRD_LIVE_VIEW_MB")]
    live_view_mb: usize,
    /// Megabytes up to which a page downloads a vector pack as a whole; of a larger one it gets the part that it ranks.
    #[arg(long, default_value_t = 16, env = "BOWERBIRD_WHOLE_PACK_MB")]
    whole_pack_mb: usize,
    /// What Prometheus has to send as a bearer token to read /metrics, where keys are configured.
    #[arg(long, env = "BOWERBIRD_METRICS_TOKEN", hide_env_values = true)]
    metrics_token: Option<String>,
    /// Megabytes of a segment of the event log: what is closed, sealed by column and removed as one.
    #[arg(long, default_value_t = 64, env = "BOWERBIRD_SEGMENT_MB", value_parser = clap::value_parser!(u64).range(1..=256))]
    segment_mb: u64,
    /// Old segments of the event log that lie ready to be written over by new ones, which makes syncs faster. 0 removes
    /// what is old instead.
    #[arg(long, default_value_t = 4, env = "BOWERBIRD_SPARE_SEGMENTS", value_parser = clap::value_parser!(u16))]
    spare_segments: u16,
    /// Days after which an event is removed. Without it all are kept.
    #[arg(long, env = "BOWERBIRD_KEEP_EVENTS_DAYS", value_parser = clap::value_parser!(u32).range(8..))]
    keep_events_days: Option<u32>,
    /// What to log on stderr: error, warn, info, debug, trace, or levels by module.
    #[arg(long, default_value = "warn", env = "BOWERBIRD_LOG")]
    log: String,
    /// How to write a line of it.
    #[arg(long, value_enum, default_value = "text", env = "BOWERBIRD_LOG_FORMAT")]
    log_format: Format,
}

pub(crate) fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let settings = settings(args)?;
    log::start(args.log_format, &args.log)?;
    // It accepts connections and waits for signals; what they ask is answered on the lanes.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve(settings))
}

fn settings(args: &Args) -> Result<Settings, Box<dyn Error>> {
    let key = match (&args.access_key_id, &args.secret_access_key) {
        (Some(id), Some(secret)) => Some(Key { id: id.clone(), secret: secret.clone() }),
        _ => None,
    };
    if key.is_none() && !args.listen.ip().is_loopback() {
        return Err(format!(
            "{} can be reached from other machines, and no keys are configured: set BOWERBIRD_ACCESS_KEY_ID and \
             BOWERBIRD_SECRET_ACCESS_KEY, or listen on 127.0.0.1",
            args.listen
        )
        .into());
    }
    if let Some(site) = args.site.as_ref().filter(|site| !site.is_dir()) {
        return Err(format!("--site {}: there is no such folder", site.display()).into());
    }
    Ok(Settings {
        listen: args.listen,
        data: args.data.clone(),
        site: args.site.clone(),
        region: args.region.clone(),
        account: args.account.clone(),
        key,
        min_interactions: args.min_interactions,
        max_connections: args.max_connections.max(1),
        max_events_per_second: args.max_events_per_second,
        live_view_bytes: args.live_view_mb << 20,
        whole_pack_bytes: args.whole_pack_mb << 20,
        metrics_token: args.metrics_token.clone(),
        segment_bytes: args.segment_mb << 20,
        spare_segments: args.spare_segments.into(),
        keep_events_days: args.keep_events_days,
    })
}

async fn serve(settings: Settings) -> Result<(), Box<dyn Error>> {
    let listener = tokio::net::TcpListener::bind(settings.listen).await.map_err(|error| {
        format!("cannot listen on {}: {error}; choose another address with --listen", settings.listen)
    })?;
    let Settings { segment_bytes, spare_segments, .. } = settings;
    let sizes = Sizes { segment_bytes, spare_segments, ..Sizes::default() };
    let store = bowerbird_store::open_with(&format!("file:{}", settings.data.display()), sizes)?;
    store.opened.findings.iter().for_each(|finding| tracing::warn!("event log: {finding}"));
    let app = App::new(settings, store);
    load_trackers(&app)?;
    let limits = Limits { events_per_second: app.settings.max_events_per_second, ..Limits::default() };
    let ingest = Ingest::new(app.store.events.clone(), app.clone(), app.clone(), now_ms).with_limits(limits);
    let ingest = Arc::new(ingest);
    app.live.take_in_aside()?;
    let (workers, housekeeper) = (jobs::start(&app), housekeeper::start(app.clone())?);
    let newcomers = newcomers::start(app.clone());
    let keeping = jobs::start_keeping(app.clone(), ingest.clone())?;
    let address = listener.local_addr()?;
    if app.settings.key.is_none() {
        tracing::warn!(
            "no keys are configured: everybody on this machine may use the server, nobody else can reach it"
        );
    }
    let stop = stop_signal()?;
    println!("listening on http://{address}");
    let lanes = Lanes::start()?;
    let doors = Arc::new(Doors::new(app.clone(), ingest.clone()));
    let stop = async {
        stop.await;
        // Trainings stop at their next step, and /ready says so, while requests are still answered.
        app.board.close();
    };
    listen::serve(listener, &lanes, doors, app.settings.max_connections, stop).await;
    for thread in workers.into_iter().chain([housekeeper, newcomers, keeping]) {
        let _ = thread.join();
    }
    // Nothing comes in any more: the next start reads no log.
    jobs::keep_all(&app, &ingest);
    app.lists.flush();
    Ok(())
}

fn load_trackers(app: &App) -> Result<(), Box<dyn Error>> {
    for tracker in app.store.catalog.list(Kind::EventTracker.word(), None, None, usize::MAX)? {
        app.trackers.add(public_text(&tracker, "trackingId").to_owned(), tracker.parent.clone());
    }
    for dataset in app.store.catalog.list(Kind::Dataset.word(), None, None, usize::MAX)? {
        // Those of action interactions.
        let tracking_id = public_text(&dataset, "trackingId");
        if !tracking_id.is_empty() {
            app.trackers.add(tracking_id.to_owned(), dataset.arn.clone());
        }
    }
    Ok(())
}

/// Resolves with SIGTERM or Ctrl-C. From the call on neither of them kills the process.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
