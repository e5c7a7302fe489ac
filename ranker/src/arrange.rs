//! "Here are the scores; what is shown where?" The list as the dials want it: promoted items and explored ones have
//! their share of the places, the others are chosen for relevance, diversity, calibration and caps.

use alloc::vec;
use alloc::vec::Vec;

use crate::best::Rows;
use crate::choose::choose;
use crate::list::Placed;
use crate::pool::Pool;
use crate::scorer::Scorer;
use crate::top::{Scored, Top};
use crate::{Dials, ItemIndex, Pack, Reason, Request};

/// Of the places that exploration may have with a weight of 1. Ours: with the default weight of 0.3 it is one place in
/// ten.
const EXPLORED_MOST: f32 = 1.0 / 3.0;
/// How far chance may lift an item that nobody knows; the root mean square of the other parts of a score is about 1.
const CHANCE: f32 = 2.0;
/// Items that are looked at for each one that is shown, and at least.
const POOL_FACTOR: usize = 4;
const POOL_MIN: usize = 50;

impl Scorer {
    /// The list of these rows as the dials of the request want it.
    pub(crate) fn arrange(&self, pack: &Pack, rows: &Rows<'_>, request: &Request<'_>) -> Vec<Placed> {
        let plain = Dials::default();
        let dials = request.dials.unwrap_or(&plain);
        let mut special = self.promoted(pack, rows, request, dials);
        self.explore(pack, rows, request, dials, &mut special);
        let taken: Vec<usize> = special.iter().map(|placed| placed.row).collect();
        let wanted = request.k.min(rows.n).saturating_sub(taken.len());
        let organic = self.organic(pack, rows, request, dials, &taken, wanted);
        mix(self.named(pack, rows, organic).into_iter(), special, dials.seed)
    }

    fn organic(
        &self,
        pack: &Pack,
        rows: &Rows<'_>,
        request: &Request<'_>,
        dials: &Dials,
        taken: &[usize],
        k: usize,
    ) -> Vec<Scored> {
        if !dials.rearranges() {
            return self.best(pack, rows, request, taken, k);
        }
        let mut size = (POOL_FACTOR * k).max(POOL_MIN);
        loop {
            let scored = self.best(pack, rows, request, taken, size);
            let mut items: Vec<ItemIndex> = scored.iter().map(|one| rows.item(one.position())).collect();
            // The history has a place in the pool where its categories matter.
            let mut history = Vec::new();
            if dials.calibration > 0.0 {
                for event in self.seen() {
                    history.push((items.len(), event.weight));
                    items.push(event.item);
                }
            }
            let pool = Pool::new(pack, dials.column, &items);
            let chosen = choose(&pool, &scored, &history, dials, k);
            if chosen.len() >= k || size >= rows.n {
                return chosen.into_iter().map(|place| scored[place]).collect();
            }
            // The caps have used the pool up.
            size *= POOL_FACTOR;
        }
    }

    fn promoted(&self, pack: &Pack, rows: &Rows<'_>, request: &Request<'_>, dials: &Dials) -> Vec<Placed> {
        let Some(promotes) = request.promoted else { return Vec::new() };
        let places = (libm::ceilf(dials.promoted * request.k as f32) as usize).min(request.k);
        self.few(pack, rows, places, Reason::Promoted, &|_, item| promotes(item).then_some(0.0))
    }

    /// Adds items that are new: relevant ones, little known ones, and chance.
    fn explore(
        &self,
        pack: &Pack,
        rows: &Rows<'_>,
        request: &Request<'_>,
        dials: &Dials,
        special: &mut Vec<Placed>,
    ) {
        let Some(created) = dials.created.filter(|_| dials.exploration > 0.0) else { return };
        let share = dials.exploration * EXPLORED_MOST * request.k as f32;
        let places = (share + chance(dials.seed, u32::MAX)) as usize;
        let places = places.min(request.k.saturating_sub(special.len()));
        let is_new = |item| pack.age_days(created, item, dials.now_days) <= dials.age_cut_off_days;
        // Not the chance that orders them: who is seldom among them would have little of it too.
        let is_among = |item: ItemIndex| {
            request.explored.is_none_or(|explored| chance(!dials.seed, item.0) < explored(item))
        };
        let taken: Vec<usize> = special.iter().map(|placed| placed.row).collect();
        special.extend(self.few(pack, rows, places, Reason::Exploration, &|row, item| {
            let fits =
                is_new(item) && is_among(item) && !taken.contains(&row) && self.may_appear(item, request);
            // With an objective in it, the prior may be above 1.
            fits.then(|| CHANCE * chance(dials.seed, item.0) * (1.0 - pack.popularity(item)).max(0.0))
        }));
    }

    /// The best of the rows to which `bonus` gives anything.
    fn few(
        &self,
        pack: &Pack,
        rows: &Rows<'_>,
        k: usize,
        reason: Reason,
        bonus: &dyn Fn(usize, ItemIndex) -> Option<f32>,
    ) -> Vec<Placed> {
        let any: &dyn Fn(usize) -> bool = &|_| true;
        let mut top = Top::new(k, rows.n);
        for row in (0..rows.n).filter(|_| k > 0) {
            let item = rows.item(row);
            if let Some(bonus) = bonus(row, item) {
                top.offer(row, &[self.score(pack, item) + bonus], any);
            }
        }
        let place = |row| Placed { row, score: self.score(pack, rows.item(row)), reason };
        top.into_sorted().into_iter().map(|one| place(one.position())).collect()
    }
}

/// Puts the special ones at places of chance, never at the first if there are others.
fn mix(organic: impl ExactSizeIterator<Item = Placed>, special: Vec<Placed>, seed: u32) -> Vec<Placed> {
    if special.is_empty() {
        return organic.collect();
    }
    let n = organic.len() + special.len();
    let first = usize::from(organic.len() > 0);
    let mut is_special = vec![false; n];
    for number in 0..special.len() {
        let mut at = first + (chance(seed, !(number as u32)) * (n - first) as f32) as usize;
        while at >= n || is_special[at] {
            at = if at + 1 >= n { first } else { at + 1 };
        }
        is_special[at] = true;
    }
    let (mut organic, mut special) = (organic, special.into_iter());
    is_special
        .into_iter()
        .filter_map(|special_here| if special_here { special.next() } else { organic.next() })
        .collect()
}

/// From 0 to below 1: the finaliser of MurmurHash3 over both.
fn chance(seed: u32, number: u32) -> f32 {
    let mut x = (number ^ seed.wrapping_mul(0x9e37_79b9)).wrapping_add(seed);
    x = (x ^ (x >> 16)).wrapping_mul(0x85eb_ca6b);
    x = (x ^ (x >> 13)).wrapping_mul(0xc2b2_ae35);
    ((x ^ (x >> 16)) >> 8) as f32 / (1u32 << 24) as f32
}
