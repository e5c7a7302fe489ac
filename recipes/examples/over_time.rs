//! What a recipe is worth as time goes by: `cargo run --release -p bowerbird-recipes --example over_time -- DATA [RECIPE|auto] [NAME=VALUE …]`.
//!
//! DATA is a folder with train.tsv, valid.tsv and test.tsv (user, item, ts in seconds), which are read as one table, or
//! `news:DAYS` for made-up events with items that live for so many days. The newer half of the events is cut into stretches
//! with as many events each; before each stretch the recipe is trained on all that is older (`auto`: AutoML chooses it
//! anew), and of everybody who did something in the stretch the first event is to be predicted from what they had done
//! before it began. So nothing knows what comes later, and a list is as old as a stretch is long. Prints NDCG@10 with its
//! standard error for those of whom something is known and for the others. What a user had before is left out of their
//! list, unless the setting `repeat` is given.

mod news;
mod settings;
mod split;
mod visitor;

use std::collections::{BTreeMap, HashSet};
use std::error::Error;
use std::fs;

use bowerbird_ranker::{History, Pack, Request, recommend};
use bowerbird_recipes::{Flow, Interactions, ItemTable, Training, automl, find};
use settings::settings;
use split::rows;
use visitor::{gain, visitor};

const STRETCHES: usize = 12;
const K: usize = 10;

type Row = (String, String, i64);

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let data = arguments.next().ok_or("usage: over_time DATA [RECIPE|auto] [NAME=VALUE …]")?;
    let name = arguments.next().unwrap_or_else(|| "aws-user-personalization-v2".into());
    let mut settings = settings(arguments);
    let may_repeat = settings.remove("repeat").is_some();
    let events = events(&data)?;
    let (mut known, mut strangers) = (Vec::new(), Vec::new());
    let half = events.len() / 2;
    let stretch = (events.len() - half).div_ceil(STRETCHES);
    for start in (half..events.len()).step_by(stretch) {
        let (before, ahead) = (&events[..start], &events[start..events.len().min(start + stretch)]);
        let (interactions, pack) = trained(before, &name, &settings)?;
        eprintln!("{start} events\t{}\thalf-life {} days", pack.recipe(), pack.notes().half_life_days);
        judge((&pack, may_repeat), &interactions, ahead, (&mut known, &mut strangers));
    }
    println!("{name}\tknown\t{}\tstrangers\t{}", told(&known), told(&strangers));
    Ok(())
}

/// All events, oldest first.
fn events(data: &str) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut events = Vec::new();
    if let Some(days) = data.strip_prefix("news:") {
        events = news::news(days.parse()?, 1);
    } else {
        for file in ["train", "valid", "test"] {
            let text = fs::read_to_string(format!("{data}/{file}.tsv"))?;
            events.extend(rows(&text).map(|(user, item, at_ms)| (user.to_owned(), item.to_owned(), at_ms)));
        }
    }
    events.sort_by_key(|&(_, _, at_ms)| at_ms);
    Ok(events)
}

fn trained(
    before: &[Row],
    name: &str,
    settings: &BTreeMap<String, String>,
) -> Result<(Interactions, Pack), Box<dyn Error>> {
    let mut builder = Interactions::builder();
    for (user, item, at_ms) in before {
        builder.push(user, item, *at_ms, 1.0)?;
    }
    let (interactions, items) = (builder.build()?, ItemTable::default());
    let progress = |_: &str, _: u64, _: u64| Flow::Continue;
    let job = Training { interactions: &interactions, items: &items, seed: 1, progress: &progress, settings };
    let trained = if name == "auto" {
        let chosen = automl::choose(&job, &automl::named(automl::CANDIDATES)?)?;
        eprintln!("{}", automl::label(chosen.recipe.name(), &chosen.settings));
        let settings = settings.clone().into_iter().chain(chosen.settings).collect();
        chosen.recipe.train(&Training { settings: &settings, ..job })?
    } else {
        find(name).ok_or("no such recipe")?.train(&job)?
    };
    let pack = Pack::open(trained.pack)?;
    Ok((interactions, pack))
}

/// Adds the gain of each person's first event in the stretch to those of known people or of strangers.
fn judge(
    (pack, may_repeat): (&Pack, bool),
    interactions: &Interactions,
    ahead: &[Row],
    (known, strangers): (&mut Vec<f64>, &mut Vec<f64>),
) {
    let ids = interactions.user_ids().iter().enumerate();
    let users: BTreeMap<&str, usize> = ids.map(|(user, id)| (id.as_str(), user)).collect();
    let mut judged = HashSet::new();
    for (user, item, _) in ahead.iter().filter(|(user, _, _)| judged.insert(user.as_str())) {
        let user = users.get(user.as_str());
        let (history, seen) =
            user.map_or_else(|| (History::new(), HashSet::new()), |&user| visitor(pack, interactions, user));
        let exclude = |item| !may_repeat && seen.contains(&item);
        let list = recommend(pack, &history, &Request { exclude: &exclude, ..Request::top(K) });
        let gain = gain(list.iter().position(|ranked| pack.id(ranked.item) == item));
        if user.is_some() { known.push(gain) } else { strangers.push(gain) }
    }
}

/// The mean with its standard error.
fn told(gains: &[f64]) -> String {
    let n = gains.len().max(1) as f64;
    let mean = gains.iter().sum::<f64>() / n;
    let error = (gains.iter().map(|gain| (gain - mean).powi(2)).sum::<f64>()).sqrt() / n;
    format!("{mean:.4} ± {error:.4} of {}", gains.len())
}
