//! "How good are propensities for offers that nobody knew?" The newest fifth of all offers is held back.

use std::collections::{BTreeMap, BTreeSet};

use bowerbird_ranker::Pack;

use super::offers::Offer;
use super::person::People;
use super::{Attributes, Propensity};
use crate::Metrics;

/// A list of actions when nobody says how long. [model]
const LIST: usize = 5;
/// Offers whose lists are made for coverage: more hardly add an action.
const LISTS_MAX: usize = 500;
/// Parts of equal size that calibration looks at.
const PARTS: usize = 10;

/// Older and newest offers.
pub(super) fn split(offers: &[Offer]) -> (&[Offer], &[Offer]) {
    offers.split_at(offers.len() - offers.len() / 5)
}

/// Without held-back offers all metrics are 0.
pub(super) fn judge(
    model: &Propensity,
    actions: &BTreeMap<String, Attributes>,
    (pack, people): (&Pack, &People<'_>),
    offers: &[Offer],
) -> Metrics {
    let nothing = Attributes::default();
    let of = |offer: &Offer, action: &str| {
        let attributes = actions.get(action).unwrap_or(&nothing);
        model.of(pack, &people.at(&offer.user, offer.at_ms), (action, attributes))
    };
    let judged: Vec<(f64, &Offer)> = offers.iter().map(|offer| (of(offer, &offer.action), offer)).collect();
    let every = offers.len().div_ceil(LISTS_MAX).max(1);
    let mut shown = BTreeSet::new();
    for offer in offers.iter().step_by(every) {
        let person = people.at(&offer.user, offer.at_ms);
        let all = actions.iter().map(|(id, attributes)| (id.as_str(), attributes));
        let mut list: Vec<(f64, &String)> =
            model.of_all(pack, &person, all).into_iter().zip(actions.keys()).collect();
        list.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        shown.extend(list.into_iter().take(LIST).map(|(_, id)| id));
    }
    let (precision, recall) = per_action(&judged, model.base_rate());
    Metrics::rounded(vec![
        ("area_under_curve", area_under_curve(&judged)),
        ("calibration_error", calibration_error(&judged)),
        ("coverage", shown.len() as f64 / actions.len().max(1) as f64),
        ("precision", precision),
        ("recall", recall),
    ])
}

/// The share of pairs of an offer that was taken and one that was not in which the first has the higher propensity.
fn area_under_curve(judged: &[(f64, &Offer)]) -> f64 {
    let mut order: Vec<&(f64, &Offer)> = judged.iter().collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut sum, mut taken) = (0.0, 0.0, 0.0);
    for same in order.chunk_by(|a, b| a.0 == b.0) {
        let of_taken = same.iter().filter(|(_, offer)| offer.is_taken).count() as f64;
        let of_not = same.len() as f64 - of_taken;
        sum += of_taken * (below + of_not / 2.0);
        below += of_not;
        taken += of_taken;
    }
    if taken * below > 0.0 { sum / (taken * below) } else { 0.0 }
}

/// Mean difference between what was said and what came, over tenths of the offers by propensity.
fn calibration_error(judged: &[(f64, &Offer)]) -> f64 {
    let mut order: Vec<&(f64, &Offer)> = judged.iter().collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut error = 0.0;
    for part in order.chunks(order.len().div_ceil(PARTS).max(1)) {
        let said: f64 = part.iter().map(|(propensity, offer)| propensity * offer.weight).sum();
        let came: f64 = part.iter().filter(|(_, offer)| offer.is_taken).map(|(_, offer)| offer.weight).sum();
        error += (said - came).abs();
    }
    error / judged.iter().map(|(_, offer)| offer.weight).sum::<f64>().max(1.0)
}

/// Precision and recall of each action that was taken by anybody, averaged: an offer is expected to be taken where its
/// propensity is above the rate of all offers.
fn per_action(judged: &[(f64, &Offer)], rate: f64) -> (f64, f64) {
    let mut counts: BTreeMap<&str, (f64, f64, f64)> = BTreeMap::new();
    for (propensity, offer) in judged {
        let (hits, expected, taken) = counts.entry(&offer.action).or_default();
        let is_expected = *propensity >= rate;
        *hits += f64::from(u8::from(is_expected && offer.is_taken));
        *expected += f64::from(u8::from(is_expected));
        *taken += f64::from(u8::from(offer.is_taken));
    }
    counts.retain(|_, (_, _, taken)| *taken > 0.0);
    let n = counts.len().max(1) as f64;
    let mean = |of: &dyn Fn(&(f64, f64, f64)) -> f64| counts.values().map(of).sum::<f64>() / n;
    let precision = mean(&|(hits, expected, _)| if *expected > 0.0 { hits / expected } else { 0.0 });
    (precision, mean(&|(hits, _, taken)| hits / taken))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(action: &str, is_taken: bool) -> Offer {
        Offer { user: "u".into(), action: action.into(), at_ms: 0, is_taken, weight: 1.0 }
    }

    #[test]
    fn each_metric_is_what_its_definition_says() {
        let (yes, no) = (offer("a", true), offer("a", false));
        let judged = [(0.9, &yes), (0.8, &no), (0.8, &yes), (0.1, &no)];
        assert_eq!(area_under_curve(&judged), (2.0 + 1.5) / 4.0);
        assert_eq!(area_under_curve(&judged[..1]), 0.0);
        let (precision, recall) = per_action(&judged, 0.5);
        assert_eq!((precision, recall), (2.0 / 3.0, 1.0));
        assert!((calibration_error(&judged) - (0.1 + 0.8 + 0.2 + 0.1) / 4.0).abs() < 1e-12);
    }
}
