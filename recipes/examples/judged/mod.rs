//! How good a pack's lists are, as the examples say it in one number.

use std::collections::HashMap;

use bowerbird_ranker::{Pack, Request, recommend};
use bowerbird_recipes::Interactions;

use crate::visitor::{gain, visitor};

/// NDCG@10 of lists without what a user had before; mean over those who have a target.
pub(crate) fn ndcg(pack: &Pack, interactions: &Interactions, targets: &HashMap<String, String>) -> f64 {
    let (mut sum, mut users) = (0.0, 0.0);
    for (user, id) in interactions.user_ids().iter().enumerate() {
        let Some(target) = targets.get(id) else { continue };
        let (history, seen) = visitor(pack, interactions, user);
        let exclude = |item| seen.contains(&item);
        let list = recommend(pack, &history, &Request { exclude: &exclude, ..Request::top(10) });
        sum += gain(list.iter().position(|ranked| pack.id(ranked.item) == target));
        users += 1.0;
    }
    sum / users
}
