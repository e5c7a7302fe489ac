//! One held-back event: how far up would each variant have put it?

use bowerbird_ranker::{Constants, History, ItemIndex, Pack, Scorer};

use super::tune::Tuned;
use crate::catalogue::Catalogue;
use crate::metrics::gain;
use crate::{Event, Interactions};

/// The longest list that the metrics look at.
pub(super) const CUT_OFF: usize = 25;
/// As many as the reminder looks at.
const REMINDED: usize = 50;

/// What came before a held-back event, and what it was.
pub(super) struct Query {
    history: History,
    answer: ItemIndex,
    /// Items of the whole sequence before it, each once.
    seen: Vec<ItemIndex>,
    /// Item and age of the latest events.
    latest: Vec<(ItemIndex, i32)>,
}

impl Query {
    pub(super) fn new(
        catalogue: &Catalogue<'_>,
        interactions: &Interactions,
        user: usize,
        at: usize,
    ) -> Self {
        let sequence = interactions.sequence(user);
        let position = |event: &Event| catalogue.position(event.item);
        let mut seen: Vec<ItemIndex> = sequence[..at].iter().map(position).collect();
        seen.sort_unstable();
        seen.dedup();
        let latest = sequence[..at].iter().rev().take(REMINDED).map(position).zip(0..).collect();
        let answer = position(&sequence[at]);
        Self { history: catalogue.history(&sequence[..at]), answer, seen, latest }
    }

    /// What a device would know.
    pub(super) fn history(&self) -> &History {
        &self.history
    }

    /// Whether the answer is something that the user had done before.
    pub(super) fn is_repeat(&self) -> bool {
        self.seen.binary_search(&self.answer).is_ok()
    }

    /// The gain of the right answer under each variant; with a negative reminder seen items do not compete.
    pub(super) fn gains(&self, space: &Pack, rows: &[Pack], variants: &[Tuned]) -> Vec<f64> {
        let mut memo = Memo { query: self, space, rows, vectors: Vec::new(), neighbours: Vec::new() };
        let popularity: Vec<f32> = space.items().map(|item| space.popularity(item)).collect();
        let mut scores = Vec::with_capacity(popularity.len());
        variants
            .iter()
            .map(|variant| {
                let (vector, neighbour) = memo.parts(variant);
                let (vector, neighbour) = (&memo.vectors[vector].1, &memo.neighbours[neighbour].1);
                let Constants { vector_weight: a, popularity_weight: c, .. } = variant.constants;
                let sum =
                    |vector: f32, neighbour: f32, popularity: f32| a * vector + neighbour + c * popularity;
                let parts = vector.iter().zip(neighbour).zip(&popularity);
                scores.clear();
                scores.extend(parts.map(|((&v, &n), &p)| sum(v, n, p)));
                self.gain(&scores, &variant.constants)
            })
            .collect()
    }

    /// The gain under one variant, but with other weights of the popularity prior and of something that is added to all
    /// scores: \[n\], by position.
    pub(super) fn tilted(
        &self,
        pack: &Pack,
        variant: &Tuned,
        added: &[f32],
        weights: &[(f32, f32)],
    ) -> Vec<f64> {
        let popularity = pack.items().map(|item| pack.popularity(item));
        let parts: Vec<(f32, f32)> = self.learnt(pack, variant).into_iter().zip(popularity).collect();
        let mut scores = Vec::with_capacity(parts.len());
        let gain = |&(c, w): &(f32, f32)| {
            scores.clear();
            scores.extend(
                parts.iter().zip(added).map(|((learnt, prior), added)| learnt + c * prior + w * added),
            );
            self.gain(&scores, &variant.constants)
        };
        weights.iter().map(gain).collect()
    }

    /// The gain under one variant, but with other popularity priors and their weights: \[n\], by position.
    pub(super) fn with_priors(&self, pack: &Pack, variant: &Tuned, priors: &[(f32, &[f32])]) -> Vec<f64> {
        let learnt = self.learnt(pack, variant);
        let mut scores = Vec::with_capacity(learnt.len());
        let gain = |&(c, prior): &(f32, &[f32])| {
            scores.clear();
            scores.extend(learnt.iter().zip(prior).map(|(learnt, prior)| learnt + c * prior));
            self.gain(&scores, &variant.constants)
        };
        priors.iter().map(gain).collect()
    }

