//! Packs written by released versions keep reading, and keep giving the same scores to the bit. The same expectations
//! are checked against the WebAssembly build.
#![allow(clippy::unwrap_used)] // as in any test

use std::fs;
use std::path::{Path, PathBuf};

use bowerbird_ranker::pack::{Cells, Contents, NewColumn, NewContexts};
use bowerbird_ranker::{
    Constants, Dials, History, ItemIndex, Kind, Pack, Request, Value, pack, recommend, rerank,
};
use serde_json::{Value as Json, json};

const N: usize = 40;
const DIM: usize = 16;

/// 1.1 added the encoder, 1.2 the lifts of contexts, 1.3 more constants, of which the encoder would need none.
const VERSIONS: [&str; 4] = ["pack-v1", "pack-v1.1", "pack-v1.2", "pack-v1.3"];

fn format_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/format").join(name)
}

fn open_v1() -> Pack {
    Pack::open(fs::read(format_file("pack-v1.bbp")).unwrap()).unwrap()
}

#[test]
fn a_pack_of_version_1_still_reads() {
    let pack = open_v1();
    assert_eq!((pack.n_items(), pack.dim(), pack.recipe()), (N, DIM, "aws-user-personalization"));
    assert_eq!((pack.constants().vector_decay, pack.constants().vector_memory), (0.9, 0.0));
    assert_eq!(pack.id(ItemIndex(0)), "film-000");
    assert_eq!(pack.id(ItemIndex(39)), "straße-39");
    let value = |name: &str, item| pack.value(pack.column(name).unwrap(), ItemIndex(item));
    assert_eq!(value("TITLE", 3), Value::Text("Titel Nr. 3 – Füße"));
    assert_eq!(value("GENRES", 7), Value::Many(vec!["Drama", "Comedy", "Noir"]));
    assert_eq!(value("GENRES", 8), Value::Null);
    assert_eq!(value("YEAR", 5), Value::Number(1955.0));
    assert_eq!(value("YEAR", 13), Value::Null);
    assert_eq!(
        pack.columns().iter().map(|c| c.kind()).collect::<Vec<_>>(),
        [Kind::Text, Kind::Category, Kind::Number]
    );
    assert!(pack.neighbours(ItemIndex(1)).len() == 6);
}

#[test]
fn packs_of_every_version_still_score_the_same_to_the_bit() {
    for version in VERSIONS {
        let pack = Pack::open(fs::read(format_file(&format!("{version}.bbp"))).unwrap()).unwrap();
        let cases = fs::read_to_string(format_file(&format!("{version}.expected.json"))).unwrap();
        let cases: Json = serde_json::from_str(&cases).unwrap();
        let cases = cases.as_array().unwrap();
        assert!(cases.len() >= 8);
        for case in cases {
            assert_eq!(answer(&pack, case), case["expect"], "{version}: {}", case["name"]);
        }
    }
}

/// What the ranker says to one case, in the form of its `expect`.
fn answer(pack: &Pack, case: &Json) -> Json {
    let ids = |name: &str| -> Option<Vec<String>> {
        Some(case[name].as_array()?.iter().map(|id| id.as_str().unwrap().to_owned()).collect())
    };
    let mut history = History::new();
    for id in ids("history").unwrap() {
        history.observe(pack.index_of(&id).unwrap(), 1.0);
    }
    let top = Request::top(case["k"].as_u64().unwrap() as usize);
    let request = if case["seen"] == "exclude" { top.unseen() } else { top };
    let context = case["context"].as_object().into_iter().flatten();
    let value = |(name, value): (&String, &Json)| {
        pack.context(pack::context_key(name, value.as_str().unwrap()).as_bytes())
    };
    let dials = Dials { context: context.filter_map(value).collect(), ..Dials::default() };
    let request = Request { dials: Some(&dials), ..request };
    let line = |id: &str, score: Option<f32>| json!({ "id": id, "score_bits": score.map(f32::to_bits) });
    match ids("candidates") {
        None => {
            recommend(pack, &history, &request).iter().map(|r| line(pack.id(r.item), Some(r.score))).collect()
        }
        Some(candidates) => {
            let candidates: Vec<&str> = candidates.iter().map(String::as_str).collect();
            let list = rerank(pack, &history, &candidates, &request);
            list.iter().map(|r| line(candidates[r.position], r.score)).collect()
        }
    }
}

/// Writes the files of the newest version; for the next one under a new name. The files of released versions never
/// change.
#[test]
#[ignore = "writes tests/format"]
fn write_the_golden_files() {
    let version = VERSIONS[VERSIONS.len() - 1];
    let constants = Constants { vector_memory: 0.125, ..contents().constants };
    let contents = Contents { constants, contexts: Some(contexts()), ..contents() };
    let bytes = pack::write(&contents).unwrap();
    fs::write(format_file(&format!("{version}.bbp")), &bytes).unwrap();
    let pack = Pack::open(bytes).unwrap();
    let mut cases = cases();
    for case in &mut cases {
        case["expect"] = answer(&pack, case);
    }
    let lines: Vec<String> = cases.iter().map(Json::to_string).collect();
    fs::write(format_file(&format!("{version}.expected.json")), format!("[\n{}\n]\n", lines.join(",\n")))
        .unwrap();
}

