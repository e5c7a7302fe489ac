//! What every recipe promises.
#![allow(clippy::unwrap_used)] // as in any test

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bowerbird_ranker::{History, Kind, Pack, Reason, Request, Value, recommend, related, rerank};
use bowerbird_recipes::automl::Verdict;
use bowerbird_recipes::{
    Flow, Interactions, ItemTable, Met, Progress, Recipe, RecipeError, Since, Trained, Training, automl,
    find, hpo, names, with_newcomers,
};

fn go_on(_: &str, _: u64, _: u64) -> Flow {
    Flow::Continue
}

fn train_with(
    recipe: &str,
    interactions: &Interactions,
    items: &ItemTable,
    progress: &dyn Progress,
) -> Result<Trained, RecipeError> {
    let settings = BTreeMap::new();
    find(recipe).unwrap().train(&Training { interactions, items, seed: 7, progress, settings: &settings })
}

fn train(recipe: &str, interactions: &Interactions) -> Trained {
    train_with(recipe, interactions, &ItemTable::default(), &go_on).unwrap()
}

fn open(trained: &Trained) -> Pack {
    Pack::open(trained.pack.clone()).unwrap()
}

fn interactions(rows: impl IntoIterator<Item = (String, String, i64)>) -> Interactions {
    let mut builder = Interactions::builder();
    rows.into_iter().for_each(|(user, item, at)| builder.push(&user, &item, at, 1.0).unwrap());
    builder.build().unwrap()
}

/// One name of each family, where the names behind would only repeat a slow test.
const FAMILIES: [&str; 7] = [
    "aws-user-personalization",
    "aws-sims",
    "aws-similar-items",
    "aws-semantic-similarity",
    "aws-popularity-count",
    "aws-trending-now",
    "aws-item-affinity",
];

/// Those that are judged by segments of users.
const SEGMENTS: [&str; 2] = ["aws-item-affinity", "aws-item-attribute-affinity"];

/// Those that do not learn from what each person did cannot tell colours apart.
const IMPERSONAL: [&str; 3] = ["aws-popularity-count", "aws-semantic-similarity", "aws-trending-now"];

const USERS: usize = 60;
const ITEMS: usize = 20;

/// Even users like even items and odd users odd ones; each leaves out one item of its colour.
fn held_out(user: usize) -> usize {
    user % 2 + 2 * (user / 2 % (ITEMS / 2))
}

fn checkerboard() -> Interactions {
    let rows = (0..USERS).flat_map(|user| {
        let liked = (0..ITEMS).filter(move |&item| item % 2 == user % 2 && item != held_out(user));
        // Everybody in an order of their own, so that only the colour predicts.
        liked
            .map(move |item| (format!("u{user}"), format!("i{item:02}"), ((item * 7 + user * 5) % 19) as i64))
    });
    interactions(rows)
}

fn history_of(pack: &Pack, interactions: &Interactions, user: usize) -> History {
    let mut history = History::new();
    for event in interactions.sequence(user) {
        history.observe(pack.index_of(&interactions.item_ids()[event.item as usize]).unwrap(), event.weight);
    }
    history
}

#[test]
fn the_held_out_square_of_a_checkerboard_comes_first() {
    let board = checkerboard();
    for recipe in names().filter(|name| !IMPERSONAL.contains(name)) {
        let pack = open(&train(recipe, &board));
        for user in 0..USERS {
            let number = board.user_ids().iter().position(|id| *id == format!("u{user}")).unwrap();
            let history = history_of(&pack, &board, number);
            let best = recommend(&pack, &history, &Request::top(1).unseen());
            assert_eq!(pack.id(best[0].item), format!("i{:02}", held_out(user)), "{recipe}, user {user}");
        }
    }
}

#[test]
fn what_goes_with_an_item_has_its_colour() {
    let board = checkerboard();
    for recipe in ["aws-sims", "aws-similar-items", "aws-user-personalization"] {
        let pack = open(&train(recipe, &board));
        for item in pack.items() {
            let beside = related(&pack, item, &Request::top(5));
            assert!(beside.iter().all(|other| other.item.0 % 2 == item.0 % 2), "{recipe}");
        }
    }
}

