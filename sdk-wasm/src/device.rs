//! The `ranker` module as the page sees it: a vector pack, and what this visitor did lately.
//!
//! Numbers in, numbers out. Bytes and lists cross in rooms of the module's memory that the page fills or reads: the
//! general glue for them would be larger than the ranker. One instance of the module is one pack, so that no number
//! has to say which; whoever drops the instance drops the pack. The ids and columns of a pack are read by the page, in
//! place. [`dials`] is what comes on top in the build for pages that turn any.

use alloc::vec;
use alloc::vec::Vec;
use core::cell::UnsafeCell;

use bowerbird_ranker::pack::PackError;
use bowerbird_ranker::{Candidates, History, ItemIndex, Pack, Placed, Reason, Request, Scorer};
use wasm_bindgen::prelude::wasm_bindgen;

#[cfg(feature = "dials")]
pub mod dials;

/// Stands for "no item" in a row of a ranking.
const NO_ITEM: u32 = u32::MAX;
/// The "list" of all items.
const CATALOGUE: u32 = u32::MAX;

/// An opened pack with a history.
struct Device {
    pack: Pack,
    history: History,
    scorer: Scorer,
    /// The scorer does not know the newest events yet.
    is_behind: bool,
    /// By number; a list that was dropped leaves an empty place.
    lists: Vec<Option<Candidates>>,
    #[cfg(feature = "dials")]
    turned: dials::Turned,
    /// The last ranking, see [`rank`].
    rows: Vec<u32>,
}

/// What the page writes into, and the device once there is one.
struct State {
    bytes: Vec<u8>,
    words: Vec<u32>,
    device: Option<Device>,
}

/// One thread's own.
struct Single(UnsafeCell<State>);

// SAFETY: the module has no shared memory, so whoever calls it is its only thread. Elsewhere nothing calls it.
#[expect(unsafe_code, reason = "a handle to be passed with every call is a tenth of the module")]
unsafe impl Sync for Single {}

static STATE: Single = Single(UnsafeCell::new(State { bytes: Vec::new(), words: Vec::new(), device: None }));

/// To be called once by each function that the page calls, and by nothing else: then there is one borrow at a time, since
/// the module calls nothing outside that could call it again.
#[inline(always)]
fn with_state<T>(work: impl FnOnce(&mut State) -> T) -> T {
    // SAFETY: as above.
    #[expect(unsafe_code, reason = "counting borrows is 80 bytes after brotli")]
    work(unsafe { &mut *STATE.0.get() })
}

/// Nothing before [`open`].
#[inline(always)]
fn with<T: Default>(work: impl FnOnce(&mut Device, &[u32]) -> T) -> T {
    with_state(|State { device, words, .. }| {
        device.as_mut().map_or_else(T::default, |device| work(device, words))
    })
}

/// Room for so many bytes: a pack for [`open`], or an id for [`observe`].
#[wasm_bindgen]
pub fn byte_room(bytes: usize) -> *const u8 {
    with_state(|state| {
        state.bytes = vec![0; bytes];
        state.bytes.as_ptr()
    })
}

/// Room for so many numbers.
#[wasm_bindgen]
pub fn word_room(words: usize) -> *const u32 {
    with_state(|state| {
        state.words.resize(words, 0);
        state.words.as_ptr()
    })
}

/// Opens the pack that lies in the room for bytes and answers where it lies now. Traps when it is not usable. The fault
/// is then in the room for three numbers: 1 not a pack, 2 the version found and the version known, 3 the length
/// expected and the length found, 4 the tag of the damaged part, 5 the tag of a part that was written wrongly.
#[wasm_bindgen]
pub fn open() -> *const u8 {
    let bytes = with_state(|state| core::mem::take(&mut state.bytes));
    let Ok(pack) = Pack::open_or::<Refused>(bytes);
    let at = pack.bytes().as_ptr();
    // One instance is one pack: there is nothing to drop, and no code for it.
    with_state(|state| core::mem::forget(state.device.replace(Device::new(pack))));
    at
}

/// Of a pack that is not usable nothing is left but its fault: whoever brought it drops the instance.
enum Refused {}

impl From<PackError> for Refused {
    #[inline(always)]
    fn from(error: PackError) -> Self {
        let [kind, a, b] = fault(&error);
        refuse(kind, a, b)
    }
}

