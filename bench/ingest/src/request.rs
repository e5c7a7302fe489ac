//! One PutEvents call as bytes, made once and stamped with new ids before each sending: the load must cost little.

use std::net::SocketAddr;

/// Digits of a stamp: enough for every event that a run can send.
const DIGITS: usize = 12;
/// Events that a connection may send before it sends those of the next one: at ten thousand a second, in a quarter of an hour.
/// A hundred thousand connections have stamps of their own.
const SENT_BY_ONE: u64 = 10_000_000;
/// Events as pages send them: ids, a recommendation, an impression, a few properties.
const PROPERTIES: &str = r#"{\"page\":\"/films/the-third-man-1949\",\"referrer\":\"/lists/film-noir?sort=rating\",\"position\":\"7\"}"#;
/// Visitors that the events are spread over.
const USERS: u64 = 1_000_000;
const ITEMS: usize = 10_000;
/// Seconds since the epoch; the events of one call follow each other by a second.
const FIRST_SENT_AT: usize = 1_763_900_000;

/// A request of one connection.
pub(crate) struct Request {
    pub(crate) bytes: Vec<u8>,
    /// Of its body.
    pub(crate) body_bytes: usize,
    visitors: Vec<usize>,
    events: Vec<usize>,
    serial: u64,
}

impl Request {
    /// `connection` keeps the ids of connections apart.
    pub(crate) fn new(to: SocketAddr, tracking_id: &str, batch: usize, connection: u64) -> Self {
        let stamp = "#".repeat(DIGITS);
        let list: Vec<String> = (0..batch).map(|n| event(n + connection as usize, &stamp)).collect();
        let body = format!(
            r#"{{"trackingId":"{tracking_id}","userId":"user-@{stamp}","sessionId":"session-@{stamp}","eventList":[{}]}}"#,
            list.join(",")
        );
        // The door of our own packages: an outcome for each event, and batches of more than ten.
        let head = format!(
            "POST /events HTTP/1.1\r\nHost: {to}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let bytes = (head + &body).into_bytes();
        let (visitors, events) = (stamps(&bytes, b'@'), stamps(&bytes, b'!'));
        let serial = connection * SENT_BY_ONE;
        Self { bytes, body_bytes: body.len(), visitors, events, serial }
    }

    /// Makes every event a new one, and lets another visitor send them.
    pub(crate) fn renew(&mut self) {
        // A multiplication by a large odd number visits the visitors in no order.
        let visitor = self.serial.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        self.visitors.iter().for_each(|at| write(&mut self.bytes[*at..], visitor % USERS));
        for at in &self.events {
            write(&mut self.bytes[*at..], self.serial);
            self.serial += 1;
        }
    }
}

fn event(n: usize, stamp: &str) -> String {
    let item = |n: usize| n * 7919 % ITEMS;
    format!(
        r#"{{"eventId":"0b1e-4c1d-9a-!{stamp}","eventType":"click","itemId":"item-{}","sentAt":{},"recommendationId":"RID-3f-4e5f-6071-{stamp}","impression":["item-{}","item-{}"],"properties":"{PROPERTIES}"}}"#,
        item(n),
        FIRST_SENT_AT + n,
        item(n + 1),
        item(n + 2),
    )
}

/// Where the stamps behind this mark start.
fn stamps(bytes: &[u8], mark: u8) -> Vec<usize> {
    let is_stamp = |pair: &[u8]| pair[0] == mark && pair[1] == b'#';
    bytes.windows(2).enumerate().filter(|(_, pair)| is_stamp(pair)).map(|(at, _)| at + 1).collect()
}

fn write(into: &mut [u8], mut number: u64) {
    for digit in into[..DIGITS].iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}
