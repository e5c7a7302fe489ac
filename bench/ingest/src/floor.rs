//! The limit of this machine: the listener, the threads and the allocator of the server, and one body after the other
//! appended to a file that was filled beforehand, many to one fdatasync. Nothing is parsed, checked or told apart.

use std::convert::Infallible;
use std::fs::File;
use std::io::{self, Seek, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Request, StatusCode};
use axum::response::Response;
use hyper::body::Incoming;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use crate::idle::UnderWay;
use crate::lanes::Lanes;
use crate::listen;

/// The file is overwritten in circles, so that no commit ever has to allocate.
const FILE_BYTES: usize = 256 << 20;
/// What one write may take.
const GROUP_BYTES: usize = 4 << 20;
const MAX_BODY_BYTES: usize = 8 << 20;
/// Bodies that may wait for the disk; more than any load here has connections.
const QUEUE: usize = 4096;
const MAX_CONNECTIONS: usize = 10_000;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    listen: SocketAddr,
    /// The file to write to.
    #[arg(long)]
    file: PathBuf,
}

/// A body and who waits for it.
type Pending = (Bytes, oneshot::Sender<()>);

pub(crate) fn run(args: &Args) -> io::Result<()> {
    let file = filled(&args.file)?;
    let (queue, pending) = mpsc::channel(QUEUE);
    std::thread::spawn(move || commit(file, pending).expect("the disk of a benchmark works"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(args.listen).await?;
        println!("listening on http://{}", listener.local_addr()?);
        let (lanes, doors) = (Lanes::start()?, Arc::new(Doors(queue)));
        listen::serve(listener, &lanes, doors, MAX_CONNECTIONS, std::future::pending()).await;
        Ok(())
    })
}

fn filled(path: &Path) -> io::Result<File> {
    let mut file = File::create(path)?;
    let zeros = vec![0; GROUP_BYTES];
    for _ in 0..FILE_BYTES / GROUP_BYTES {
        file.write_all(&zeros)?;
    }
    file.sync_all()?;
    file.rewind()?;
    Ok(file)
}

fn commit(mut file: File, mut pending: mpsc::Receiver<Pending>) -> io::Result<()> {
    let (mut group, mut waiting, mut at) = (Vec::new(), Vec::new(), 0);
    while let Some(first) = pending.blocking_recv() {
        let mut next = Some(first);
        while let Some((body, answer)) = next {
            group.extend_from_slice(&body);
            waiting.push(answer);
            next = if group.len() < GROUP_BYTES { pending.try_recv().ok() } else { None };
        }
        if at + group.len() > FILE_BYTES {
            file.rewind()?;
            at = 0;
        }
        file.write_all(&group)?;
        file.sync_data()?;
        at += group.len();
        group.clear();
        for answer in waiting.drain(..) {
            // A connection that is gone no longer wants to know.
            let _ = answer.send(());
        }
    }
    Ok(())
}

/// As the server does it for events, past the router.
pub(crate) struct Doors(mpsc::Sender<Pending>);

impl Doors {
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        _under_way: UnderWay,
    ) -> Result<Response, Infallible> {
        let status = match to_bytes(Body::new(request.into_body()), MAX_BODY_BYTES).await {
            Ok(body) => self.keep(body).await,
            Err(_) => StatusCode::BAD_REQUEST,
        };
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        Ok(response)
    }

    async fn keep(&self, body: Bytes) -> StatusCode {
        let (answer, answered) = oneshot::channel();
        match self.0.send((body, answer)).await {
            Ok(()) if answered.await.is_ok() => StatusCode::OK,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}
