//! Lets go of connections on which nobody asks for anything. hyper can do that too, but it sets and clears a timer for each
//! request, which is a fiftieth of the work of a small call; here each connection has one timer, which looks now and then.
//!
//! It is not: a limit for a request. Bodies and answers have their own.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::response::Response;
use hyper::body::{Frame, SizeHint};

/// The requests of a connection.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    begun: AtomicU64,
    over: AtomicU64,
}

/// A request, until it is dropped.
#[derive(Debug)]
pub(crate) struct UnderWay(Arc<Requests>);

impl Requests {
    pub(crate) fn begin(self: &Arc<Self>) -> UnderWay {
        self.begun.fetch_add(1, Ordering::Relaxed);
        UnderWay(self.clone())
    }

    /// Resolves when no request was under way for half of `within` at least, and for all of it at most.
    pub(crate) async fn idle(&self, within: Duration) {
        let mut before = None;
        loop {
            let (over, begun) = (self.over.load(Ordering::Relaxed), self.begun.load(Ordering::Relaxed));
            let idle_since = (begun == over).then_some(begun);
            if idle_since.is_some() && idle_since == before {
                return;
            }
            before = idle_since;
            tokio::time::sleep(within / 2).await;
        }
    }
}

impl UnderWay {
    /// Lasts as long as the answer needs to be sent.
    pub(crate) fn until_sent(self, response: Response) -> Response {
        response.map(|body| Body::new(Sending { body, _request: self }))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.over.fetch_add(1, Ordering::Relaxed);
    }
}

struct Sending {
    body: Body,
    _request: UnderWay,
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
