//! From what users answered to offers: an offer is open from when it is first seen, and is taken within a period or not.

use std::collections::BTreeMap;

/// What a user did with an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// They took it.
    Taken,
    /// They said no, or let it pass.
    NotTaken,
    /// They saw it.
    Viewed,
}

impl Answer {
    /// The event types of the service, in any case and with spaces, underscores or hyphens.
    pub fn of(event_type: &str) -> Option<Self> {
        let letters = event_type.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase);
        match letters.collect::<String>().as_str() {
            "taken" => Some(Self::Taken),
            "nottaken" => Some(Self::NotTaken),
            "viewed" => Some(Self::Viewed),
            _ => None,
        }
    }
}

/// One action interaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// Who.
    pub user: String,
    /// Which action.
    pub action: String,
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
    /// What.
    pub answer: Answer,
}

/// An action that was offered to a user.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Offer {
    pub(super) user: String,
    pub(super) action: String,
    /// When it was first seen.
    pub(super) at_ms: i64,
    pub(super) is_taken: bool,
    /// 1, or for an offer that was only seen and may still be taken, the share of the period that is over.
    pub(super) weight: f64,
}

/// All offers, the oldest first.
pub(super) fn offers(answers: &[Answered], period_ms: i64) -> Vec<Offer> {
    let newest = answers.iter().map(|answered| answered.at_ms).max().unwrap_or(0);
    let mut by_pair: BTreeMap<(&str, &str), Vec<(i64, Answer)>> = BTreeMap::new();
    for answered in answers {
        let pair = (answered.user.as_str(), answered.action.as_str());
        by_pair.entry(pair).or_default().push((answered.at_ms, answered.answer));
    }
    let mut offers = Vec::new();
    for ((user, action), mut answers) in by_pair {
        answers.sort_unstable();
        let mut open: Option<(i64, bool)> = None;
        let mut close = |(at_ms, is_refused): (i64, bool), is_taken: bool| {
            let over = (newest - at_ms) as f64 / period_ms as f64;
            let weight = if is_taken || is_refused { 1.0 } else { over.clamp(0.0, 1.0) };
            if weight > 0.0 {
                let (user, action) = (user.to_owned(), action.to_owned());
                offers.push(Offer { user, action, at_ms, is_taken, weight });
            }
        };
        for (at_ms, answer) in answers {
            if let Some(late) = open.take_if(|(since, _)| at_ms - *since > period_ms) {
                close(late, false);
            }
            let (since, was_refused) = open.unwrap_or((at_ms, false));
            open = match answer {
                Answer::Taken => {
                    close((since, false), true);
                    None
                }
                Answer::NotTaken => Some((since, true)),
                Answer::Viewed => Some((since, was_refused)),
            };
        }
        if let Some(left) = open {
            close(left, false);
        }
    }
    offers.sort_by(|a, b| (a.at_ms, &a.user, &a.action).cmp(&(b.at_ms, &b.user, &b.action)));
    offers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(answers: &[(i64, Answer)]) -> Vec<(i64, bool, f64)> {
        let answered = |&(at_ms, answer): &(i64, Answer)| Answered {
            user: "u".into(),
            action: "a".into(),
            at_ms,
            answer,
        };
        let answers: Vec<Answered> = answers.iter().map(answered).collect();
        offers(&answers, 10).iter().map(|offer| (offer.at_ms, offer.is_taken, offer.weight)).collect()
    }

    #[test]
    fn an_offer_is_taken_within_the_period_after_it_was_first_seen_or_not() {
        use Answer::{NotTaken, Taken, Viewed};
        assert_eq!(of(&[(0, Viewed), (3, Viewed), (9, Taken)]), [(0, true, 1.0)]);
        assert_eq!(of(&[(0, Viewed), (11, Taken)]), [(0, false, 1.0), (11, true, 1.0)]);
        assert_eq!(
            of(&[(0, Taken), (1, Taken), (2, NotTaken)]),
            [(0, true, 1.0), (1, true, 1.0), (2, false, 1.0)]
        );
        assert_eq!(of(&[(0, NotTaken), (2, Taken)]), [(0, true, 1.0)]);
    }

    #[test]
    fn what_was_only_seen_counts_by_what_is_over_of_its_period() {
        assert_eq!(of(&[(0, Answer::Viewed), (4, Answer::Viewed)]), [(0, false, 0.4)]);
        assert_eq!(of(&[(7, Answer::Viewed)]), []);
    }

    #[test]
    fn the_words_of_the_service_are_known_however_they_are_spelt() {
        for (text, answer) in
            [("TAKEN", Answer::Taken), ("Not Taken", Answer::NotTaken), ("NOT_TAKEN", Answer::NotTaken)]
        {
            assert_eq!(Answer::of(text), Some(answer));
        }
        assert_eq!(Answer::of("clicked"), None);
    }
}
