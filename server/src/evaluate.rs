//! `bowerbird evaluate`: trains on a split of a data set, says how good the lists are, and writes them for an outside
//! scorer.
//!
//! The lists go through the published path: the real pack with its int8 vectors, and the ranker.

mod csv_file;
mod moment;
mod plot;
mod table;

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{fs, io};

use bowerbird_ranker::{History, ItemIndex, Pack, Request, recommend};
use bowerbird_recipes::{
    Builder, Flow, Interactions, ItemTable, Judged, Recipe, Training, automl, find, names,
};

/// Items per user in the written lists.
const LIST: usize = 100;

/// Which data, which recipe, and where the lists go.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder with train.tsv, valid.tsv and test.tsv (tab-separated, with a header that names user and item, each
    /// user's rows oldest first; with a ts column in seconds, rows may come in any order).
    #[arg(long, required_unless_present = "file")]
    pub(crate) split: Option<PathBuf>,
    /// Or one file of events with a header, separated by commas, tabs, semicolons or bars: the newest event of each user is
    /// what is to be predicted. Columns are found by their usual names (USER_ID, userId, ITEM_ID, movieId, TIMESTAMP, …).
    #[arg(conflicts_with = "split")]
    pub(crate) file: Option<PathBuf>,
    /// The column of FILE that says who.
    #[arg(long)]
    pub(crate) user_column: Option<String>,
    /// The column of FILE that says with what.
    #[arg(long)]
    pub(crate) item_column: Option<String>,
    /// The column of FILE that says when: seconds or milliseconds since 1970, or a date like 2026-11-25T17:45:01Z.
    #[arg(long)]
    pub(crate) time_column: Option<String>,
    /// A recipe by its name at Amazon.
    #[arg(long, default_value = "aws-user-personalization")]
    pub(crate) recipe: String,
    /// Let AutoML choose the recipe, as `performAutoML` does: candidates are judged by the events before those that are to
    /// be predicted.
    #[arg(long, conflicts_with = "recipe")]
    pub(crate) auto: bool,
    /// Where to write `user<TAB>item item ...`, best first, at most 100 items per user.
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// Where to write the metrics, tab-separated, with all digits.
    #[arg(long)]
    pub(crate) report: Option<PathBuf>,
    /// Where to draw them (SVG).
    #[arg(long)]
    pub(crate) plot: Option<PathBuf>,
    /// Which events are to be predicted: `test` trains on train and valid, `valid` on train alone.
    #[arg(long, value_enum, default_value_t = On::Test)]
    pub(crate) on: On,
    /// Lists may hold items that the user had before: for sessions in which people come back to things.
    #[arg(long)]
    pub(crate) repeat: bool,
    /// Seed of the training.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// A hyperparameter of the recipe, as often as needed: `--set encoder_seconds=0`.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    pub(crate) settings: Vec<(String, String)>,
}

/// Which events are to be predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum On {
    /// The newest event of each user.
    Test,
    /// The second newest.
    Valid,
}

/// Why there are no lists.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EvaluateError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file has not the form of a split.
    #[error("{path} line {line}: {what}")]
    Form {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What was expected.
        what: &'static str,
    },
    /// A column that the file does not have, or under another name.
    #[error("there is no column {wanted}: name the one that is meant with {option}; there are {known}{hint}")]
    Column {
        /// What names it.
        option: &'static str,
        /// What was looked for.
        wanted: String,
        /// Those of the file.
        known: String,
        /// What may be wrong, or nothing.
        hint: &'static str,
    },
    /// A cell that cannot be meant.
    #[error("{path} line {line}, column {column}: {value:?} cannot be meant: {what}")]
    Cell {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Its name in the header.
        column: String,
        /// What stands there.
        value: String,
        /// What would be right.
        what: String,
    },
    /// There is no such recipe.
    #[error("there is no recipe {name}: choose one of {known}")]
    Recipe {
        /// What was asked for.
        name: String,
        /// All names.
        known: String,
    },
}

