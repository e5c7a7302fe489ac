//! What next best action promises.
#![allow(clippy::unwrap_used)] // as in any test

use std::collections::BTreeMap;

use bowerbird_ranker::Pack;
use bowerbird_recipes::next_best_action::{
    Actions, Answer, Answered, Attributes, Person, Propensity, Seen, TrainedActions, train,
};
use bowerbird_recipes::{Flow, Interactions, ItemTable, Progress, RecipeError, Training};

const USERS: usize = 300;
const ITEMS: usize = 20;
const EVEN: [&str; 5] = ["i00", "i02", "i06", "i10", "i14"];
const ODD: [&str; 5] = ["i01", "i05", "i09", "i13", "i17"];
const DAY_MS: i64 = 86_400_000;

/// Even users like even items and odd users odd ones.
fn board() -> Interactions {
    let mut builder = Interactions::builder();
    for user in 0..USERS {
        for item in (0..ITEMS).filter(|item| item % 2 == user % 2 && (item / 2 + user / 2) % 5 != 0) {
            let at = ((item * 7 + user * 5) % 19) as i64;
            builder.push(&format!("u{user}"), &format!("i{item:02}"), at, 1.0).unwrap();
        }
    }
    builder.build().unwrap()
}

fn coloured(action: usize) -> Attributes {
    let mut attributes = Attributes::default();
    attributes.add_words("COLOUR", ["even", "odd"][action % 2]);
    attributes
}

fn actions() -> BTreeMap<String, Attributes> {
    (0..6).map(|action| (format!("a{action}"), coloured(action))).collect()
}

