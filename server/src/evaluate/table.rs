//! The metrics as text: to read, and to read in.

use std::fmt::Write as _;

use bowerbird_recipes::Line;

/// Metrics in rows, all users with their interval and then the segments.
pub(super) fn text(report: &[Line]) -> String {
    let segments = ["new", "occasional", "heavy"];
    let of = |segment: &str, metric: &str| {
        report.iter().find(|line| line.segment == segment && line.metric == metric)
    };
    let mut text = format!("{:45}{:>9}{:>20}", "", "all", "95 % interval");
    segments.iter().for_each(|segment| {
        let _ = write!(text, "{segment:>12}");
    });
    for line in report.iter().filter(|line| line.segment == "all") {
        let interval = format!("{:.4} – {:.4}", line.interval.0, line.interval.1);
        let _ = write!(text, "\n{:45}{:>9.4}{interval:>20}", line.metric, line.value);
        for segment in segments {
            let value =
                of(segment, line.metric).map_or("–".to_owned(), |line| format!("{:.4}", line.value));
            let _ = write!(text, "{value:>12}");
        }
    }
    let users = |segment: &str| of(segment, "coverage").map_or(0, |line| line.n_users);
    let _ = write!(text, "\n{:45}{:>9}{:>20}", "users", users("all"), "");
    segments.iter().for_each(|segment| {
        let _ = write!(text, "{:>12}", users(segment));
    });
    text.push('\n');
    text
}

/// With all digits, for programs.
pub(super) fn tsv(report: &[Line]) -> String {
    let mut text = String::from("segment\tmetric\tvalue\tlow\thigh\tusers\n");
    for Line { segment, metric, value, interval: (low, high), n_users } in report {
        let _ = writeln!(text, "{segment}\t{metric}\t{value}\t{low}\t{high}\t{n_users}");
    }
    text
}