#[test]
fn popularity_is_the_same_for_everybody_and_counts_people() {
    let often = (0..30).map(|at| ("fan".to_owned(), "often".to_owned(), at));
    let liked = (0..3).map(|user| (format!("u{user}"), "liked".to_owned(), 0));
    let both = interactions(often.chain(liked));
    let pack = open(&train("aws-popularity-count", &both));
    for user in 0..both.n_users() {
        let best = recommend(&pack, &history_of(&pack, &both, user), &Request::top(2));
        assert_eq!(pack.id(best[0].item), "liked");
        assert_eq!(best[0].reason, Reason::Popular);
    }
}

/// Every item says its colour and something of its own.
fn described() -> ItemTable {
    let mut items = ItemTable::new([("ABOUT".to_owned(), Kind::Text), ("COLOUR".to_owned(), Kind::Category)]);
    for item in 0..ITEMS {
        let colour = ["even", "odd"][item % 2];
        items.set(&format!("i{item:02}"), "ABOUT", &format!("An {colour} piece, no. {item}")).unwrap();
        items.set(&format!("i{item:02}"), "COLOUR", colour).unwrap();
    }
    items.set("new", "ABOUT", "Another odd piece").unwrap();
    items
}

#[test]
fn of_two_items_that_nobody_touched_the_one_that_is_described_like_the_history_comes_first() {
    let (board, mut items) = (checkerboard(), described());
    items.set("new even", "ABOUT", "Another even piece").unwrap();
    let pack = open(&train_with("aws-user-personalization-v2", &board, &items, &go_on).unwrap());
    for (user, expected) in [("u0", "new even"), ("u1", "new")] {
        let user = board.user_ids().iter().position(|id| id == user).unwrap();
        let candidates = ["new", "new even"];
        let ranked = rerank(&pack, &history_of(&pack, &board, user), &candidates, &Request::top(1));
        assert_eq!(candidates[ranked[0].position], expected);
    }
}

#[test]
fn an_item_that_nobody_touched_has_neighbours_of_its_kind() {
    for recipe in ["aws-semantic-similarity", "aws-similar-items"] {
        let pack = open(&train_with(recipe, &checkerboard(), &described(), &go_on).unwrap());
        let beside = related(&pack, pack.index_of("new").unwrap(), &Request::top(5));
        let is_odd = |id: &str| id[1..].parse::<usize>().is_ok_and(|item| item % 2 == 1);
        assert!(beside.iter().all(|other| is_odd(pack.id(other.item))), "{recipe}");
    }
}

fn put(items: &ItemTable) -> Since<'_> {
    Since { items, met: &[], most_users: 0 }
}

#[test]
fn without_newcomers_the_pack_stays_as_it_was_trained() {
    let (board, items) = (checkerboard(), described());
    for recipe in FAMILIES {
        let trained = train_with(recipe, &board, &items, &go_on).unwrap();
        assert!(with_newcomers(&open(&trained), &put(&items), &go_on).unwrap() == trained.pack, "{recipe}");
    }
}

#[test]
fn an_item_that_came_after_the_training_is_ranked_by_its_description_and_the_others_stay_as_they_were() {
    let (board, mut items) = (checkerboard(), described());
    let trained = open(&train_with("aws-user-personalization-v2", &board, &items, &go_on).unwrap());
    for colour in ["odd", "even"] {
        items.set(&format!("i05 {colour}"), "ABOUT", &format!("One more {colour} piece")).unwrap();
        items.set(&format!("i05 {colour}"), "COLOUR", colour).unwrap();
    }
    let pack = Pack::open(with_newcomers(&trained, &put(&items), &go_on).unwrap()).unwrap();
    assert_eq!(pack.n_items(), trained.n_items() + 2);
    for (user, expected) in [("u0", "i05 even"), ("u1", "i05 odd")] {
        let user = board.user_ids().iter().position(|id| id == user).unwrap();
        let candidates = ["i05 odd", "i05 even"];
        let ranked = rerank(&pack, &history_of(&pack, &board, user), &candidates, &Request::top(1));
        assert_eq!(candidates[ranked[0].position], expected);
    }
    let came = pack.index_of("i05 odd").unwrap();
    assert_eq!(pack.value(pack.column("COLOUR").unwrap(), came), Value::Many(vec!["odd"]));
    for item in trained.items() {
        let there = pack.index_of(trained.id(item)).unwrap();
        assert_eq!(pack.vector_of(there), trained.vector_of(item));
    }
}