fn cases() -> Vec<Json> {
    let long: Vec<String> = (0..60).map(|n| format!("film-{:03}", n * 7 % 30)).collect();
    let longer: Vec<String> = (0..120).map(|n| format!("film-{:03}", n * 11 % 30)).collect();
    vec![
        json!({ "name": "nothing is known", "history": [], "candidates": null, "k": 10, "seen": "keep" }),
        json!({ "name": "one event", "history": ["film-004"], "candidates": null, "k": 10, "seen": "keep" }),
        json!({ "name": "one event, unseen", "history": ["film-004"], "candidates": null, "k": 10, "seen": "exclude" }),
        json!({ "name": "three events", "history": ["film-001", "film-017", "straße-33"], "candidates": null, "k": 40, "seen": "keep" }),
        json!({ "name": "repeats", "history": ["film-001", "film-001", "film-002"], "candidates": null, "k": 5, "seen": "exclude" }),
        json!({ "name": "more than the window", "history": long, "candidates": null, "k": 40, "seen": "exclude" }),
        json!({ "name": "more than a history holds", "history": longer, "candidates": null, "k": 40, "seen": "keep" }),
        json!({ "name": "candidates without history", "history": [], "candidates": ["film-020", "film-003", "straße-39"], "k": 10, "seen": "keep" }),
        json!({ "name": "candidates, unknown and repeated", "history": ["film-009", "film-010"],
            "candidates": ["film-020", "nobody", "film-003", "film-020", "straße-39", "film-010"], "k": 10, "seen": "keep" }),
        json!({ "name": "candidates, unseen, few wanted", "history": ["film-009", "film-010"],
            "candidates": ["film-010", "film-011", "film-012", "film-013"], "k": 2, "seen": "exclude" }),
        json!({ "name": "an item without vector and neighbours", "history": ["straße-38"], "candidates": null, "k": 5, "seen": "keep" }),
        json!({ "name": "a context and no history", "history": [], "candidates": null, "k": 10, "seen": "keep",
            "context": { "DEVICE": "tablet" } }),
        json!({ "name": "two contexts and a history", "history": ["film-001", "film-017"], "candidates": null, "k": 10,
            "seen": "exclude", "context": { "device": "phone", "CITY": "Köln" } }),
        json!({ "name": "a context that nobody knows", "history": ["film-004"], "candidates": null, "k": 10, "seen": "keep",
            "context": { "DEVICE": "Phone", "CITY": "Bonn", "nothing": "at all" } }),
    ]
}

fn contexts() -> NewContexts {
    let keys =
        [("DEVICE", "desk"), ("device", "phone"), ("DEVICE", "tablet"), ("CITY", "Köln"), ("CITY", "Łódź")];
    NewContexts {
        cold_popularity: 0.75,
        keys: keys.map(|(name, value)| pack::context_key(name, value)).into(),
        lifts: (0..N * 5).map(|at| 3.0 * noise(at + 300_000)).collect(),
    }
}

/// Reproducible and without a pattern: SplitMix64.
fn noise(n: usize) -> f32 {
    let x = (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((x ^ (x >> 31)) >> 40) as f32 / (1u64 << 23) as f32 - 1.0
}

fn contents() -> Contents {
    let neighbours = |item: usize| match item {
        38 => Vec::new(),
        _ => (1..=6)
            .map(|step| (ItemIndex(((item + step * 5) % N) as u32), 0.05 + noise(item * 9 + step).abs()))
            .collect(),
    };
    let text = |item: usize| if item == 2 { String::new() } else { format!("Titel Nr. {item} – Füße") };
    let genres = |item: usize| {
        ["Drama", "Comedy", "Noir", "Western"][..item % 4].iter().map(|g| g.to_string()).collect()
    };
    let year = |item: usize| (item != 13).then_some(1950.0 + item as f64);
    Contents {
        recipe: "aws-user-personalization".into(),
        constants: Constants {
            vector_weight: 0.7,
            neighbour_weight: 1.0,
            popularity_weight: 0.1,
            vector_decay: 0.9,
            vector_window: 30.0,
            ridge: 0.5,
            confidence: 1.0,
            neighbour_decay: 0.8,
            neighbour_window: 20.0,
            ..Constants::default()
        },
        ids: (0..N)
            .map(|item| if item < 30 { format!("film-{item:03}") } else { format!("straße-{item}") })
            .collect(),
        popularity: (0..N).map(|item| noise(item + 7000).abs()).collect(),
        dim: DIM,
        vectors: (0..N * DIM).map(|at| if at / DIM == 38 { 0.0 } else { noise(at + 100_000) }).collect(),
        neighbours: (0..N).map(neighbours).collect(),
        columns: vec![
            NewColumn { name: "TITLE".into(), cells: Cells::Text((0..N).map(text).collect()) },
            NewColumn { name: "GENRES".into(), cells: Cells::Category((0..N).map(genres).collect()) },
            NewColumn { name: "YEAR".into(), cells: Cells::Number((0..N).map(year).collect()) },
        ],
        ..Contents::default()
    }
}
