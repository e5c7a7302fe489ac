//! How long a ranking takes without a browser, and the packs that the browser is timed with.
//!
//! `cargo run --release -p bowerbird-ranker --example rank_speed -- FOLDER 100 1000 …` writes `FOLDER/N.bbp` with N
//! items of 64 dimensions, 20 neighbours and one to three of 18 genres, and prints a line `N microseconds microseconds`
//! for each, the best of many samples: of the 20 best of the catalogue for a history of ten events, and of the way from a
//! click to 20 unseen items of half of the genres, de-biased and diverse.
//!
//! With `part` in the place of the folder it writes nothing, cuts the part of 200 items and the 200 most popular ones out of
//! each pack, and prints a line `N bytes bytes bytes milliseconds milliseconds`: of the whole, of the part and of the part in
//! gzip, to cut it, and to open it and rank the 200 for the first time. With `parts FOLDER` it also writes the whole pack and
//! two parts, `FOLDER/N.popular.bbp` and `FOLDER/N.named.bbp`: the one that a page gets which has not asked for any item,
//! and the one with the 200.

use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use bowerbird_ranker::pack::{Cells, Contents, NewColumn, part, write};
use bowerbird_ranker::{Constants, Dials, History, ItemIndex, Mask, Pack, Request, Scorer, rerank};
use flate2::Compression;
use flate2::write::GzEncoder;

const DIM: usize = 64;
const NEIGHBOURS: usize = 20;
const EVENTS: u32 = 10;
const K: usize = 20;
const GENRES: [&str; 18] =
    ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: rank_speed FOLDER|part|parts FOLDER N …")?;
    if folder == "part" {
        return arguments.try_for_each(|n| print_part(n.parse()?, None));
    }
    if folder == "parts" {
        let folder = arguments.next().ok_or("a folder comes behind parts")?;
        return arguments.try_for_each(|n| print_part(n.parse()?, Some(Path::new(&folder))));
    }
    for n in arguments {
        let n: usize = n.parse()?;
        let bytes = write(&contents(n))?;
        std::fs::write(Path::new(&folder).join(format!("{n}.bbp")), &bytes)?;
        let pack = Pack::open(bytes)?;
        println!("{n} {:.2} {:.2}", best_of(|| rank(&pack)), best_of(|| click(&pack)));
    }
    Ok(())
}

fn print_part(n: usize, folder: Option<&Path>) -> Result<(), Box<dyn std::error::Error>> {
    let whole = Pack::open(write(&contents(n))?)?;
    let start = Instant::now();
    let mut popular: Vec<ItemIndex> = whole.items().collect();
    popular.sort_by(|a, b| whole.popularity(*b).total_cmp(&whole.popularity(*a)));
    let shown: Vec<ItemIndex> = (0..200).map(|at| ItemIndex((at * (n / 200) + at % 7) as u32)).collect();
    popular.truncate(200);
    let bytes = part(&whole, shown.iter().chain(&popular).copied())?;
    let cut = start.elapsed();
    if let Some(folder) = folder {
        std::fs::write(folder.join(format!("{n}.bbp")), whole.bytes())?;
        std::fs::write(folder.join(format!("{n}.popular.bbp")), part(&whole, popular)?)?;
        std::fs::write(folder.join(format!("{n}.named.bbp")), &bytes)?;
    }
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&bytes)?;
    let (length, packed, start) = (bytes.len(), gzip.finish()?.len(), Instant::now());
    let part = Pack::open(bytes)?;
    let ids: Vec<&str> = shown.iter().map(|&item| whole.id(item)).collect();
    let mut history = History::new();
    ids[..EVENTS as usize]
        .iter()
        .filter_map(|id| part.index_of(id))
        .for_each(|item| history.observe(item, 1.0));
    black_box(rerank(&part, &history, &ids, &Request::top(K)));
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    println!("{n} {} {length} {packed} {:.1} {:.1}", whole.bytes().len(), ms(cut), ms(start.elapsed()));
    Ok(())
}

/// A ranking for a visitor whose history was taken in before.
fn rank(pack: &Pack) -> impl FnMut() + '_ {
    let mut history = History::new();
    (0..EVENTS).for_each(|at| history.observe(ItemIndex(at * pack.n_items() as u32 / EVENTS), 1.0));
    let scorer = Scorer::new(pack, &history);
    move || drop(black_box(scorer.recommend(pack, &Request::top(K))))
}

/// What the page does after a click, with the same dials.
fn click(pack: &Pack) -> impl FnMut() + '_ {
    let half: Vec<&[u8]> = GENRES[..9].iter().map(|genre| genre.as_bytes()).collect();
    let half = Mask::with_word(pack, 0, &half);
    let dials = Dials { debias: 0.1, diversity: 0.1, ..Dials::default() };
    let (mut history, mut scorer, mut turn) = (History::new(), Scorer::default(), 0);
    scorer.turn(pack, &dials, &[]);
    move || {
        turn += 7919;
        history.observe(ItemIndex(turn % pack.n_items() as u32), 1.0);
        scorer.follow(pack, &history, pack.constants());
        let exclude = |item| !half.has(item);
        let request = Request { dials: Some(&dials), exclude: &exclude, ..Request::top(K).unseen() };
        drop(black_box(scorer.recommend(pack, &request)));
    }
}

/// Microseconds.
fn best_of<F: FnMut()>(make: impl Fn() -> F) -> f64 {
    let mut run = make();
    let mut best = f64::INFINITY;
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(1) {
        let sample = Instant::now();
        let mut rounds = 0;
        while sample.elapsed() < Duration::from_millis(1) {
            (0..8).for_each(|_| run());
            rounds += 8;
        }
        best = best.min(sample.elapsed().as_secs_f64() * 1e6 / f64::from(rounds));
    }
    best
}

fn contents(n: usize) -> Contents {
    let mut noise = Noise(n as u64);
    let vectors = (0..n * DIM).map(|_| noise.normal()).collect();
    let rows = (0..n)
        .map(|item| {
            let others = (0..NEIGHBOURS).map(|_| noise.below(n)).filter(|&other| other != item);
            let mut others: Vec<usize> = others.collect();
            others.sort_unstable();
            others.dedup();
            others
                .into_iter()
                .zip(1..)
                .map(|(other, rank)| (ItemIndex(other as u32), 1.0 / rank as f32))
                .collect()
        })
        .collect();
    let genres = |item: usize| (0..=item % 3).map(|at| GENRES[(item * 5 + at) % 18].to_owned()).collect();
    Contents {
        recipe: "aws-user-personalization".into(),
        constants: Constants {
            vector_weight: 1.0,
            neighbour_weight: 1.0,
            popularity_weight: 0.1,
            vector_memory: 0.1,
            ..Constants::default()
        },
        ids: (0..n).map(|item| format!("item-{item:07}")).collect(),
        popularity: (0..n).map(|_| noise.normal().abs().min(1.0)).collect(),
        dim: DIM,
        vectors,
        neighbours: rows,
        columns: vec![NewColumn {
            name: "GENRES".into(),
            cells: Cells::Category((0..n).map(genres).collect()),
        }],
        ..Contents::default()
    }
}

/// Reproducible: SplitMix64.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// The sum of twelve uniform numbers less six.
    fn normal(&mut self) -> f32 {
        (0..12).map(|_| (self.next() >> 40) as f32 / (1u64 << 24) as f32).sum::<f32>() - 6.0
    }
}