/// Two items that nobody has described: visitors of one met odd items around it, those of the other even ones.
fn met(n_visitors: usize) -> Vec<Met> {
    let visit = |odd: usize, visitor: usize| {
        let items = [0, 2, 4].map(|step| Arc::from(format!("i{:02}", (visitor + step) % 6 + odd)));
        items.into_iter().chain([Arc::from("nobody knows")]).collect()
    };
    ["seen even", "seen odd"]
        .into_iter()
        .enumerate()
        .map(|(odd, id)| Met {
            id: id.to_owned(),
            visits: (0..n_visitors).map(|visitor| visit(odd, 2 * visitor)).collect(),
        })
        .collect()
}

#[test]
fn an_item_that_was_only_met_is_ranked_by_what_its_visitors_did_around_it() {
    let (board, items) = (checkerboard(), ItemTable::default());
    for recipe in ["aws-user-personalization-v2", "aws-sims", "aws-popularity-count"] {
        let trained = open(&train_with(recipe, &board, &items, &go_on).unwrap());
        let met = met(6);
        let since = Since { items: &items, met: &met, most_users: board.most_users() };
        let pack = Pack::open(with_newcomers(&trained, &since, &go_on).unwrap()).unwrap();
        let [even, odd] = ["seen even", "seen odd"].map(|id| pack.index_of(id).unwrap());
        assert_eq!(pack.n_items(), trained.n_items() + 2, "{recipe}");
        assert!(pack.popularity(odd) > 0.0 && pack.popularity(odd) < 1.0, "{recipe}");
        assert_eq!(pack.popularity(odd), pack.popularity(even), "{recipe}");
        if recipe == "aws-popularity-count" {
            continue;
        }
        for (user, expected) in [("u0", "seen even"), ("u1", "seen odd")] {
            let user = board.user_ids().iter().position(|id| id == user).unwrap();
            let candidates = ["seen odd", "seen even"];
            let ranked = rerank(&pack, &history_of(&pack, &board, user), &candidates, &Request::top(1));
            assert_eq!(candidates[ranked[0].position], expected, "{recipe}");
        }
        let beside = related(&pack, odd, &Request::top(3));
        let is_odd = |id: &str| id[1..].parse::<usize>().is_ok_and(|item| item % 2 == 1);
        assert!(!beside.is_empty() && beside.iter().all(|other| is_odd(pack.id(other.item))), "{recipe}");
    }
}

#[test]
fn what_only_one_visitor_did_around_an_item_is_a_coincidence() {
    let (board, items) = (checkerboard(), ItemTable::default());
    let trained = open(&train_with("aws-sims", &board, &items, &go_on).unwrap());
    let met = met(1);
    let since = Since { items: &items, met: &met, most_users: 0 };
    let pack = Pack::open(with_newcomers(&trained, &since, &go_on).unwrap()).unwrap();
    let odd = pack.index_of("seen odd").unwrap();
    assert_eq!((pack.popularity(odd), pack.neighbours(odd).count()), (0.0, 0));
}

#[test]
fn an_item_that_came_after_the_training_has_neighbours_where_descriptions_make_them() {
    for recipe in ["aws-semantic-similarity", "aws-similar-items"] {
        let mut items = described();
        let trained = open(&train_with(recipe, &checkerboard(), &items, &go_on).unwrap());
        items.set("newer", "ABOUT", "One more odd piece").unwrap();
        let pack = Pack::open(with_newcomers(&trained, &put(&items), &go_on).unwrap()).unwrap();
        let newer = pack.index_of("newer").unwrap();
        let beside = related(&pack, newer, &Request::top(5));
        let is_odd = |id: &str| id == "new" || id[1..].parse::<usize>().is_ok_and(|item| item % 2 == 1);
        assert!(beside.len() == 5 && beside.iter().all(|other| is_odd(pack.id(other.item))), "{recipe}");
        assert!(pack.neighbours(pack.index_of("new").unwrap()).any(|(other, _)| other == newer), "{recipe}");
    }
}