/// A number below 10 that nothing else depends on.
fn chance(user: usize, action: usize, salt: u64) -> usize {
    let mixed = (user as u64 * 8 + action as u64 + (salt << 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as usize % 10
}

/// Users took the actions of their colour, most of the time, and not the others.
fn answers() -> Vec<Answered> {
    let mut answers = Vec::new();
    for user in 0..USERS {
        for action in (0..6).filter(|action| chance(user, *action, 1) < 6) {
            let is_taken = (user % 2 == action % 2) != (chance(user, action, 2) == 0);
            answers.push(Answered {
                user: format!("u{user}"),
                action: format!("a{action}"),
                at_ms: (chance(user, action, 3) * 4 + chance(user, action, 4) / 3) as i64 * DAY_MS + 1000,
                answer: if is_taken { Answer::Taken } else { Answer::NotTaken },
            });
        }
    }
    answers
}

fn trained_with(
    interactions: &Interactions,
    answers: &[Answered],
    progress: &dyn Progress,
) -> Result<TrainedActions, RecipeError> {
    let (items, settings) = (ItemTable::default(), BTreeMap::new());
    let job = Training { interactions, items: &items, seed: 7, progress, settings: &settings };
    train(&job, &Actions { answers, actions: &actions(), users: &BTreeMap::new() })
}

fn trained(interactions: &Interactions, answers: &[Answered]) -> TrainedActions {
    trained_with(interactions, answers, &|_: &str, _, _| Flow::Continue).unwrap()
}

/// The propensity of somebody without answers who did something with these items.
fn propensity(trained: &TrainedActions, items: &[&str], action: &str, attributes: &Attributes) -> f64 {
    let pack = Pack::open(trained.pack.clone()).unwrap();
    let seen: Vec<Seen> =
        items.iter().map(|id| Seen { item: pack.index_of(id).unwrap(), at_ms: 10 }).collect();
    let nobody = Attributes::default();
    let person = Person { seen: &seen, answers: &[], attributes: &nobody, now_ms: 41 * DAY_MS };
    Propensity::read(trained.propensity.as_bytes()).unwrap().of(&pack, &person, (action, attributes))
}

#[test]
fn a_stranger_is_offered_what_those_of_their_taste_took() {
    let trained = trained(&board(), &answers());
    for action in 0..6 {
        let (id, attributes) = (format!("a{action}"), coloured(action));
        let even = propensity(&trained, &EVEN, &id, &attributes);
        let odd = propensity(&trained, &ODD, &id, &attributes);
        let (own, other) = if action % 2 == 0 { (even, odd) } else { (odd, even) };
        assert!(own > 0.7 && other < 0.3, "{id}: {own} and {other}");
    }
}

#[test]
fn an_action_that_nobody_was_offered_has_the_propensity_of_its_kind() {
    let trained = trained(&board(), &answers());
    let even = propensity(&trained, &EVEN, "new", &coloured(0));
    let odd = propensity(&trained, &ODD, "new", &coloured(0));
    assert!(even > 0.6 && odd < 0.4, "{even} and {odd}");
    // Of one without any description nothing is known but the rate of all.
    let unknown = propensity(&trained, &[], "unknown", &Attributes::default());
    assert!((0.2..0.8).contains(&unknown), "{unknown}");
}

#[test]
fn propensities_are_what_comes_of_offers_that_were_held_back() {
    let metrics = trained(&board(), &answers()).metrics;
    let names = ["area_under_curve", "calibration_error", "coverage", "precision", "recall"];
    assert!(metrics.iter().map(|(name, _)| name).eq(names));
    let value = |name| metrics.get(name).unwrap();
    assert!(value("area_under_curve") > 0.82, "{metrics:?}");
    assert!(value("calibration_error") < 0.12, "{metrics:?}");
    assert!(value("precision") > 0.8 && value("recall") > 0.8 && value("coverage") > 0.8, "{metrics:?}");
}

#[test]
fn without_answers_nothing_is_claimed() {
    let trained = trained(&board(), &[]);
    assert_eq!(propensity(&trained, &["i00"], "a0", &coloured(0)), 0.0);
    let model = Propensity::read(trained.propensity.as_bytes()).unwrap();
    assert!(model.knows_nothing() && !model.knows("a0"));
    assert!(
        trained.metrics.iter().all(|(_, value)| value == 0.0 || value == 5.0 / 6.0),
        "{:?}",
        trained.metrics
    );
}

#[test]
fn one_answer_of_one_user_moves_little_and_breaks_nothing() {
    let one = Answered { user: "🙂".into(), action: "🦜".into(), at_ms: 0, answer: Answer::Taken };
    for answers in [vec![one.clone()], vec![one; 1000]] {
        let trained = trained(&board(), &answers);
        let p = propensity(&trained, &["i00"], "a0", &coloured(0));
        assert!(p > 0.0 && p < 1.0, "{p}");
    }
}

#[test]
fn a_machine_that_answers_all_day_is_one_user() {
    let answered = |n: i64| Answered {
        user: "machine".into(),
        action: format!("a{}", n % 2),
        at_ms: n * 1000,
        answer: if n % 3 == 0 { Answer::Taken } else { Answer::NotTaken },
    };
    let answers: Vec<Answered> = (0..30_000).map(answered).collect();
    let p = propensity(&trained(&board(), &answers), &["i00"], "a0", &coloured(0));
    assert!(p > 0.0 && p < 1.0, "{p}");
}

#[test]
fn one_user_may_do_and_answer_a_million_things_in_one_moment() {
    let mut builder = Interactions::builder();
    (0..1_000_000).for_each(|n| builder.push("🙂", &format!("🦜{}", n % 211), 5, 1.0).unwrap());
    let answered = |n: usize| Answered {
        user: "🙂".into(),
        action: format!("a{}", n % 6),
        at_ms: 5,
        answer: if n.is_multiple_of(3) { Answer::Taken } else { Answer::NotTaken },
    };
    let answers: Vec<Answered> = (0..1_000_000).map(answered).collect();
    let trained = trained(&builder.build().unwrap(), &answers);
    let p = propensity(&trained, &["🦜7"], "a0", &coloured(0));
    assert!(p > 0.0 && p < 1.0, "{p}");
}

#[test]
fn the_same_answers_give_the_same_model_on_any_number_of_threads_in_any_order() {
    let (board, answers) = (board(), answers());
    let on_threads = |n: usize, answers: &[Answered]| {
        rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap().install(|| trained(&board, answers))
    };
    let first = on_threads(1, &answers);
    assert_eq!(first, on_threads(2, &answers));
    let backwards: Vec<Answered> = answers.iter().rev().cloned().collect();
    assert_eq!(first, on_threads(1, &backwards));
}

#[test]
fn a_stop_ends_training_wherever_it_comes() {
    let (board, answers) = (board(), answers());
    for phase in [
        "training: vectors",
        "evaluating: reading offers",
        "evaluating: propensities",
        "training: propensities",
    ] {
        let stop = |at: &str, _, _| if at == phase { Flow::Stop } else { Flow::Continue };
        assert_eq!(trained_with(&board, &answers, &stop), Err(RecipeError::Stopped), "{phase}");
    }
}

#[test]
fn what_is_no_model_or_of_a_later_version_is_refused() {
    let whole = trained(&board(), &answers()).propensity;
    for broken in ["", "{}", &whole[..whole.len() / 2], &whole.replace("\"version\":1", "\"version\":2")] {
        assert!(matches!(Propensity::read(broken.as_bytes()), Err(RecipeError::Propensity { .. })));
    }
    assert_eq!(Propensity::read(whole.as_bytes()).unwrap().write(), whole);
}
