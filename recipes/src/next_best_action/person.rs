//! "What is known of this user at this moment?" The same at training, of a moment long ago, and when a request comes.

use std::collections::{BTreeMap, HashMap};

use bowerbird_ranker::{ItemIndex, Pack};

use super::offers::{Answer, Answered};
use super::{Attributes, DAY_MS};
use crate::Interactions;

/// An interaction with an item that a pack knows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// Its place in the pack.
    pub item: ItemIndex,
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
}

/// A user at a moment. Nothing in it is later than that.
#[derive(Clone, Debug)]
pub struct Person<'a> {
    /// What they did, oldest first; the latest fifty are looked at.
    pub seen: &'a [Seen],
    /// What they answered to offers, oldest first: (action, when, what). The latest three hundred are looked at.
    pub answers: &'a [(String, i64, Answer)],
    /// What the Users dataset says.
    pub attributes: &'a Attributes,
    /// The moment, in milliseconds since the epoch.
    pub now_ms: i64,
}

/// Answers that say something: more are those of a machine. The service looks at as many of each user. [limits]
const ANSWERS: usize = 300;
/// What a history tells of taste: as many events as the ranker remembers.
const LATEST: usize = 50;
/// What one step of age does to an event. At 0.9 the fiftieth counts for half a percent.
const DECAY: f32 = 0.9;

impl Person<'_> {
    /// The direction of the mean of the vectors of the latest items, decayed; √d long, so that how much somebody did says
    /// nothing here. `None` without any.
    pub(super) fn taste(&self, pack: &Pack) -> Option<Vec<f32>> {
        let (mut sum, mut weight) = (vec![0.0; pack.dim()], 1.0);
        for seen in self.seen.iter().rev().take(LATEST) {
            let vector = pack.item_vector(seen.item);
            sum.iter_mut().zip(vector).for_each(|(sum, x)| *sum += weight * x);
            weight *= DECAY;
        }
        let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt();
        let scale = (pack.dim() as f32).sqrt() / length;
        (length > 0.0 && scale.is_finite()).then(|| sum.iter().map(|x| x * scale).collect())
    }

    fn latest_answers(&self) -> &[(String, i64, Answer)] {
        &self.answers[self.answers.len().saturating_sub(ANSWERS)..]
    }

    /// ln(1 + events), up to the latest hundred of them.
    pub(super) fn frequency(&self) -> f32 {
        (self.seen.len().min(100) as f32).ln_1p()
    }

    /// ln(1 + days) since the latest event; that of a year without any.
    pub(super) fn recency(&self) -> f32 {
        let days = self.seen.last().map_or(365.0, |seen| (self.now_ms - seen.at_ms) as f32 / DAY_MS as f32);
        days.max(0.0).ln_1p()
    }

    /// Earlier answers to one action: how often it was taken, how often not, days since the last.
    pub(super) fn record(&self, action: &str) -> (usize, usize, Option<f32>) {
        let of_action = self.latest_answers().iter().filter(|(other, ..)| other == action);
        let (mut taken, mut not, mut last) = (0, 0, None);
        for (_, at_ms, answer) in of_action {
            taken += usize::from(*answer == Answer::Taken);
            not += usize::from(*answer == Answer::NotTaken);
            last = Some(((self.now_ms - at_ms) as f32 / DAY_MS as f32).max(0.0));
        }
        (taken, not, last)
    }

    /// Over all actions: how often one was taken, and how often not.
    pub(super) fn habit(&self) -> (usize, usize) {
        let count = |wanted| self.latest_answers().iter().filter(|(.., answer)| *answer == wanted).count();
        (count(Answer::Taken), count(Answer::NotTaken))
    }
}

/// Everybody, at any moment.
pub(super) struct People<'a> {
    seen: HashMap<&'a str, Vec<Seen>>,
    answers: HashMap<&'a str, Vec<(String, i64, Answer)>>,
    attributes: &'a BTreeMap<String, Attributes>,
    nothing: Attributes,
}

impl<'a> People<'a> {
    pub(super) fn new(
        pack: &Pack,
        interactions: &'a Interactions,
        attributes: &'a BTreeMap<String, Attributes>,
        answered: &'a [Answered],
    ) -> Self {
        let place = |event: &crate::Event| {
            let item = pack.index_of(&interactions.item_ids()[event.item as usize])?;
            Some(Seen { item, at_ms: event.at_ms })
        };
        let of = |(user, id): (usize, &'a String)| {
            (id.as_str(), interactions.sequence(user).iter().filter_map(place).collect())
        };
        let seen = interactions.user_ids().iter().enumerate().map(of).collect();
        let mut answers: HashMap<&str, Vec<(String, i64, Answer)>> = HashMap::new();
        for one in answered {
            answers.entry(&one.user).or_default().push((one.action.clone(), one.at_ms, one.answer));
        }
        for list in answers.values_mut() {
            list.sort_by(|a, b| (a.1, &a.0, a.2).cmp(&(b.1, &b.0, b.2)));
        }
        Self { seen, answers, attributes, nothing: Attributes::default() }
    }

    /// What was known before this moment.
    pub(super) fn at(&self, user: &str, now_ms: i64) -> Person<'_> {
        let seen = self.seen.get(user).map_or(&[][..], Vec::as_slice);
        let answers = self.answers.get(user).map_or(&[][..], Vec::as_slice);
        Person {
            seen: &seen[..seen.partition_point(|seen| seen.at_ms < now_ms)],
            answers: &answers[..answers.partition_point(|(_, at_ms, _)| *at_ms < now_ms)],
            attributes: self.attributes.get(user).unwrap_or(&self.nothing),
            now_ms,
        }
    }
}
