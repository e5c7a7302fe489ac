//! Tables of events as the examples read them.

/// User, item and time in milliseconds, of a table with a header whose first columns are user, item and ts in seconds.
pub(crate) fn rows(text: &str) -> impl Iterator<Item = (&str, &str, i64)> {
    text.lines().skip(1).filter_map(|line| {
        let mut fields = line.split('\t');
        let (user, item) = (fields.next()?, fields.next()?);
        let seconds: f64 = fields.next().and_then(|ts| ts.parse().ok()).unwrap_or(0.0);
        Some((user, item, (seconds * 1000.0) as i64))
    })
}
