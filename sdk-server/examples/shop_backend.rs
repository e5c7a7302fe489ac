//! The backend of a shop that records what its customers buy.
//!
//! ```text
//! cargo run -p bowerbird-sdk-server --example shop_backend -- http://127.0.0.1:8080 TRACKING-ID /var/spool/shop
//! ```

use std::error::Error;
use std::time::{SystemTime, UNIX_EPOCH};

use bowerbird_sdk_server::client::{Client, Stats};
use bowerbird_wire::{Event, EventType, ItemId, Millis, SessionId, UserId};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let mut next =
        |what: &str| args.next().ok_or_else(|| format!("say the {what}, see the first lines of this file"));
    let (endpoint, tracking_id, spool) = (next("endpoint")?, next("tracking id")?, next("spool folder")?);
    let stats = open_for_business(&endpoint, &tracking_id, &spool).await?;
    println!("{} recorded, {} accepted, {} spooled", stats.recorded, stats.accepted, stats.spooled);
    if let Some(error) = stats.last_error {
        println!("the last thing that went wrong: {error}");
    }
    Ok(())
}

/// Sells three films to each of ten customers.
pub(crate) async fn open_for_business(
    endpoint: &str,
    tracking_id: &str,
    spool: &str,
) -> Result<Stats, Box<dyn Error>> {
    // One client for the whole process, made when it starts.
    let client = Client::builder(endpoint, tracking_id).spool(spool).build()?;
    for customer in 0..10 {
        for film in ["1198", "2571", "356"] {
            sell(&client, &format!("customer-{customer}"), film)?;
        }
    }
    // When the process ends, what waits is sent, or spooled for the next start.
    Ok(client.close().await)
}

fn sell(client: &Client, customer: &str, film: &str) -> Result<(), Box<dyn Error>> {
    let mut event = Event::new(EventType::try_from("purchase")?, now());
    event.item_id = Some(ItemId::try_from(film)?);
    event.event_value = Some(9.99);
    client.record(
        Some(UserId::try_from(customer)?),
        SessionId::try_from(format!("{customer}-visit"))?,
        event,
    );
    Ok(())
}

fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
