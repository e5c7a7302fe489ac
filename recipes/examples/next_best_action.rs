//! How good propensities are: `cargo run --release -p bowerbird-recipes --example next_best_action -- ML-100K`.
//!
//! ML-100K has interactions.tsv (user, item, ts, rating), items.tsv and users.tsv. There is no open data set of offers, so
//! the hundred films with the most ratings are the actions: who gave four stars or more took it, who gave fewer did not.
//! All other ratings are interactions. Beside the metrics of the model, on the newest fifth of the offers, the area under
//! the curve of what needs no model: the rate of the action, and the odds of the action times those of the user.

mod process;

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::fs;

use bowerbird_recipes::next_best_action::{Actions, Answer, Answered, Attributes, train};
use bowerbird_recipes::{Flow, Interactions, ItemTable, Training};
use process::{cpu_seconds, peak_bytes};

const ACTIONS: usize = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: next_best_action ML-100K")?;
    let read = |name: &str| fs::read_to_string(format!("{folder}/{name}.tsv"));
    let (ratings, items, users) = (read("interactions")?, read("items")?, read("users")?);
    let rows: Vec<Vec<&str>> = ratings.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    let mut often: HashMap<&str, usize> = HashMap::new();
    rows.iter().for_each(|row| *often.entry(row[1]).or_default() += 1);
    let mut films: Vec<&str> = often.keys().copied().collect();
    films.sort_by_key(|film| (usize::MAX - often[film], *film));
    films.truncate(ACTIONS);
    let (mut builder, mut answers) = (Interactions::builder(), Vec::new());
    for row in &rows {
        let (at_ms, stars) = (row[2].parse::<i64>()? * 1000, row[3].parse::<f64>()?);
        if films.contains(&row[1]) {
            let answer = if stars >= 4.0 { Answer::Taken } else { Answer::NotTaken };
            answers.push(Answered { user: row[0].into(), action: row[1].into(), at_ms, answer });
        } else {
            builder.push(row[0], row[1], at_ms, 1.0)?;
        }
    }
    let interactions = builder.build()?;
    let actions = items
        .lines()
        .skip(1)
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .filter(|row| films.contains(&row[0]))
        .map(|row| (row[0].to_owned(), film(&row)))
        .collect();
    let users = users.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    let users = users.map(|row| (row[0].to_owned(), person(&row))).collect();
    let (table, settings) = (ItemTable::default(), BTreeMap::new());
    let progress = |_: &str, _, _| Flow::Continue;
    let job = Training {
        interactions: &interactions,
        items: &table,
        seed: 1,
        progress: &progress,
        settings: &settings,
    };
    let before = cpu_seconds();
    let trained = train(&job, &Actions { answers: &answers, actions: &actions, users: &users })?;
    let (seconds, peak) = (cpu_seconds() - before, peak_bytes() / 1e6);
    println!("{} offers, {seconds:.2} CPU-s, peak {peak:.0} MB", answers.len());
    trained.metrics.iter().for_each(|(name, value)| println!("{name}\t{value:.4}"));
    baselines(&mut answers);
    Ok(())
}

fn film(row: &[&str]) -> Attributes {
    let mut attributes = Attributes::default();
    attributes.add_words("GENRES", &row[3].replace(' ', "|"));
    if let Ok(year) = row[2].parse() {
        attributes.add_number("YEAR", year);
    }
    attributes
}

fn person(row: &[&str]) -> Attributes {
    let mut attributes = Attributes::default();
    attributes.add_number("AGE", row[1].parse().unwrap_or(f64::NAN));
    attributes.add_words("GENDER", row[2]);
    attributes.add_words("OCCUPATION", row[3]);
    attributes
}

/// Without a model: smoothed rates of the older four fifths.
fn baselines(answers: &mut [Answered]) {
    answers.sort_by(|a, b| (a.at_ms, &a.user, &a.action).cmp(&(b.at_ms, &b.user, &b.action)));
    let (older, newest) = answers.split_at(answers.len() - answers.len() / 5);
    let rates = |key: fn(&Answered) -> &str| {
        let mut counts: HashMap<&str, (f64, f64)> = HashMap::new();
        for answered in older {
            let (taken, all) = counts.entry(key(answered)).or_default();
            *taken += f64::from(u8::from(answered.answer == Answer::Taken));
            *all += 1.0;
        }
        move |answered: &Answered| {
            let (taken, all) = counts.get(key(answered)).copied().unwrap_or_default();
            (taken + 2.0) / (all + 4.0)
        }
    };
    let (of_action, of_user) = (rates(|answered| &answered.action), rates(|answered| &answered.user));
    let odds = |rate: f64| rate / (1.0 - rate);
    let area = |score: &dyn Fn(&Answered) -> f64| {
        let (mut above, mut pairs) = (0.0, 0.0);
        let scored: Vec<(f64, bool)> =
            newest.iter().map(|one| (score(one), one.answer == Answer::Taken)).collect();
        for (taken, _) in scored.iter().filter(|(_, is_taken)| *is_taken) {
            for (not, _) in scored.iter().filter(|(_, is_taken)| !*is_taken) {
                above += if taken > not {
                    1.0
                } else if taken == not {
                    0.5
                } else {
                    0.0
                };
                pairs += 1.0;
            }
        }
        above / pairs
    };
    println!("area_under_curve of the rate of the action\t{:.4}", area(&of_action));
    let both = |answered: &Answered| odds(of_action(answered)) * odds(of_user(answered));
    println!("area_under_curve of the odds of action and user\t{:.4}", area(&both));
}
