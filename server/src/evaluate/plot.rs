//! The metrics as a picture: a bar for each segment, with its interval.

use std::fmt::Write as _;

use bowerbird_recipes::Line;

/// What is drawn; the rest is in the table.
const METRICS: [&str; 5] = [
    "normalized_discounted_cumulative_gain_at_10",
    "mean_reciprocal_rank_at_25",
    "recall_at_10",
    "intra_list_diversity_at_10",
    "coverage",
];
const COLOURS: [(&str, &str); 4] =
    [("all", "#264653"), ("new", "#2a9d8f"), ("occasional", "#e9c46a"), ("heavy", "#e76f51")];
/// Pixels.
const WIDTH: f64 = 760.0;
const BAR: f64 = 16.0;
const LEFT: f64 = 330.0;
const SPAN: f64 = 360.0;

/// Metrics one below the other, values from 0 to the largest of each metric.
pub(super) fn svg(report: &[Line]) -> String {
    let mut body = String::new();
    let mut y = 20.0;
    for metric in METRICS {
        let lines: Vec<&Line> = report.iter().filter(|line| line.metric == metric).collect();
        let most = lines.iter().map(|line| line.interval.1).fold(1e-9, f64::max);
        let _ = writeln!(body, r#"<text x="10" y="{:.0}">{metric}</text>"#, y + 12.0);
        for line in lines {
            bar(&mut body, line, y, SPAN / most);
            y += BAR + 3.0;
        }
        y += 14.0;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {y:.0}\" font-family=\"sans-serif\" \
         font-size=\"12\"><rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{body}</svg>\n"
    )
}

fn bar(body: &mut String, line: &Line, y: f64, scale: f64) {
    let colour = COLOURS.iter().find(|(segment, _)| *segment == line.segment).map_or("grey", |(_, c)| c);
    let (end, low, high) =
        (line.value * scale, LEFT + line.interval.0 * scale, LEFT + line.interval.1 * scale);
    let middle = y + BAR / 2.0;
    let _ = writeln!(
        body,
        r#"<rect x="{LEFT}" y="{y:.0}" width="{end:.1}" height="{BAR}" fill="{colour}"/><path d="M{low:.1} {middle:.0}H{high:.1}" stroke="black"/><text x="{:.0}" y="{:.0}">{:.4} {}</text>"#,
        high + 6.0,
        y + 12.0,
        line.value,
        line.segment,
    );
}