/// Trains, prints times and metrics to standard error, and writes the lists.
///
/// # Errors
/// A missing file, folder or column; an unknown recipe; a split without rows.
pub(crate) fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let recipe = recipe(&args.recipe)?;
    let task = match (&args.file, &args.split) {
        (Some(file), _) => csv_file::task(file, args)?,
        (None, Some(split)) => task(split, args.on)?,
        (None, None) => return Err("give a CSV file or --split".into()),
    };
    let interactions = &task.interactions;

    let started = Instant::now();
    let job = Training {
        interactions,
        items: &ItemTable::default(),
        seed: args.seed,
        progress: &progress,
        settings: &args.settings.iter().cloned().collect(),
    };
    let mut settings = job.settings.clone();
    let recipe = if args.auto {
        let chosen = best(&job)?;
        settings.extend(chosen.settings);
        chosen.recipe
    } else {
        recipe
    };
    let trained = recipe.train(&Training { settings: &settings, ..job })?;
    let seconds = started.elapsed().as_secs_f64();
    tell(&format!("trained {} on {} interactions in {seconds:.2} s", recipe.name(), interactions.n_events()));
    trained.metrics.iter().for_each(|(name, value)| eprintln!("  {name} {value:.4}"));

    let pack = Pack::open(trained.pack)?;
    eprintln!(
        "  {:.1} bytes per item, {:?}",
        pack.bytes().len() as f64 / pack.n_items() as f64,
        pack.constants()
    );
    let lists = lists(&pack, &task.queries, args.repeat);
    let judged = judged(&pack, &task, &lists, args.repeat);
    let report = bowerbird_recipes::report(&judged, pack.n_items(), args.seed);
    print!("{}", table::text(&report));
    let write = |path: &Option<PathBuf>, text: &dyn Fn() -> String| match path {
        Some(path) => {
            fs::write(path, text()).map_err(|source| EvaluateError::Io { path: path.clone(), source })
        }
        None => Ok(()),
    };
    write(&args.out, &|| lines(&pack, &task.queries, &lists))?;
    write(&args.report, &|| table::tsv(&report))?;
    write(&args.plot, &|| plot::svg(&report))?;
    Ok(())
}

fn recipe(name: &str) -> Result<&'static dyn Recipe, EvaluateError> {
    let known = || names().collect::<Vec<_>>().join(", ");
    find(name).ok_or_else(|| EvaluateError::Recipe { name: name.to_owned(), known: known() })
}

/// The one that AutoML chooses, with its setting; says of each candidate why it is or is not.
fn best(job: &Training<'_>) -> Result<automl::Choice, Box<dyn Error>> {
    let best = automl::choose(job, &automl::named(automl::CANDIDATES)?)?;
    for verdict in &best.verdicts {
        tell(&format!("{}: {}", automl::label(verdict.recipe, &verdict.settings), verdict.reason));
    }
    Ok(best)
}