#[test]
fn ids_may_be_pictures_and_one_person_may_do_everything() {
    let alone = interactions((0..20_000).map(|n| ("🙂".to_owned(), format!("🦜{}", n * 7919 % 211), n)));
    for recipe in FAMILIES {
        let pack = open(&train(recipe, &alone));
        assert_eq!(
            recommend(&pack, &history_of(&pack, &alone, 0), &Request::top(300)).len(),
            211,
            "{recipe}"
        );
    }
}

#[test]
fn one_person_may_do_a_million_things_in_one_moment() {
    let at_once = interactions((0..1_000_000).map(|n| ("🙂".to_owned(), format!("🦜{}", n * 17 % 211), 5)));
    let items = described();
    for recipe in FAMILIES.into_iter().chain([SEGMENTS[1]]) {
        let pack = open(&train_with(recipe, &at_once, &items, &go_on).unwrap());
        let list = recommend(&pack, &history_of(&pack, &at_once, 0), &Request::top(300));
        assert_eq!(list.len(), 211 + items.len(), "{recipe}");
        assert!(list.iter().all(|ranked| ranked.score.is_finite()), "{recipe}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let board = checkerboard();
    let on_threads = |n: usize, recipe: &str| {
        rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap().install(|| train(recipe, &board))
    };
    for recipe in FAMILIES {
        assert_eq!(on_threads(1, recipe), on_threads(2, recipe), "{recipe}");
    }
}

#[test]
fn a_list_of_one_scores_as_in_the_whole_catalogue() {
    let board = checkerboard();
    for recipe in names() {
        let pack = open(&train(recipe, &board));
        let history = history_of(&pack, &board, 3);
        for ranked in recommend(&pack, &history, &Request::top(ITEMS)) {
            let alone = rerank(&pack, &history, &[pack.id(ranked.item)], &Request::top(1));
            assert_eq!(alone[0].score, Some(ranked.score), "{recipe}");
        }
    }
}

#[test]
fn metrics_have_amazons_names_and_four_decimals() {
    let wanted = [
        "coverage",
        "mean_reciprocal_rank_at_25",
        "normalized_discounted_cumulative_gain_at_5",
        "normalized_discounted_cumulative_gain_at_10",
        "normalized_discounted_cumulative_gain_at_25",
        "precision_at_5",
        "precision_at_10",
        "precision_at_25",
    ];
    for recipe in names() {
        let metrics = train(recipe, &checkerboard()).metrics;
        if SEGMENTS.contains(&recipe) {
            let of_segments = ["coverage", "hits_at_1_percent", "recall_at_1_percent"];
            assert!(metrics.iter().map(|(name, _)| name).eq(of_segments), "{recipe}");
            continue;
        }
        let of_recipe: &[&str] = match recipe {
            "aws-trending-now" => &["trend_prediction_accuracy"],
            "aws-semantic-similarity" => &["average_similarity_at_25", "average_popularity_at_25"],
            _ => &[],
        };
        assert!(metrics.iter().map(|(name, _)| name).eq(wanted.iter().chain(of_recipe).copied()), "{recipe}");
        for (name, value) in metrics.iter() {
            assert!((0.0..=1.0).contains(&value), "{recipe} {name} {value}");
            assert_eq!((value * 1e4).round() / 1e4, value, "{recipe} {name}");
        }
    }
}

#[test]
fn one_user_one_item_and_one_moment_are_enough() {
    let row = |user: &str, item: &str| (user.to_owned(), item.to_owned(), 5);
    let cases = [
        vec![row("u", "i")],
        (0..8).map(|item| row("u", &format!("i{item}"))).collect(),
        (0..40).map(|user| row(&format!("u{user}"), "i")).collect(),
        (0..400).map(|n| row(&format!("u{}", n % 40), &format!("i{}", n * 7 % 31))).collect(),
        (0..20).map(|_| row("u", "i")).collect(),
    ];
    for rows in cases {
        let few = interactions(rows);
        for recipe in FAMILIES {
            let pack = open(&train(recipe, &few));
            assert_eq!(pack.n_items(), few.n_items(), "{recipe}");
            let best = recommend(&pack, &history_of(&pack, &few, 0), &Request::top(99));
            assert_eq!(best.len(), few.n_items(), "{recipe}");
            assert!(best.iter().all(|ranked| ranked.score.is_finite()), "{recipe}");
        }
    }
}

#[test]
fn events_that_weigh_nothing_teach_nothing_and_break_nothing() {
    let mut builder = Interactions::builder();
    (0..50).for_each(|n| builder.push(&format!("u{}", n % 5), &format!("i{}", n % 7), n, 0.0).unwrap());
    let weightless = builder.build().unwrap();
    for recipe in names() {
        let pack = open(&train(recipe, &weightless));
        assert_eq!(
            recommend(&pack, &history_of(&pack, &weightless, 0), &Request::top(3)).len(),
            3,
            "{recipe}"
        );
    }
}

#[test]
fn items_without_interactions_are_in_the_pack_with_their_metadata() {
    let mut items = ItemTable::new([("TITLE".to_owned(), Kind::Text), ("YEAR".to_owned(), Kind::Number)]);
    items.set("brand-new", "TITLE", "Brand New").unwrap();
    items.set("i01", "YEAR", "1995").unwrap();
    for recipe in names() {
        let trained = train_with(recipe, &checkerboard(), &items, &go_on).unwrap();
        let pack = open(&trained);
        assert_eq!(pack.n_items(), ITEMS + 1, "{recipe}");
        let value =
            |column: &str, id: &str| pack.value(pack.column(column).unwrap(), pack.index_of(id).unwrap());
        assert_eq!(value("TITLE", "brand-new"), Value::Text("Brand New"));
        assert_eq!(value("TITLE", "i02"), Value::Null);
        assert_eq!(value("YEAR", "i01"), Value::Number(1995.0));
    }
}

#[test]
fn a_stop_ends_training_wherever_it_comes() {
    let board = checkerboard();
    for recipe in FAMILIES {
        let asked = Mutex::new(0u32);
        let count = |_: &str, _: u64, _: u64| {
            *asked.lock().unwrap() += 1;
            Flow::Continue
        };
        train_with(recipe, &board, &ItemTable::default(), &count).unwrap();
        let steps = *asked.lock().unwrap();
        assert!(steps > 0, "{recipe}");
        for last in [1, steps / 3, steps / 2, steps] {
            let left = Mutex::new(last);
            let stop = |_: &str, _: u64, _: u64| {
                let mut left = left.lock().unwrap();
                *left = left.saturating_sub(1);
                if *left == 0 { Flow::Stop } else { Flow::Continue }
            };
            let stopped = train_with(recipe, &board, &ItemTable::default(), &stop);
            assert_eq!(stopped, Err(RecipeError::Stopped), "{recipe} at step {last}");
        }
    }
}

#[test]
fn a_hyperparameter_outside_its_range_is_refused_by_name() {
    let board = checkerboard();
    for (recipe, name, value) in [
        ("aws-sims", "popularity_discount_factor", "1.5"),
        ("aws-sims", "min_cointeraction_count", "many"),
        ("aws-user-personalization", "hidden_dimension", "100000"),
        ("aws-user-personalization-v2", "apply_recency_bias", "perhaps"),
    ] {
        let settings = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        let items = ItemTable::default();
        let job =
            Training { interactions: &board, items: &items, seed: 1, progress: &go_on, settings: &settings };
        let recipe: &dyn Recipe = find(recipe).unwrap();
        match recipe.train(&job) {
            Err(RecipeError::Setting { name: refused, .. }) => assert_eq!(refused, name),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn an_unknown_name_is_no_recipe() {
    assert!(find("aws-magic").is_none());
    assert!(names().all(|name| find(name).is_some_and(|recipe| recipe.name() == name)));
}

fn job<'a>(
    interactions: &'a Interactions,
    settings: &'a BTreeMap<String, String>,
    progress: &'a dyn Progress,
) -> Training<'a> {
    static NOTHING: std::sync::LazyLock<ItemTable> = std::sync::LazyLock::new(ItemTable::default);
    Training { interactions, items: &NOTHING, seed: 7, progress, settings }
}

fn chosen(interactions: &Interactions) -> (&'static str, Vec<Verdict>) {
    let candidates = automl::named(automl::CANDIDATES).unwrap();
    let chosen = automl::choose(&job(interactions, &BTreeMap::new(), &go_on), &candidates).unwrap();
    (chosen.recipe.name(), chosen.verdicts)
}

#[test]
fn without_a_recipe_a_personal_one_is_chosen_where_taste_tells() {
    let (recipe, verdicts) = chosen(&checkerboard());
    assert!(!IMPERSONAL.contains(&recipe), "{verdicts:?}");
    let mut tried: Vec<&str> = verdicts.iter().map(|verdict| verdict.recipe).collect();
    tried.dedup();
    assert_eq!(tried, automl::CANDIDATES);
    assert_eq!(verdicts.iter().filter(|verdict| verdict.reason.starts_with("chosen")).count(), 1);
    assert!(verdicts.iter().all(|verdict| verdict.seconds > 0.0 && verdict.share == 1.0));
}

#[test]
fn without_a_recipe_nothing_worse_than_popularity_is_chosen_where_all_like_the_same() {
    // The rarer an item, the fewer have come so far; everybody takes them in the same order.
    let rows = (0..USERS).flat_map(|user| {
        (0..2 + user % 9).map(move |item| (format!("u{user}"), format!("i{item:02}"), item as i64))
    });
    let (recipe, verdicts) = chosen(&interactions(rows));
    let score = |name: &str| verdicts.iter().find(|verdict| verdict.recipe == name).unwrap().score;
    assert!(score(recipe) >= score("aws-popularity-count"), "{verdicts:?}");
    assert!(score("aws-popularity-count") > 0.0);
}

#[test]
fn what_is_chosen_follows_from_the_seed_on_any_number_of_threads() {
    let board = checkerboard();
    let sims = find("aws-sims").unwrap();
    let on_threads = |n: usize| {
        rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap().install(|| {
            let settings = BTreeMap::new();
            let found =
                hpo::search(&job(&board, &settings, &go_on), sims, &hpo::default_ranges("aws-sims"), 6);
            (chosen(&board), found.unwrap())
        })
    };
    assert_eq!(on_threads(1), on_threads(2));
}

#[test]
fn a_search_tries_what_was_given_and_is_never_below_it() {
    let (board, settings) = (checkerboard(), BTreeMap::new());
    let sims = find("aws-sims").unwrap();
    let ranges = hpo::default_ranges("aws-sims");
    let (best, verdicts) = hpo::search(&job(&board, &settings, &go_on), sims, &ranges, 6).unwrap();
    assert_eq!(verdicts.len(), 6);
    assert!(verdicts[0].settings.is_empty() && verdicts[1].settings.keys().eq(ranges.keys()));
    let of_best = verdicts.iter().find(|verdict| verdict.settings == best).unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.score <= of_best.score));
    let none = hpo::search(&job(&board, &settings, &go_on), sims, &BTreeMap::new(), 6).unwrap();
    assert_eq!(none.1.len(), 1);
}

#[test]
fn a_stop_ends_the_choice_wherever_it_comes() {
    let (board, settings) = (checkerboard(), BTreeMap::new());
    let candidates = automl::named(["aws-popularity-count", "aws-sims"]).unwrap();
    let asked = Mutex::new(0u32);
    let stop_at = |last: u32| {
        *asked.lock().unwrap() = 0;
        let stop = |_: &str, _: u64, _: u64| {
            let mut asked = asked.lock().unwrap();
            *asked += 1;
            if *asked == last { Flow::Stop } else { Flow::Continue }
        };
        automl::choose(&job(&board, &settings, &stop), &candidates).map(|chosen| chosen.recipe.name())
    };
    stop_at(u32::MAX).unwrap();
    let steps = *asked.lock().unwrap();
    for last in 1..=steps {
        assert_eq!(stop_at(last), Err(RecipeError::Stopped), "at step {last} of {steps}");
        assert_eq!(*asked.lock().unwrap(), last);
    }
}

#[test]
fn one_who_did_one_thing_leaves_nothing_to_compare_and_the_cheapest_is_chosen() {
    let (recipe, verdicts) = chosen(&interactions([("u".to_owned(), "i".to_owned(), 5)]));
    assert_eq!((recipe, verdicts[0].score), (automl::CANDIDATES[0], 0.0));
}
