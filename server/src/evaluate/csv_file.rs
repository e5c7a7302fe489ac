//! One file of events, as anybody has it: everything but each user's newest event is learnt from. Columns are found by the
//! names that data sets give them, separators by looking, and times in any usual form.

use std::collections::HashMap;
use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use bowerbird_recipes::Interactions;

use super::{Args, EvaluateError, Task, moment, queries};
use crate::control::squeeze;

/// Names without case and signs, the one that is told to people first.
const USERS: [&str; 8] =
    ["userid", "user", "uid", "visitorid", "customerid", "reviewerid", "memberid", "sessionid"];
const ITEMS: [&str; 10] = [
    "itemid",
    "item",
    "productid",
    "movieid",
    "parentasin",
    "asin",
    "articleid",
    "contentid",
    "sku",
    "product",
];
const TIMES: [&str; 9] = [
    "timestamp",
    "ts",
    "time",
    "datetime",
    "date",
    "unixreviewtime",
    "eventtime",
    "createdat",
    "timestampms",
];
const SEPARATORS: [u8; 4] = [b',', b'\t', b';', b'|'];

struct Row {
    user: String,
    item: String,
    at_ms: i64,
}

pub(super) fn task(path: &Path, args: &Args) -> Result<Task, Box<dyn Error>> {
    let mut rows = rows(path, args)?;
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

fn rows(path: &Path, args: &Args) -> Result<Vec<Row>, Box<dyn Error>> {
    let open = || File::open(path).map_err(|source| EvaluateError::Io { path: path.into(), source });
    let mut first = String::new();
    BufReader::new(open()?)
        .read_line(&mut first)
        .map_err(|source| EvaluateError::Io { path: path.into(), source })?;
    let mut reader = csv::ReaderBuilder::new().delimiter(separator(&first)).from_reader(open()?);
    let header: Vec<String> =
        reader.headers()?.iter().map(|name| name.trim_start_matches('\u{feff}').trim().to_owned()).collect();
    let find = |wanted: &Option<String>, names: &[&str], option| column(&header, wanted, names, option);
    let user = find(&args.user_column, &USERS, "--user-column")?;
    let item = find(&args.item_column, &ITEMS, "--item-column")?;
    let time = find(&args.time_column, &TIMES, "--time-column")?;
    tell_unused(&header, &[user, item, time]);
    let mut rows = Vec::new();
    for (line, record) in (2..).zip(reader.records()) {
        let record = record?;
        let fault = |column: usize, what: &str| EvaluateError::Cell {
            path: path.into(),
            line,
            column: header[column].clone(),
            value: record[column].chars().take(40).collect(),
            what: what.to_owned(),
        };
        let id = |column: usize| match record[column].trim() {
            "" => Err(fault(column, "an id has at least one character")),
            id => Ok(id.to_owned()),
        };
        let at_ms = moment::milliseconds(&record[time]).ok_or_else(|| {
            fault(time, "give seconds or milliseconds since 1970, or a date like 2026-11-25T17:45:01Z")
        })?;
        rows.push(Row { user: id(user)?, item: id(item)?, at_ms });
    }
    Ok(rows)
}

/// The one that occurs most often in the first line.
fn separator(first: &str) -> u8 {
    let count = |separator: &u8| first.bytes().filter(|byte| byte == separator).count();
    SEPARATORS.into_iter().rev().max_by_key(count).unwrap_or(b',')
}

fn column(
    header: &[String],
    wanted: &Option<String>,
    names: &[&str],
    option: &'static str,
) -> Result<usize, EvaluateError> {
    let named = |name: &str| header.iter().position(|other| squeeze(other) == squeeze(name));
    let found = match wanted {
        Some(name) => named(name),
        None => names.iter().find_map(|name| named(name)),
    };
    found.ok_or_else(|| EvaluateError::Column {
        option,
        wanted: wanted.clone().unwrap_or_else(|| names[0].to_uppercase()),
        known: header.join(", "),
        hint: if header.iter().any(|name| name.parse::<f64>().is_ok()) {
            "; the file seems to have no header: write one as its first line, like USER_ID,ITEM_ID,TIMESTAMP"
        } else {
            ""
        },
    })
}

fn tell_unused(header: &[String], used: &[usize]) {
    let unused: Vec<&str> =
        (0..header.len()).filter(|at| !used.contains(at)).map(|at| header[at].as_str()).collect();
    let names: Vec<&str> = used.iter().map(|&at| header[at].as_str()).collect();
    eprintln!("users, items and times are the columns {}", names.join(", "));
    if !unused.is_empty() {
        eprintln!("not used: {}. Every row counts as one event, whatever its rating", unused.join(", "));
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::tests::args;
    use super::*;

    fn read(text: &str, change: impl FnOnce(&mut Args)) -> Result<Vec<(String, String, i64)>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.csv");
        fs::write(&path, text).unwrap();
        let mut args = args(folder.path());
        change(&mut args);
        let rows = rows(&path, &args).map_err(|error| error.to_string())?;
        Ok(rows.into_iter().map(|row| (row.user, row.item, row.at_ms)).collect())
    }

    #[test]
    fn files_of_any_usual_form_are_read() {
        let row = ("7".to_owned(), "a|b".to_owned(), 1_795_628_701_000);
        for text in [
            "USER_ID,ITEM_ID,TIMESTAMP\n7,a|b,1795628701\n",
            "\u{feff}\"userId\",\"movieId\",\"rating\",\"timestamp\"\r\n\"7\",\"a|b\",4.5,1795628701\r\n",
            "user\titem\tts\trating\n7\ta|b\t1795628701000\t3\n",
            "date;product_id;customer_id\n2026-11-25 17:45:01;a|b;7\n",
        ] {
            assert_eq!(read(text, |_| {}), Ok(vec![row.clone()]), "{text}");
        }
    }

    #[test]
    fn columns_of_other_names_are_named() {
        let text = "who,what,when\n7,x,5\n";
        let refused = read(text, |_| {}).unwrap_err();
        assert!(refused.contains("--user-column") && refused.contains("who, what, when"), "{refused}");
        let named = |args: &mut Args| {
            args.user_column = Some("Who".into());
            args.item_column = Some("what".into());
            args.time_column = Some("when".into());
        };
        assert_eq!(read(text, named), Ok(vec![("7".into(), "x".into(), 5000)]));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let refused = read("user,item,time\n1,a,5\n2,b,soon\n", |_| {}).unwrap_err();
        assert!(
            refused.contains("line 3") && refused.contains("soon") && refused.contains("time"),
            "{refused}"
        );
        let refused = read("user,item,time\n1,,5\n", |_| {}).unwrap_err();
        assert!(refused.contains("column item"), "{refused}");
        let refused = read("196\t242\t3\t881250949\n", |_| {}).unwrap_err();
        assert!(refused.contains("no header"), "{refused}");
    }
}
