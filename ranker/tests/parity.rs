//! 10,000 random cases, with every dial, of which the WebAssembly build has to give the same lists to the bit: a hundred
//! hashes of a hundred cases each. `sdk-wasm/test/random-parity.test.mjs` makes the same cases in the same way.
#![allow(clippy::unwrap_used)] // as in any test

use std::fs;
use std::path::{Path, PathBuf};

use bowerbird_ranker::{Dials, History, ItemIndex, Method, Pack, Reason, Request, Scorer};

const GROUPS: usize = 100;
const CASES: usize = 100;
const GENRES: usize = 1;
const YEAR: usize = 2;

fn format_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/format").join(name)
}

#[test]
fn ten_thousand_random_cases_give_the_lists_that_the_page_gives() {
    let expected = fs::read_to_string(format_file("parity-v1.json")).unwrap();
    let expected: Vec<u32> = serde_json::from_str(&expected).unwrap();
    assert_eq!(hashes(), expected);
}

#[test]
#[ignore = "writes tests/format"]
fn write_the_hashes() {
    fs::write(format_file("parity-v1.json"), serde_json::to_string(&hashes()).unwrap() + "\n").unwrap();
}

fn hashes() -> Vec<u32> {
    let open = |name| Pack::open(fs::read(format_file(name)).unwrap()).unwrap();
    // Short histories, and with a memory for what lies before the window long ones.
    let packs = [(open("pack-v1.bbp"), 12), (open("pack-v1.3.bbp"), 120)];
    let mut random = Random(1);
    let group = |group: usize| {
        let (pack, longest) = &packs[group % 2];
        (0..CASES).fold(0x811c_9dc5, |hash, _| case(pack, *longest, &mut random, hash))
    };
    (0..GROUPS).map(group).collect()
}

/// One list, mixed into the hash.
fn case(pack: &Pack, longest: u32, random: &mut Random, hash: u32) -> u32 {
    let mut history = History::new();
    for _ in 0..random.below(longest) {
        let item = random.below(pack.n_items() as u32);
        history.observe(ItemIndex(item), random.below(9) as f32 / 4.0);
    }
    let eighth = |random: &mut Random, odds: u32| {
        if random.below(odds) == 0 { random.below(8) as f32 / 8.0 } else { 0.0 }
    };
    let dials = Dials {
        debias: eighth(random, 2),
        freshness: eighth(random, 3),
        diversity: eighth(random, 2),
        calibration: eighth(random, 3),
        exploration: eighth(random, 3),
        promoted: random.below(3) as f32 / 4.0,
        cap: random.below(4) as usize,
        method: if random.below(2) == 0 { Method::Mmr } else { Method::Dpp },
        column: (random.below(3) > 0).then_some(GENRES),
        seed: random.below(1000),
        half_life_days: 7.0,
        age_cut_off_days: 30.0,
        created: Some(YEAR),
        now_days: 1.0,
        context: Vec::new(),
    };
    let k = random.below(40) as usize + 1;
    let promotes = |item: ItemIndex| item.0 % 4 == 3;
    let mut request = Request { dials: Some(&dials), promoted: Some(&promotes), ..Request::top(k) };
    if random.below(2) == 0 {
        request = request.unseen();
    }
    let mut scorer = Scorer::default();
    scorer.turn(pack, &dials, &[]);
    scorer.follow(pack, &history, pack.constants());
    scorer.recommend(pack, &request).iter().fold(hash, |hash, row| {
        let (reason, because) = match row.reason {
            Reason::Because(item) => (0, item.0),
            Reason::Taste => (1, 0),
            Reason::Popular => (2, 0),
            Reason::Exploration => (3, 0),
            Reason::Promoted => (4, 0),
        };
        [row.item.0, row.score.to_bits(), reason, because]
            .iter()
            .fold(hash, |hash, word| (hash ^ word).wrapping_mul(0x0100_0193))
    })
}

/// mulberry32
struct Random(u32);

impl Random {
    fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x6d2b_79f5);
        let mut t = (self.0 ^ (self.0 >> 15)).wrapping_mul(1 | self.0);
        t ^= t.wrapping_add((t ^ (t >> 7)).wrapping_mul(61 | t));
        (t ^ (t >> 14)) % n
    }
}
