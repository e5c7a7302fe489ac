//! The door to the street: how many may come in, how long they may take, and how everybody gets out.

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::doors::Doors;

/// A client that has not sent its headers by then holds a connection for nothing; also how long an idle one is kept.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);
/// What is under way when the server is told to stop is answered within this time.
const DRAIN_WITHIN: Duration = Duration::from_secs(20);
/// After the process ran out of file descriptors, the next moment is as bad.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stop` resolves, then answers what is under way. At most `max_connections` at a time; more wait to be
/// accepted.
pub(crate) async fn serve(
    listener: TcpListener,
    doors: Doors,
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
                let connection = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(HEADERS_WITHIN)
                    .serve_connection(TokioIo::new(stream), doors.clone());
                let connection = graceful.watch(connection);
                tokio::spawn(async move {
                    // A connection that breaks is the client's affair.
                    let _ = connection.await;
                    drop(place);
                });
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_WITHIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still under way after {} s and were given up", DRAIN_WITHIN.as_secs());
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, Option<tokio::sync::OwnedSemaphorePermit>) {
    let place = places.clone().acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let _ = stream.set_nodelay(true);
                return (stream, place);
            }
            Err(error) => {
                tracing::warn!("a connection could not be accepted: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
