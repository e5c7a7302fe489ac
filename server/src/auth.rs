//! Signature Version 4, verified: which requests may pass when keys are configured.
//!
//! Source: "Signature Version 4 signing process", AWS General Reference. Exactly the headers that the client names in
//! SignedHeaders are verified, since SDKs sign different sets.

use axum::http::{HeaderMap, Method, Request, Uri};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::app::Key;
use crate::error::ApiError;

/// Seconds by which the clock of a client may differ. [AWS: 15 minutes]
const MAX_SKEW_SECONDS: i64 = 15 * 60;

/// Whether a request passes without a signature: the browser's own doors, whose key is the tracking id or the name of
/// a campaign, health, and metrics, which have a token of their own.
pub(crate) fn is_public<B>(request: &Request<B>) -> bool {
    let is_text =
        request.headers().get("content-type").and_then(|value| value.to_str().ok()).is_some_and(|value| {
            value.starts_with("text/plain") || value.starts_with("application/x-bowerbird+json")
        });
    match (request.method(), request.uri().path()) {
        (&Method::OPTIONS, _) => true,
        (&Method::POST, "/events") => is_text,
        (&Method::GET, path) if path.starts_with("/datasets/") || path.starts_with("/jobs/") => false,
        (&Method::GET | &Method::HEAD, _) => true,
        _ => false,
    }
}

/// Verifies the signature of a request whose body was read already.
pub(crate) fn verify(
    key: &Key,
    (method, uri, headers): (&Method, &Uri, &HeaderMap),
    body: &[u8],
    now_ms: i64,
) -> Result<(), ApiError> {
    let signature = Signature::read(headers)?;
    if signature.access_key != key.id {
        return Err(ApiError::Denied("The access key is not known to this server".into()));
    }
    let date = header(headers, "x-amz-date")?;
    let skew = seconds(&date).map(|at| (now_ms / 1000 - at).abs());
    if skew.is_none_or(|skew| skew > MAX_SKEW_SECONDS) {
        return Err(ApiError::Denied(format!(
            "Signature expired: x-amz-date {date} is more than 15 minutes from the server's clock"
        )));
    }
    let canonical = canonical(method, uri, headers, &signature.signed_headers, body)?;
    let to_sign =
        format!("AWS4-HMAC-SHA256\n{date}\n{}\n{}", signature.scope, hex(&Sha256::digest(canonical)));
    let expected = hex(&hmac(&signing_key(&key.secret, &signature.scope), to_sign.as_bytes()));
    if is_equal(expected.as_bytes(), signature.signature.as_bytes()) {
        Ok(())
    } else {
        Err(ApiError::Denied(
            "The request signature we calculated does not match the signature you provided. Check your secret access \
             key and whether something between you and the server rewrites headers."
                .into(),
        ))
    }
}

/// The parts of an Authorization header.
struct Signature {
    access_key: String,
    /// `20261123/us-east-1/personalize/aws4_request`.
    scope: String,
    signed_headers: String,
    signature: String,
}

impl Signature {
    fn read(headers: &HeaderMap) -> Result<Self, ApiError> {
        let unsigned =
            || ApiError::Unsigned("Missing Authentication Token: sign the request with your keys".into());
        let text = headers.get("authorization").and_then(|value| value.to_str().ok()).ok_or_else(unsigned)?;
        let rest = text.strip_prefix("AWS4-HMAC-SHA256 ").ok_or_else(unsigned)?;
        let part = |name: &str| {
            let mut parts = rest.split(',').map(str::trim);
            parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
        };
        let incomplete = || ApiError::Denied("The Authorization header is not complete".into());
        let credential = part("Credential").ok_or_else(incomplete)?;
        let (access_key, scope) = credential.split_once('/').ok_or_else(incomplete)?;
        if !scope.ends_with("/personalize/aws4_request") {
            return Err(ApiError::Denied(
                "Credential should be scoped to correct service: 'personalize'.".into(),
            ));
        }
        Ok(Self {
            access_key: access_key.to_owned(),
            scope: scope.to_owned(),
            signed_headers: part("SignedHeaders").ok_or_else(incomplete)?,
            signature: part("Signature").ok_or_else(incomplete)?,
        })
    }
}

