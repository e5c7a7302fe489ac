//! Which stretches of which sequences make up a step.

use super::random::mix;

/// A stretch of a sequence: events `start..end` of the shard's rows, of which those from `first` on are asked about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) start: usize,
    pub(super) first: usize,
    pub(super) end: usize,
    /// Where its queries start among those of the shard.
    pub(super) query: usize,
}

/// The part of a step that one thread computes.
#[derive(Clone, Debug, Default)]
pub(super) struct Shard {
    pub(super) items: Vec<u32>,
    pub(super) stretches: Vec<Stretch>,
    /// Rows that are asked about.
    pub(super) queries: Vec<usize>,
    /// What came next, \[queries\].
    pub(super) targets: Vec<u32>,
}

pub(super) struct Plan {
    pub(super) batch: usize,
    pub(super) window: usize,
    /// Longest stretch that is asked about.
    pub(super) length: usize,
}

/// (sequence, first query, end of the queries)
type Piece = (u32, u32, u32);

impl Plan {
    fn pieces(&self, sequences: &[Vec<u32>], seed: u64, epoch: usize) -> Vec<Piece> {
        let key = mix(seed ^ mix(epoch as u64 + 1));
        let mut pieces = Vec::new();
        for (user, sequence) in sequences.iter().enumerate() {
            let n = sequence.len().saturating_sub(1);
            let mut first = 0;
            // Another cut in every epoch.
            let mut length = self.length - (mix(key ^ user as u64) % (self.length as u64 / 2)) as usize;
            while first < n {
                let end = (first + length).min(n);
                pieces.push((user as u32, first as u32, end as u32));
                (first, length) = (end, self.length);
            }
        }
        let mut order: Vec<(u64, Piece)> =
            pieces.into_iter().enumerate().map(|(at, piece)| (mix(!key ^ at as u64), piece)).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, piece)| piece).collect()
    }

    fn batches(&self, pieces: &[Piece]) -> Vec<std::ops::Range<usize>> {
        let (mut batches, mut start, mut size) = (Vec::new(), 0, 0);
        for (at, &(_, first, end)) in pieces.iter().enumerate() {
            size += (end - first) as usize;
            if size >= self.batch || at + 1 == pieces.len() {
                batches.push(start..at + 1);
                (start, size) = (at + 1, 0);
            }
        }
        batches
    }

    pub(super) fn steps(&self, sequences: &[Vec<u32>], seed: u64, epoch: usize) -> usize {
        self.batches(&self.pieces(sequences, seed, epoch)).len()
    }

    pub(super) fn epoch<'a>(
        &'a self,
        sequences: &'a [Vec<u32>],
        seed: u64,
        epoch: usize,
        shards: usize,
    ) -> impl Iterator<Item = Vec<Shard>> + 'a {
        let pieces = self.pieces(sequences, seed, epoch);
        let batches = self.batches(&pieces);
        batches.into_iter().map(move |range| {
            let pieces = &pieces[range];
            let mut result = vec![Shard::default(); shards];
            for (at, &(user, first, end)) in pieces.iter().enumerate() {
                let (first, end) = (first as usize, end as usize);
                let start = (first + 1).saturating_sub(self.window);
                result[at * shards / pieces.len()].push(&sequences[user as usize], start, first, end);
            }
            result
        })
    }
}

impl Shard {
    fn push(&mut self, sequence: &[u32], start: usize, first: usize, end: usize) {
        let offset = self.items.len();
        self.stretches.push(Stretch {
            start: offset,
            first: offset + first - start,
            end: offset + end - start,
            query: self.queries.len(),
        });
        self.queries.extend(offset + first - start..offset + end - start);
        self.items.extend_from_slice(&sequence[start..end]);
        if end < sequence.len() {
            self.targets.extend_from_slice(&sequence[first + 1..=end]);
        }
    }

    /// Asks what follows the newest event of each; none may be empty.
    pub(super) fn of_histories(histories: &[&[u32]], window: usize) -> Self {
        let mut shard = Self::default();
        for history in histories {
            let n = history.len();
            shard.push(history, n.saturating_sub(window), n - 1, n);
        }
        shard
    }
}