/// Adds the item whose id lies in the room for bytes to the history, with the kind of the event, below 32. An item that
/// the pack does not know leaves it as it is.
#[wasm_bindgen]
pub fn observe(weight: f32, kind: u8) {
    with_state(|State { device, bytes, .. }| {
        if let Some(device) = device {
            device.observe(bytes, weight, kind);
        }
    });
}

/// Forgets the history.
#[wasm_bindgen]
pub fn clear() {
    with(|device, _| {
        device.history.clear();
        device.is_behind = true;
    });
}

/// How many observations the next ranking is based on.
#[wasm_bindgen]
pub fn observed() -> usize {
    with(|device, _| device.history.len())
}

/// Takes in the list of positions in the pack that lies in the room for numbers, each once, and answers its number. It
/// stays until [`forget`], so that ranking it again copies nothing.
///
/// Positions, not texts: to look 10,000 texts up takes longer than to rank them, and a page has a hash table for that.
#[wasm_bindgen]
pub fn keep() -> u32 {
    with(Device::keep)
}

/// Drops a list.
#[wasm_bindgen]
pub fn forget(list: u32) {
    with(|device, _| device.forget(list));
}

/// Ranks a list, or the whole catalogue for `u32::MAX`, and answers where the result lies until the next call: first
/// how many items came out, then four numbers each, in the order of the list: position in the given list (of the
/// catalogue: in the pack), bits of the score, reason (0 because, 1 taste, 2 popular, 3 exploration, 4 promoted),
/// position in the pack of the item that the reason names. `shown` and `promoted` are numbers of sets of items, 0 for
/// none; `seen` is the number of a set that may not come back, 1 for what the history has. Without dials there are no
/// sets.
#[wasm_bindgen]
pub fn rank(list: u32, k: usize, seen: usize, shown: usize, promoted: usize) -> *const u32 {
    with(|device, _| Some(device.rank(list, k, [seen, shown, promoted]).as_ptr()))
        .unwrap_or(core::ptr::null())
}

impl Device {
    /// With an empty history.
    fn new(pack: Pack) -> Self {
        Self {
            pack,
            history: History::new(),
            scorer: Scorer::default(),
            is_behind: true,
            lists: Vec::new(),
            #[cfg(feature = "dials")]
            turned: dials::Turned::default(),
            rows: Vec::new(),
        }
    }

    fn observe(&mut self, id: &[u8], weight: f32, kind: u8) {
        if let Some(item) = self.pack.index_of_bytes(id) {
            self.history.observe_as(item, weight, kind);
            self.is_behind = true;
        }
    }

    fn keep(&mut self, items: &[u32]) -> u32 {
        let items = items.iter().map(|&item| ItemIndex(item));
        let list = Some(Candidates::of_items(&self.pack, items));
        let free = self.lists.iter().position(Option::is_none);
        let number = free.unwrap_or(self.lists.len());
        match free {
            Some(number) => self.lists[number] = list,
            None => self.lists.push(list),
        }
        number as u32
    }

    fn forget(&mut self, list: u32) {
        if let Some(list) = self.lists.get_mut(list as usize) {
            *list = None;
        }
    }

    fn catch_up(&mut self) {
        if self.is_behind {
            self.scorer.follow(&self.pack, &self.history, self.pack.constants());
            self.is_behind = false;
        }
    }

    #[cfg(not(feature = "dials"))]
    fn rank(&mut self, list: u32, k: usize, [seen, ..]: [usize; 3]) -> &[u32] {
        let request = Request::top(k);
        self.catch_up();
        self.answer(list, &if seen == 1 { request.unseen() } else { request });
        &self.rows
    }

    fn answer(&mut self, list: u32, request: &Request<'_>) {
        let known = self.lists.get_mut(list as usize).and_then(Option::as_mut);
        let mut placed = Vec::new();
        if known.is_some() || list == CATALOGUE {
            placed = self.scorer.places(&self.pack, known, request);
        }
        self.rows.clear();
        self.rows.push(placed.len() as u32);
        placed.iter().for_each(|placed| push(&mut self.rows, placed));
    }
}

#[inline(never)]
fn refuse(kind: u32, a: u32, b: u32) -> ! {
    with_state(move |State { words, .. }| {
        if let [first, second, third] = &mut words[..] {
            (*first, *second, *third) = (kind, a, b);
        }
    });
    panic!("the pack is not usable: the page is told why")
}

