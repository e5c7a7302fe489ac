//! A list that is so long that it follows what a click changes, in the place of being looked up again.
#![allow(clippy::unwrap_used)] // as in any test

use bowerbird_ranker::{Candidates, Constants, History, ItemIndex, Pack, Placed, Request, Scorer, pack};

const N: u32 = 9000;

fn open() -> Pack {
    let near = |item: u32| {
        let mut near: Vec<u32> = (1..6).map(|step| (item * 7 + step * 131) % N).collect();
        near.retain(|other| *other != item);
        near.sort_unstable();
        near.dedup();
        near.into_iter().map(|other| (ItemIndex(other), 1.0 / (1 + other % 9) as f32)).collect()
    };
    let contents = pack::Contents {
        recipe: "aws-user-personalization".into(),
        constants: Constants {
            neighbour_weight: 1.0,
            popularity_weight: 0.3,
            reminder_weight: -0.5,
            reminder_decay: 0.9,
            ..Constants::default()
        },
        ids: (0..N).map(|item| format!("item-{item:04}")).collect(),
        popularity: (0..N).map(|item| (item * 37 % 1000) as f32 / 1000.0).collect(),
        neighbours: (0..N).map(near).collect(),
        ..pack::Contents::default()
    };
    Pack::open(pack::write(&contents).unwrap()).unwrap()
}

/// All but a few items, not in the order of the pack.
fn list(pack: &Pack) -> Candidates {
    Candidates::of_items(pack, (0..N - 10).map(|place| ItemIndex(place * 7919 % N)))
}

fn bits(placed: &[Placed]) -> Vec<(usize, u32)> {
    placed.iter().map(|placed| (placed.row, placed.score.to_bits())).collect()
}

#[test]
fn a_long_list_that_stays_gives_what_a_new_one_gives_whatever_happens() {
    let pack = open();
    let (mut history, mut scorer, mut kept) = (History::new(), Scorer::default(), list(&pack));
    for turn in 0..40 {
        match turn {
            // The weight of popularity is another one for somebody without a history.
            20 => history.clear(),
            _ => history.observe(ItemIndex(turn * 613 % N), 1.0),
        }
        scorer.follow(&pack, &history, pack.constants());
        // Now and then it is not asked, and misses more than one change.
        if turn % 7 == 3 {
            continue;
        }
        let request = Request::top(N as usize);
        let (found, expected) = (
            scorer.places(&pack, Some(&mut kept), &request),
            scorer.places(&pack, Some(&mut list(&pack)), &request),
        );
        assert_eq!(bits(&found), bits(&expected), "turn {turn}");
    }
}

#[test]
fn a_list_that_was_told_that_the_scorer_is_another_one_is_looked_up_again() {
    let pack = open();
    let mut kept = list(&pack);
    for seen in [3, 4000] {
        let mut history = History::new();
        history.observe(ItemIndex(seen), 1.0);
        let scorer = Scorer::new(&pack, &history);
        kept.forget();
        let request = Request::top(30);
        let found = scorer.places(&pack, Some(&mut kept), &request);
        assert_eq!(bits(&found), bits(&scorer.places(&pack, Some(&mut list(&pack)), &request)));
    }
}
