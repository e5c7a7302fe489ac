//! The door to the street: how many may come in, how long they may take, and how everybody gets out.

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::doors::Doors;
use crate::idle::Requests;
use crate::lanes::Lanes;

/// A client that has not sent its headers by then holds a connection for nothing; also how long an idle one is kept. It may
/// be half of that, since looking is all that is done about it.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);
/// What is under way when the server is told to stop is answered within this time.
const DRAIN_WITHIN: Duration = Duration::from_secs(20);
/// After the process ran out of file descriptors, the next moment is as bad.
const PAUSE: Duration = Duration::from_millis(50);

/// One of the connections that may be there at a time.
type Place = Option<OwnedSemaphorePermit>;

/// Serves until `stop` resolves, then answers what is under way. At most `max_connections` at a time; more wait to be
/// accepted.
pub(crate) async fn serve(
    listener: TcpListener,
    lanes: &Lanes,
    doors: Arc<Doors>,
    max_connections: usize,
    stop: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(max_connections));
    let graceful = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = accept(&listener, &places) => {
                let (stream, place) = accepted;
                lanes.spawn(connection(stream, doors.clone(), graceful.watcher(), place));
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_WITHIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still under way after {} s and were given up", DRAIN_WITHIN.as_secs());
    }
}

/// A client's connection, until one of both has enough.
async fn connection(stream: std::net::TcpStream, doors: Arc<Doors>, watcher: Watcher, place: Place) {
    // A connection that breaks is the client's affair.
    let Ok(stream) = TcpStream::from_std(stream) else { return };
    let requests = Arc::<Requests>::default();
    let asked = requests.clone();
    let service = service_fn(move |request| {
        let (doors, under_way) = (doors.clone(), asked.begin());
        async move { doors.answer(request, under_way).await }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ = watcher.watch(connection) => {}
        () = requests.idle(HEADERS_WITHIN) => {}
    }
    drop(place);
}

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> (std::net::TcpStream, Place) {
    let place = places.clone().acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let _ = stream.set_nodelay(true);
                // It may go to another thread.
                if let Ok(stream) = stream.into_std() {
                    return (stream, place);
                }
            }
            Err(error) => {
                tracing::warn!("a connection could not be accepted: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