/// A line that stays, in the place of the one that overwrites itself.
fn tell(line: &str) {
    let cleared = if io::stderr().is_terminal() { "\u{1b}[K" } else { "" };
    eprintln!("{cleared}{line}");
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("give NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// One line that overwrites itself; nothing where it would fill a log.
fn progress(phase: &str, done: u64, total: u64) -> Flow {
    if io::stderr().is_terminal() {
        eprint!("{phase} {done}/{total}\u{1b}[K\r");
    }
    Flow::Continue
}

struct Row {
    user: String,
    item: String,
    at_ms: i64,
}

fn interactions(split: &Path, on: On) -> Result<Interactions, Box<dyn Error>> {
    let mut builder = Interactions::builder();
    let add = |builder: &mut Builder, path: &Path| -> Result<(), Box<dyn Error>> {
        for row in rows(path)? {
            builder.push(&row.user, &row.item, row.at_ms, 1.0)?;
        }
        Ok(())
    };
    add(&mut builder, &split.join("train.tsv"))?;
    let valid = split.join("valid.tsv");
    if on == On::Test && valid.exists() {
        add(&mut builder, &valid)?;
    }
    Ok(builder.build()?)
}

/// The rows of one file. Without a ts column every row has time 0, so the order of the file stands.
fn rows(path: &Path) -> Result<Vec<Row>, EvaluateError> {
    let text = read(path)?;
    let fault = |line: usize, what| EvaluateError::Form { path: path.into(), line, what };
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let column = |name: &str| header.iter().position(|other| *other == name);
    let user = column("user").ok_or_else(|| fault(1, "the header has no column user"))?;
    let item = column("item").ok_or_else(|| fault(1, "the header has no column item"))?;
    let ts = column("ts");
    let parse = |(number, line): (usize, &str)| {
        let fields: Vec<&str> = line.split('\t').collect();
        let field =
            |place: usize| fields.get(place).copied().ok_or_else(|| fault(number, "a column is missing"));
        let seconds = match ts {
            Some(place) => field(place)?.parse::<f64>().map_err(|_| fault(number, "ts is no number"))?,
            None => 0.0,
        };
        Ok(Row { user: field(user)?.into(), item: field(item)?.into(), at_ms: (seconds * 1000.0) as i64 })
    };
    (2..).zip(lines).map(parse).collect()
}

/// What to learn from, for whom to make lists, and what they should have held.
struct Task {
    interactions: Interactions,
    queries: Vec<Query>,
    /// By user.
    truths: HashMap<String, Vec<String>>,
}

/// A user to make a list for, with the ids of what came before, oldest first.
type Query = (String, Vec<String>);

fn task(split: &Path, on: On) -> Result<Task, Box<dyn Error>> {
    let interactions = interactions(split, on)?;
    let targets = split.join(if on == On::Test { "test.tsv" } else { "valid.tsv" });
    let mut truths: HashMap<String, Vec<String>> = HashMap::new();
    for row in rows(&targets)? {
        truths.entry(row.user).or_default().push(row.item);
    }
    let prefixes = split.join("test_prefix.tsv");
    let queries = if on == On::Test && prefixes.exists() {
        prefix_queries(&prefixes)?
    } else {
        queries(&interactions, &truths)
    };
    Ok(Task { interactions, queries, truths })
}

/// The histories of a file with user and items, spaces between them.
fn prefix_queries(path: &Path) -> Result<Vec<Query>, EvaluateError> {
    let query = |line: &str| {
        let (user, items) = line.split_once('\t')?;
        Some((user.to_owned(), items.split(' ').map(str::to_owned).collect()))
    };
    Ok(read(path)?.lines().skip(1).filter_map(query).collect())
}

/// The histories of the users whose events are to be predicted.
fn queries(interactions: &Interactions, truths: &HashMap<String, Vec<String>>) -> Vec<Query> {
    let item = |event: &bowerbird_recipes::Event| interactions.item_ids()[event.item as usize].clone();
    let users = interactions.user_ids().iter().enumerate().filter(|(_, id)| truths.contains_key(*id));
    users.map(|(user, id)| (id.clone(), interactions.sequence(user).iter().map(item).collect())).collect()
}

/// One list per query; unless they may repeat, what a user has seen is left out.
fn lists(pack: &Pack, queries: &[Query], may_repeat: bool) -> Vec<Vec<ItemIndex>> {
    let list = |(_, items): &Query| {
        let mut history = History::new();
        let mut seen: HashSet<ItemIndex> = HashSet::new();
        for item in items.iter().filter_map(|id| pack.index_of(id)) {
            history.observe(item, 1.0);
            seen.insert(item);
        }
        let exclude = |item: ItemIndex| !may_repeat && seen.contains(&item);
        let best = recommend(pack, &history, &Request { exclude: &exclude, ..Request::top(LIST) });
        best.iter().map(|ranked| ranked.item).collect()
    };
    queries.iter().map(list).collect()
}

/// Lists beside truths; a truth that was seen before does not count unless lists may repeat.
fn judged(pack: &Pack, task: &Task, lists: &[Vec<ItemIndex>], may_repeat: bool) -> Vec<Judged> {
    let mut strangers: HashMap<&str, u32> = HashMap::new();
    let mut judged = Vec::new();
    for ((user, items), list) in task.queries.iter().zip(lists) {
        let history: Vec<u32> = items.iter().filter_map(|id| pack.index_of(id)).map(|item| item.0).collect();
        let mut truth = Vec::new();
        for id in task.truths.get(user).into_iter().flatten() {
            // What the pack does not know gets a number of its own behind it: it counts, and cannot be hit.
            let next = (pack.n_items() + strangers.len()) as u32;
            let number =
                pack.index_of(id).map_or_else(|| *strangers.entry(id).or_insert(next), |item| item.0);
            if may_repeat || !history.contains(&number) {
                truth.push(number);
            }
        }
        if !truth.is_empty() {
            judged.push(Judged { history, list: list.iter().map(|item| item.0).collect(), truth });
        }
    }
    judged
}

/// `user<TAB>item item ...`, one line per query.
fn lines(pack: &Pack, queries: &[Query], lists: &[Vec<ItemIndex>]) -> String {
    let mut lines = String::new();
    for ((user, _), list) in queries.iter().zip(lists) {
        let ids: Vec<&str> = list.iter().map(|&item| pack.id(item)).collect();
        let _ = writeln!(lines, "{user}\t{}", ids.join(" "));
    }
    lines
}

fn read(path: &Path) -> Result<String, EvaluateError> {
    fs::read_to_string(path).map_err(|source| EvaluateError::Io { path: path.into(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn args(split: &Path) -> Args {
        let out = Some(split.join("recs.tsv"));
        Args {
            split: Some(split.into()),
            file: None,
            user_column: None,
            item_column: None,
            time_column: None,
            report: None,
            plot: None,
            recipe: "aws-user-personalization".into(),
            auto: false,
            out,
            on: On::Test,
            repeat: false,
            seed: 1,
            settings: Vec::new(),
        }
    }

    fn write(folder: &Path, file: &str, text: &str) {
        fs::write(folder.join(file), text).unwrap();
    }

    #[test]
    fn lists_leave_out_what_was_seen_and_hold_each_wanted_user() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "train.tsv", "user\titem\tts\nu\ta\t1\nu\tb\t2\nv\tb\t1\nv\tc\t2\n");
        write(folder.path(), "valid.tsv", "user\titem\tts\nv\ta\t3\n");
        write(folder.path(), "test.tsv", "user\titem\tts\nu\tc\t9\n");
        let args = args(folder.path());
        run(&args).unwrap();
        assert_eq!(fs::read_to_string(args.out.unwrap()).unwrap(), "u\tc\n");
    }

    #[test]
    fn a_recipe_is_chosen_where_none_is_named() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "train.tsv", "user\titem\tts\nu\ta\t1\nu\tb\t2\nv\tb\t1\nv\tc\t2\n");
        write(folder.path(), "test.tsv", "user\titem\tts\nu\tc\t9\n");
        let args = Args { auto: true, ..args(folder.path()) };
        run(&args).unwrap();
        assert_eq!(fs::read_to_string(args.out.unwrap()).unwrap(), "u\tc\n");
    }

    #[test]
    fn what_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let says = |args: &Args| run(args).unwrap_err().to_string();
        assert!(says(&args(folder.path())).contains("train.tsv"));
        write(folder.path(), "train.tsv", "user\tfilm\nu\ta\n");
        assert!(says(&args(folder.path())).contains("line 1: the header has no column item"));
        let unknown = Args { recipe: "aws-magic".into(), ..args(folder.path()) };
        assert!(says(&unknown).contains("aws-user-personalization"));
    }
}
