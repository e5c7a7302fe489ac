//! A body as it comes in, bounded in length and time. What nearly every body is like, whole and there when it is asked for,
//! costs neither a copy nor a timer.

use std::fmt::Display;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use bowerbird_wire::Invalid;
use bowerbird_wire::limits::MAX_BODY_BYTES;

use super::IngestError;

/// All of it, if it comes `within` this time.
pub(super) async fn read<B>(body: B, within: Duration) -> Result<Bytes, IngestError>
where
    B: HttpBody<Data = Bytes, Error: Display> + Unpin,
{
    let mut reading = pin!(whole(body));
    match soon(reading.as_mut()).await {
        Some(read) => read,
        None => tokio::time::timeout(within, reading).await.unwrap_or(Err(IngestError::TooSlow { within })),
    }
}

/// What comes of a future in two steps, one after the other. hyper gives out what it has of a body as soon as somebody has
/// asked for it once.
async fn soon<T>(mut future: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    let mut has_asked = false;
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if has_asked => Poll::Ready(None),
        Poll::Pending => {
            has_asked = true;
            context.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await
}

async fn whole<B>(mut body: B) -> Result<Bytes, IngestError>
where
    B: HttpBody<Data = Bytes, Error: Display> + Unpin,
{
    let first = bounded(data(&mut body).await?.unwrap_or_default(), 0)?;
    if body.is_end_stream() {
        return Ok(first);
    }
    let mut all = Vec::from(first);
    while let Some(more) = data(&mut body).await? {
        all.extend_from_slice(&bounded(more, all.len())?);
    }
    Ok(all.into())
}

/// The next piece, unless the body would be too long with it.
fn bounded(piece: Bytes, before: usize) -> Result<Bytes, IngestError> {
    if before + piece.len() > MAX_BODY_BYTES {
        return Err(IngestError::TooLarge { max: MAX_BODY_BYTES });
    }
    Ok(piece)
}

async fn data<B>(body: &mut B) -> Result<Option<Bytes>, IngestError>
where
    B: HttpBody<Data = Bytes, Error: Display> + Unpin,
{
    loop {
        match poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await {
            None => return Ok(None),
            // Trailers say nothing about events.
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
            Some(Err(error)) => {
                let expected = format!("a complete body ({error})");
                return Err(Invalid::Malformed { field: "body", expected }.into());
            }
        }
    }
}