fn canonical(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    signed_headers: &str,
    body: &[u8],
) -> Result<String, ApiError> {
    let mut query: Vec<&str> =
        uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).collect();
    query.sort_unstable();
    let mut text = format!("{method}\n{}\n{}\n", uri.path(), query.join("&"));
    for name in signed_headers.split(';') {
        let value = header(headers, name)?;
        text += &format!("{name}:{}\n", value.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    let body = hex(&Sha256::digest(body));
    if let Some(claimed) = headers.get("x-amz-content-sha256")
        && claimed.as_bytes() != body.as_bytes()
    {
        return Err(ApiError::Denied("x-amz-content-sha256 is not the hash of the body".into()));
    }
    Ok(format!("{text}\n{signed_headers}\n{body}"))
}

fn header(headers: &HeaderMap, name: &str) -> Result<String, ApiError> {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.map(str::to_owned).ok_or_else(|| ApiError::Denied(format!("The signed header {name} is missing")))
}

fn signing_key(secret: &str, scope: &str) -> Vec<u8> {
    scope.split('/').fold(format!("AWS4{secret}").into_bytes(), |key, part| hmac(&key, part.as_bytes()))
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Takes the same time wherever the texts differ.
pub(crate) fn is_equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// `20261123T174557Z` as epoch seconds (days from civil, Howard Hinnant's algorithm).
fn seconds(date: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| date.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(4..6)?, number(6..8)?);
    let (hour, minute, second) = (number(9..11)?, number(11..13)?, number(13..15)?);
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    Some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key { id: "AK".into(), secret: "SK".into() }
    }

    /// A request as boto3 sends it, signed here with the same keys.
    fn signed() -> (Method, Uri, HeaderMap, &'static [u8], i64) {
        let mut headers = HeaderMap::new();
        headers.insert("host", "127.0.0.1:8700".parse().unwrap());
        headers.insert("content-type", "application/x-amz-json-1.1".parse().unwrap());
        headers.insert("x-amz-date", "20261123T174557Z".parse().unwrap());
        headers.insert("x-amz-target", "AmazonPersonalize.ListSchemas".parse().unwrap());
        let scope = "20261123/us-east-1/personalize/aws4_request";
        let names = "content-type;host;x-amz-date;x-amz-target";
        let (method, uri) = (Method::POST, Uri::from_static("/"));
        let text = canonical(&method, &uri, &headers, names, b"{}").unwrap();
        let to_sign = format!("AWS4-HMAC-SHA256\n20261123T174557Z\n{scope}\n{}", hex(&Sha256::digest(text)));
        let signature = hex(&hmac(&signing_key("SK", scope), to_sign.as_bytes()));
        let value =
            format!("AWS4-HMAC-SHA256 Credential=AK/{scope}, SignedHeaders={names}, Signature={signature}");
        headers.insert("authorization", value.parse().unwrap());
        (method, uri, headers, b"{}", 1_795_455_957_000)
    }

    #[test]
    fn dates_are_read_to_the_second() {
        assert_eq!(seconds("20261123T174557Z"), Some(1_795_455_957));
        assert_eq!(seconds("20240229T000000Z"), Some(1_709_164_800));
        assert_eq!(seconds("yesterday"), None);
    }

    #[test]
    fn the_example_of_the_general_reference_derives_its_signing_key() {
        let key =
            signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20150830/us-east-1/iam/aws4_request");
        assert_eq!(hex(&key), "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
    }

    #[test]
    fn a_signed_request_passes_and_a_changed_one_does_not() {
        let (method, uri, headers, body, now) = signed();
        assert!(verify(&key(), (&method, &uri, &headers), body, now).is_ok());
        assert!(verify(&key(), (&method, &uri, &headers), b"{ }", now).is_err());
        assert!(verify(&key(), (&method, &uri, &headers), body, now + 901_000).is_err());
        let mut moved = headers.clone();
        moved.insert("host", "evil.example".parse().unwrap());
        assert!(verify(&key(), (&method, &uri, &moved), body, now).is_err());
        let other = Key { id: "AK".into(), secret: "other".into() };
        assert!(verify(&other, (&method, &uri, &headers), body, now).is_err());
        assert!(matches!(
            verify(&key(), (&method, &uri, &HeaderMap::new()), body, now),
            Err(ApiError::Unsigned(_))
        ));
    }
}