    /// What vectors and neighbours give under one variant. \[n\]
    fn learnt(&self, pack: &Pack, variant: &Tuned) -> Vec<f32> {
        let (rows, variant) = (std::slice::from_ref(pack), Tuned { rows: 0, ..*variant });
        let mut memo = Memo { query: self, space: pack, rows, vectors: Vec::new(), neighbours: Vec::new() };
        let (vector, neighbour) = memo.parts(&variant);
        let (vector, neighbour) = (&memo.vectors[vector].1, &memo.neighbours[neighbour].1);
        let a = variant.constants.vector_weight;
        vector.iter().zip(neighbour).map(|(vector, neighbour)| a * vector + neighbour).collect()
    }

    /// The gain of the answer where items have these scores, before the reminder.
    fn gain(&self, scores: &[f32], constants: &Constants) -> f64 {
        let answer = scores[self.answer.at()] + self.reminder(constants, self.answer);
        let all: u32 = scores.iter().map(|&score| u32::from(score >= answer)).sum();
        let mut place = i64::from(all) - i64::from(scores[self.answer.at()] >= answer);
        for &item in self.seen.iter().filter(|&&item| item != self.answer) {
            let with = scores[item.at()] + self.reminder(constants, item) >= answer;
            place += i64::from(with) - i64::from(scores[item.at()] >= answer);
        }
        if place < CUT_OFF as i64 { gain(place as usize) } else { 0.0 }
    }

    fn reminder(&self, constants: &Constants, item: ItemIndex) -> f32 {
        if constants.reminder_weight == 0.0 {
            return 0.0;
        }
        if constants.reminder_weight < 0.0 {
            let is_seen = self.seen.binary_search(&item).is_ok();
            return if is_seen { constants.reminder_weight } else { 0.0 };
        }
        let of = |&(other, age): &(ItemIndex, i32)| {
            if other == item { constants.reminder_decay.powi(age) } else { 0.0 }
        };
        constants.reminder_weight * self.latest.iter().map(of).sum::<f32>()
    }
}

/// Parts that several variants share are computed once per query.
struct Memo<'a> {
    query: &'a Query,
    space: &'a Pack,
    rows: &'a [Pack],
    /// By decay and memory.
    vectors: Vec<([f32; 2], Vec<f32>)>,
    /// By rows and decay.
    neighbours: Vec<((usize, f32), Vec<f32>)>,
}

impl Memo<'_> {
    /// Where the vector part and the neighbour part of a variant are kept.
    fn parts(&mut self, variant: &Tuned) -> (usize, usize) {
        let constants = &variant.constants;
        let ages = [constants.vector_decay, constants.vector_memory];
        let vector = self.vectors.iter().position(|(other, _)| *other == ages);
        let vector = vector.unwrap_or_else(|| {
            let only = Constants { vector_weight: 1.0, neighbour_weight: 0.0, ..*constants };
            self.vectors.push((ages, self.tastes(&only)));
            self.vectors.len() - 1
        });
        let key = (variant.rows, constants.neighbour_decay);
        let neighbour = self.neighbours.iter().position(|(other, _)| *other == key);
        let neighbour = neighbour.unwrap_or_else(|| {
            let only = Constants { vector_weight: 0.0, neighbour_weight: 1.0, ..*constants };
            self.neighbours.push((key, self.votes(&self.rows[key.0], &only)));
            self.neighbours.len() - 1
        });
        (vector, neighbour)
    }

    fn tastes(&self, constants: &Constants) -> Vec<f32> {
        self.scorer(self.space, constants).tastes(self.space)
    }

    /// Only where rows reach there is anything to ask for.
    fn votes(&self, pack: &Pack, constants: &Constants) -> Vec<f32> {
        let scorer = self.scorer(pack, constants);
        let mut votes = vec![0.0; pack.n_items()];
        let is_heard = |&&(_, age): &&(ItemIndex, i32)| (age as f32) < constants.neighbour_window;
        for &(event, _) in self.query.latest.iter().take_while(is_heard) {
            for (item, _) in pack.neighbours(event) {
                // Rows that meet in an item would ask again.
                if votes[item.at()] == 0.0 {
                    votes[item.at()] = scorer.parts(pack, item).neighbours;
                }
            }
        }
        votes
    }

    fn scorer(&self, pack: &Pack, constants: &Constants) -> Scorer {
        let constants = Constants { reminder_weight: 0.0, ..*constants };
        Scorer::with_constants(pack, &self.query.history, &constants)
    }
}
