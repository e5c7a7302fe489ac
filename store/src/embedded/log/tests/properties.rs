use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;

use proptest::prelude::*;
use proptest::sample::Index;

use super::super::segment::SEGMENT_HEADER;
use super::*;
use crate::frame::{Frames, Piece, Seed};

/// Where a frame lies, and the keys in it.
struct Written {
    path: PathBuf,
    bytes: Range<usize>,
    keys: Vec<u128>,
}

fn written(dir: &Path) -> Vec<Written> {
    let mut all = Vec::new();
    for path in segments(dir) {
        let bytes = fs::read(&path).unwrap();
        let first = path.file_stem().unwrap().to_str().unwrap().parse().unwrap();
        for piece in Frames::new(&bytes, SEGMENT_HEADER, first, Seed::of(first)) {
            let Piece::Frame { at, frame } = piece else { panic!("not damaged yet") };
            let keys = frame.records.iter().map(|record| record.key.unwrap().bits()).collect();
            all.push(Written { path: path.clone(), bytes: at..at + frame.bytes, keys });
        }
    }
    all
}

#[derive(Clone, Debug)]
enum Harm {
    Flip { segment: Index, at: Index, bit: u8 },
    Cut { segment: Index, at: Index },
}

fn harm() -> impl Strategy<Value = Harm> {
    let place = || (any::<Index>(), any::<Index>());
    prop_oneof![
        4 => (place(), 0_u8..8).prop_map(|((segment, at), bit)| Harm::Flip { segment, at, bit }),
        1 => place().prop_map(|(segment, at)| Harm::Cut { segment, at }),
    ]
}

impl Harm {
    /// Does it, and says which bytes of which file are no longer what they were.
    fn inflict(&self, dir: &Path) -> (PathBuf, Range<usize>) {
        let paths = segments(dir);
        let (Self::Flip { segment, at, .. } | Self::Cut { segment, at }) = self;
        let path = segment.get(&paths).clone();
        let mut bytes = fs::read(&path).unwrap();
        if bytes.is_empty() {
            return (path, 0..0);
        }
        let at = at.index(bytes.len());
        let harmed = match self {
            Self::Flip { bit, .. } => {
                bytes[at] ^= 1 << bit;
                at..at + 1
            }
            Self::Cut { .. } => {
                bytes.truncate(at);
                at..usize::MAX
            }
        };
        fs::write(&path, bytes).unwrap();
        (path, harmed)
    }
}

fn batches() -> impl Strategy<Value = Vec<Vec<(u128, String)>>> {
    // Few keys, so that repeats happen within and between batches.
    prop::collection::vec(prop::collection::vec((0_u128..30, ".{0,40}"), 0..5), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_log_that_is_opened_again_and_again_equals_a_model(sessions in prop::collection::vec(batches(), 1..4)) {
        let dir = tempfile::tempdir().unwrap();
        let mut model: Vec<(u128, String)> = Vec::new();
        for session in sessions {
            let (log, opened) = open(dir.path(), SMALL);
            prop_assert_eq!(opened, Opened::default());
            for batch in session {
                let records = batch.iter().map(|(key, body)| record(*key, body)).collect();
                let fates = append(&log, records).unwrap();
                for ((key, body), fate) in batch.into_iter().zip(fates) {
                    let expected = if model.iter().any(|(known, _)| *known == key) {
                        Fate::Repeat
                    } else {
                        model.push((key, body));
                        Fate::Stored(Offset(model.len() as u64 - 1))
                    };
                    prop_assert_eq!(fate, expected);
                }
            }
            let stored: Vec<_> = log.scan(Offset(0)).map(|item| item.unwrap()).map(|(offset, record)| {
                (offset.0, record.key.unwrap().bits(), String::from_utf8(record.body.to_vec()).unwrap())
            }).collect();
            let expected: Vec<_> =
                (0..).zip(&model).map(|(at, (key, body))| (at, *key, body.clone())).collect();
            prop_assert_eq!(stored, expected);
        }
    }

}

proptest! {
    // A case copies a folder of some hundred files.
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Segments are sealed and written over meanwhile, and none of these logs is closed.
    #[test]
    fn a_log_that_is_killed_again_and_again_equals_a_model(
        sessions in prop::collection::vec(prop::collection::vec((1_usize..9, 0_usize..90, 0_usize..8), 1..20), 2..5),
        grows in any::<bool>()
    ) {
        let fault = if grows { Fault::CannotReserve } else { Fault::None };
        let (mut dir, mut n) = (tempfile::tempdir().unwrap(), 0);
        for session in sessions {
            let (log, opened) = open_on(dir.path(), Arc::new(FaultyDisk::that(fault)), SMALL);
            prop_assert_eq!(opened, Opened::default());
            prop_assert_eq!(read(&log), ((0..n).collect(), 0));
            let again = fill_again(&log, 0..n);
            prop_assert!(again.iter().all(|fate| *fate == Fate::Repeat));
            for (records, bytes, house) in session {
                let batch = (n..n + records as u128).map(|key| record(key, &"x".repeat(bytes))).collect();
                prop_assert!(append(&log, batch).unwrap().iter().all(|fate| *fate != Fate::Repeat));
                n += records as u128;
                if house < 2 {
                    seal_all(&log);
                    log.retire([SOON, LATER][house], None).unwrap();
                }
            }
            let kept = log.scan(Offset(0)).map(|item| item.unwrap().1.key.unwrap().bits());
            prop_assert!(kept.eq(0..n));
            dir = killed(dir.path());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn harm_never_hides_a_frame_that_it_did_not_touch(harms in prop::collection::vec(harm(), 1..5)) {
        let dir = tempfile::tempdir().unwrap();
        fill(&open(dir.path(), SMALL).0, 0..40);
        let before = written(dir.path());
        let harmed: Vec<_> = harms.iter().map(|harm| harm.inflict(dir.path())).collect();
        let is_touched = |frame: &Written| harmed.iter().any(|(path, range)| {
            *path == frame.path && range.start < frame.bytes.end && frame.bytes.start < range.end
        });
        let sound: BTreeSet<u128> =
            before.iter().filter(|frame| !is_touched(frame)).flat_map(|frame| frame.keys.clone()).collect();

        let (log, _) = open(dir.path(), SMALL);
        let (keys, _) = read(&log);
        prop_assert!(sound.is_subset(&keys.iter().copied().collect()), "{:?} of {:?}", keys, sound);
        prop_assert!(keys.iter().all(|key| *key < 40));
        prop_assert!(keys.is_sorted_by(|a, b| a < b), "in order, none twice");

        append(&log, vec![record(99, "after the harm")]).unwrap();
        drop(log);
        let (again, _) = read(&open(dir.path(), SMALL).0);
        prop_assert_eq!(again.last(), Some(&99));
        prop_assert!(sound.is_subset(&again.iter().copied().collect()));
    }

    #[test]
    fn random_bytes_are_no_frames(bytes in prop::collection::vec(any::<u8>(), 0..500), expected in 0_u64..9) {
        for piece in Frames::new(&bytes, 0, expected, Seed::of(0)) {
            prop_assert!(matches!(piece, Piece::Damage(_)));
        }
    }
}
