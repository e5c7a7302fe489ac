//! Times as people write them into files: a number of seconds, milliseconds or microseconds since the epoch, or a date
//! like `2026-11-25`, `2026-11-25 17:45:01.5`, `2026-11-25T17:45:01+01:00`.

/// As seconds this is the year 5138, as milliseconds 1973.
const SECONDS_END: f64 = 1e11;
/// As milliseconds this is the year 5138.
const MILLISECONDS_END: f64 = 1e14;

/// Milliseconds since the epoch; without a zone it is UTC. `None` if the text is no time.
pub(super) fn milliseconds(text: &str) -> Option<i64> {
    let text = text.trim();
    match text.parse::<f64>() {
        Ok(number) if !number.is_finite() => None,
        Ok(number) if number.abs() < SECONDS_END => Some((number * 1e3) as i64),
        Ok(number) if number.abs() < MILLISECONDS_END => Some(number as i64),
        Ok(number) => Some((number / 1e3) as i64),
        Err(_) => written(text),
    }
}

fn written(text: &str) -> Option<i64> {
    let date = text.get(..10)?;
    let mut parts = date.split(['-', '/']);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let (year, month, day): (i64, i64, i64) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    if parts.next().is_some() || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let midnight = days(year, month, day) * 86_400_000;
    match text[10..].trim_start_matches(['T', 't', ' ']) {
        "" => Some(midnight),
        rest => {
            let (clock, minutes) = zone(rest.trim_end())?;
            Some(midnight + time_of_day(clock)? - minutes * 60_000)
        }
    }
}

/// The time without its zone, and how many minutes the zone is ahead of UTC.
fn zone(text: &str) -> Option<(&str, i64)> {
    let text = text.trim_end_matches(" UTC");
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    let Some(at) = text.rfind(['+', '-']) else { return Some((text, 0)) };
    let (clock, offset) = text.split_at(at);
    let digits: String = offset.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes) = (digits.get(..2)?, digits.get(2..).filter(|rest| !rest.is_empty()).unwrap_or("0"));
    let minutes = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
    Some((clock.trim_end(), if offset.starts_with('-') { -minutes } else { minutes }))
}

fn time_of_day(clock: &str) -> Option<i64> {
    let mut parts = clock.split(':');
    let (hours, minutes): (i64, i64) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let seconds: f64 = parts.next().unwrap_or("0").parse().ok()?;
    let fits = (0..24).contains(&hours) && (0..60).contains(&minutes) && (0.0..61.0).contains(&seconds);
    (fits && parts.next().is_none()).then(|| (hours * 60 + minutes) * 60_000 + (seconds * 1e3).round() as i64)
}

/// Days from 1970-01-01 in the Gregorian calendar (Hinnant, "chrono-compatible low-level date algorithms").
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_moment_reads_the_same_however_it_is_written() {
        for text in [
            "1795628701",
            " 1795628701.0 ",
            "1795628701000",
            "1795628701000000",
            "2026-11-25T17:45:01Z",
            "2026-11-25 17:45:01",
            "2026/11/25 17:45:01 UTC",
            "2026-11-25T18:45:01+01:00",
            "2026-11-25T12:15:01.000-0530",
        ] {
            assert_eq!(milliseconds(text), Some(1_795_628_701_000), "{text}");
        }
        assert_eq!(milliseconds("2000-02-29"), Some(951_782_400_000));
        assert_eq!(milliseconds("1969-12-31T23:59:59.500Z"), Some(-500));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "soon",
            "NaN",
            "2026-13-01",
            "2026-11-25T25:00",
            "25.11.2026 10:00",
            "2026-11-25T1",
            "ümläütäöü12",
        ] {
            assert_eq!(milliseconds(text), None, "{text}");
        }
    }
}
