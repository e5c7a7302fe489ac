//! "Who is likeliest to do something with these items?"
//!
//! affinity(u, A) = n_u · Σ_{i ∈ A} q(u, i) / Σ_j q(u, j), with q(u, i) = max(x_u · y_i, 0.01), n_u the weight of what u
//! did, and q = 0 for what u had already, where people do not come back to things: how many of the user's next events
//! will be with A, up to a factor that is the same for everybody. Without n_u a segment would be full of people who did
//! one thing.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use bowerbird_ranker::{ItemIndex, Pack};
use ndarray::Array2;
use rayon::prelude::*;

use super::fold_in::Space;
use super::keeps_away;
use crate::{Interactions, RecipeError};

/// What an item is to a user whose taste says nothing for it, beside about 1 for what they did. On the newest fifth of
/// ml-100k from 10⁻⁵ to 10⁻² nothing changes but the order of the last.
const LEAST: f32 = 0.01;
/// Users that are looked at together; between two groups somebody may stop it.
const BLOCK: usize = 256;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The items: one, or all that have an attribute.
    pub items: Vec<ItemIndex>,
}

/// The `n` users with the highest affinity for each of `asked`, highest first, as user numbers of `interactions`. Of
/// users who are equally likely the first comes first. `keeps(asked, user)` says who may be in it.
///
/// `pack`: of one of the affinity recipes. About d · (d · events + items · users) multiplications; the result does not
/// depend on the number of threads.
///
/// # Errors
/// What `step(users done, of)` returns.
pub fn segments(
    pack: &Pack,
    interactions: &Interactions,
    asked: &[Asked],
    n: usize,
    keeps: &(dyn Fn(usize, usize) -> bool + Sync),
    step: &dyn Fn(u64, u64) -> Result<(), RecipeError>,
) -> Result<Vec<Vec<u32>>, RecipeError> {
    let people = People::new(pack, interactions);
    let mut best: Vec<BinaryHeap<Member>> = asked.iter().map(|_| BinaryHeap::new()).collect();
    let n_users = interactions.n_users();
    for first in (0..n_users).step_by(BLOCK) {
        step(first as u64, n_users as u64)?;
        let block: Vec<usize> = (first..(first + BLOCK).min(n_users)).collect();
        let members: Vec<Vec<(usize, Member)>> =
            block.par_iter().map(|&user| people.members(user, asked, keeps)).collect();
        for (query, member) in members.into_iter().flatten() {
            best[query].push(member);
            if best[query].len() > n {
                best[query].pop();
            }
        }
    }
    let in_order =
        |heap: BinaryHeap<Member>| heap.into_sorted_vec().iter().map(|member| member.user).collect();
    Ok(best.into_iter().map(in_order).collect())
}

/// Everybody, among the items of a pack.
struct People<'a> {
    interactions: &'a Interactions,
    space: Space,
    /// Item number in the interactions → position in the pack, where it has one.
    positions: Vec<Option<ItemIndex>>,
    keeps_away: bool,
}

impl<'a> People<'a> {
    fn new(pack: &Pack, interactions: &'a Interactions) -> Self {
        let positions = interactions.item_ids().iter().map(|id| pack.index_of(id)).collect();
        Self { interactions, space: Space::of(pack), positions, keeps_away: keeps_away(pack) }
    }

    fn members(
        &self,
        user: usize,
        asked: &[Asked],
        keeps: &(dyn Fn(usize, usize) -> bool + Sync),
    ) -> Vec<(usize, Member)> {
        let wanted: Vec<usize> = (0..asked.len()).filter(|&query| keeps(query, user)).collect();
        if wanted.is_empty() {
            return Vec::new();
        }
        let (tastes, weight) = self.tastes(user);
        let all: f64 = tastes.iter().copied().map(f64::from).sum();
        let of = |query: usize| {
            let sum: f64 = asked[query].items.iter().map(|item| f64::from(tastes[item.at()])).sum();
            let affinity = if all > 0.0 { weight * sum / all } else { 0.0 };
            (query, Member { affinity, user: user as u32 })
        };
        wanted.into_iter().map(of).collect()
    }

    /// q(u, ·), and n_u.
    fn tastes(&self, user: usize) -> (Vec<f32>, f64) {
        let mut strengths: Vec<(u32, f32)> = self
            .interactions
            .sequence(user)
            .iter()
            .filter_map(|event| Some((self.positions[event.item as usize]?.0, event.weight)))
            .collect();
        strengths.sort_unstable_by_key(|&(item, _)| item);
        let x = Array2::from_shape_vec((self.space.items.ncols(), 1), self.space.user(&strengths));
        let scores = self.space.items.dot(&x.expect("one number for each dimension"));
        let mut tastes: Vec<f32> = scores.iter().map(|score| score.max(LEAST)).collect();
        if self.keeps_away {
            strengths.iter().for_each(|&(item, _)| tastes[item as usize] = 0.0);
        }
        (tastes, strengths.iter().map(|&(_, strength)| f64::from(strength)).sum())
    }
}

/// The greatest is the least likely, so that a heap gives it away first.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Member {
    affinity: f64,
    user: u32,
}

impl Eq for Member {}

impl Ord for Member {
    fn cmp(&self, other: &Self) -> Ordering {
        other.affinity.total_cmp(&self.affinity).then(self.user.cmp(&other.user))
    }
}

impl PartialOrd for Member {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