#[inline(always)]
fn fault(error: &PackError) -> [u32; 3] {
    match error {
        PackError::Version { found, known } => [2, u32::from(*found), u32::from(*known)],
        PackError::Length { expected, found } => [3, *expected as u32, *found as u32],
        PackError::Damaged { part } => [4, u32::from_le_bytes(part.0), 0],
        PackError::Malformed { part, .. } => [5, u32::from_le_bytes(part.0), 0],
        _ => [1, 0, 0],
    }
}

fn push(rows: &mut Vec<u32>, placed: &Placed) {
    let (reason, item) = match placed.reason {
        Reason::Because(item) => (0, item.0),
        Reason::Taste => (1, NO_ITEM),
        Reason::Popular => (2, NO_ITEM),
        Reason::Exploration => (3, NO_ITEM),
        Reason::Promoted => (4, NO_ITEM),
    };
    rows.extend_from_slice(&[placed.row as u32, placed.score.to_bits(), reason, item]);
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use bowerbird_ranker::Reranked;
    use bowerbird_ranker::pack::{Contents, write};

    use super::*;

    fn pack() -> Vec<u8> {
        let contents = Contents {
            recipe: "aws-popularity-count".into(),
            ids: vec!["heat".into(), "jaws".into(), "up".into()],
            popularity: vec![2.0, 1.0, 3.0],
            ..Contents::default()
        };
        write(&contents).unwrap()
    }

    fn device() -> Device {
        Device::new(Pack::open(pack()).unwrap())
    }

    impl Device {
        fn positions(&mut self, list: u32, k: usize, exclude_seen: bool) -> Vec<u32> {
            self.rank(list, k, [usize::from(exclude_seen), 0, 0])[1..].chunks(4).map(|row| row[0]).collect()
        }
    }

    #[test]
    fn a_ranking_names_positions_in_the_given_list() {
        let mut device = device();
        let list = device.keep(&[1, 2]);
        assert_eq!(device.rank(list, 25, [0, 0, 0])[0], 2);
        assert_eq!(device.positions(list, 25, false), [1, 0]);
    }

    #[test]
    fn a_ranking_is_that_of_the_ranker() {
        let mut device = device();
        device.observe(b"heat", 1.0, 0);
        let ids = ["up", "heat", "jaws"];
        let list = device.keep(&[2, 0, 1]);
        for k in 0..5 {
            for exclude_seen in [false, true] {
                let request = Request::top(k);
                let request = if exclude_seen { request.unseen() } else { request };
                let expected = bowerbird_ranker::rerank(&device.pack, &device.history, &ids, &request);
                let mut rows = vec![expected.len() as u32];
                for Reranked { position, score, reason } in expected {
                    push(&mut rows, &Placed { row: position, score: score.unwrap(), reason });
                }
                assert_eq!(device.rank(list, k, [usize::from(exclude_seen), 0, 0]), rows, "the best {k}");
            }
        }
    }

    #[test]
    fn a_list_stays_until_it_is_forgotten_and_its_number_is_used_again() {
        let mut device = device();
        let (first, second) = (device.keep(&[0, 1]), device.keep(&[2]));
        assert_eq!((device.rank(first, 9, [0, 0, 0])[0], device.rank(second, 9, [0, 0, 0])[0]), (2, 1));
        device.forget(first);
        assert_eq!(device.rank(first, 9, [0, 0, 0]), [0]);
        assert_eq!(device.keep(&[0]), first);
    }

    #[test]
    fn what_was_seen_can_be_left_out() {
        let mut device = device();
        device.observe(b"up", 1.0, 0);
        device.observe(b"nobody knows it", 1.0, 0);
        assert_eq!(device.history.len(), 1);
        assert_eq!(device.positions(CATALOGUE, 25, true), [0, 1]);
        device.history.clear();
        device.is_behind = true;
        assert_eq!(device.positions(CATALOGUE, 2, true), [2, 0]);
    }

    #[test]
    fn a_fault_says_what_is_wrong() {
        let fault_of = |bytes: &[u8]| fault(&Pack::open(bytes.to_vec()).unwrap_err());
        let bytes = pack();
        let mut damaged = bytes.clone();
        *damaged.last_mut().unwrap() ^= 1;
        assert_eq!(fault_of(&damaged), [4, u32::from_le_bytes(*b"POPU"), 0]);
        assert_eq!(fault_of(&bytes[..100]), [3, bytes.len() as u32, 100]);
        assert_eq!(fault_of(b"<html>")[0], 1);
    }
}
