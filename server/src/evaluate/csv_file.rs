//! One CSV file as the Interactions dataset has it: everything but each user's newest event is learnt from.

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;

use bowerbird_recipes::Interactions;

use super::{EvaluateError, Task, queries};

struct Row {
    user: String,
    item: String,
    at_ms: i64,
}

pub(super) fn task(path: &Path) -> Result<Task, Box<dyn Error>> {
    let mut rows = rows(path)?;
    // Stable: what happened at the same time keeps the order of the file.
    rows.sort_by_key(|row| row.at_ms);
    let mut newest: HashMap<String, usize> = HashMap::new();
    let mut counts: HashMap<String, usize> = HashMap::new();
    for (at, row) in rows.iter().enumerate() {
        newest.insert(row.user.clone(), at);
        *counts.entry(row.user.clone()).or_default() += 1;
    }
    let mut builder = Interactions::builder();
    let mut truths = HashMap::new();
    for (at, row) in rows.into_iter().enumerate() {
        // Nothing comes before a single event.
        if newest[&row.user] == at && counts[&row.user] > 1 {
            truths.insert(row.user, vec![row.item]);
        } else {
            builder.push(&row.user, &row.item, row.at_ms, 1.0)?;
        }
    }
    let interactions = builder.build()?;
    let queries = queries(&interactions, &truths);
    Ok(Task { interactions, queries, truths })
}

fn rows(path: &Path) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut reader = csv::Reader::from_path(path)?;
    let fault = |line: usize, what| EvaluateError::Form { path: path.into(), line, what };
    let header = reader.headers()?.clone();
    let column = |name: &str| header.iter().position(|other| other.trim().eq_ignore_ascii_case(name));
    let user = column("USER_ID").ok_or_else(|| fault(1, "the header has no column USER_ID"))?;
    let item = column("ITEM_ID").ok_or_else(|| fault(1, "the header has no column ITEM_ID"))?;
    let time = column("TIMESTAMP").ok_or_else(|| fault(1, "the header has no column TIMESTAMP"))?;
    let mut rows = Vec::new();
    for (line, record) in (2..).zip(reader.records()) {
        let record = record?;
        let seconds: f64 =
            record[time].trim().parse().map_err(|_| fault(line, "TIMESTAMP is no number of seconds"))?;
        let at_ms = (seconds * 1000.0) as i64;
        rows.push(Row { user: record[user].to_owned(), item: record[item].to_owned(), at_ms });
    }
    Ok(rows)
}
