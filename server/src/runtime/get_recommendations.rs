//! GetRecommendations: the best items for a user, or beside an item.

use bowerbird_ranker::{Ranked, Reason, Request, recommend, related};
use bowerbird_wire::limits::{DEFAULT_RESULTS, MAX_RESULTS};
use serde_json::{Value, json};

use super::filter::Filtering;
use super::{Deployed, metadata, recommendation_id, refuse_unsupported, scores};
use crate::app::App;
use crate::control::{Input, invalid};
use crate::error::ApiError;
use crate::recipe_table::RecipeKind;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let deployed = Deployed::find(app, input)?;
    refuse_unsupported(input)?;
    let n_results = input.integer("numResults", 0, MAX_RESULTS as i64)?;
    let n_results = n_results.map_or(DEFAULT_RESULTS, |number| number as usize);
    let columns = metadata::wanted(input, &deployed, n_results)?;
    let ranked = answer(app, &deployed, input)?;
    Ok(json!({
        "itemList": item_list(&deployed, &ranked, n_results, &columns),
        "recommendationId": recommendation_id(),
    }))
}

/// The best `MAX_RESULTS` items: scores are shares of this list, however many of it are asked for.
fn answer(app: &App, deployed: &Deployed, input: &Input) -> Result<Vec<Ranked>, ApiError> {
    let user = input.text("userId", 256)?.filter(|user| !user.is_empty());
    let item = input.text("itemId", 256)?.filter(|item| !item.is_empty());
    if user.is_none() && deployed.use_case.is_some_and(|case| case.needs_user) {
        return Err(invalid("userId", "must not be null for this recommender"));
    }
    let filtering = Filtering::of(app, deployed, input, (user, item))?;
    let exclude = |index| !filtering.keeps(&deployed.pack, index);
    let request = Request { exclude: &exclude, ..Request::top(MAX_RESULTS) };
    match deployed.kind {
        RecipeKind::RelatedItems => {
            let item =
                item.ok_or_else(|| invalid("itemId", "must not be null for a campaign of related items"))?;
            // An item that the model does not know has no neighbours: the most popular take their place.
            Ok(match deployed.pack.index_of(item) {
                Some(index) => related(&deployed.pack, index, &request),
                None => recommend(&deployed.pack, &bowerbird_ranker::History::new(), &request),
            })
        }
        RecipeKind::PopularItems => {
            Ok(recommend(&deployed.pack, &bowerbird_ranker::History::new(), &request))
        }
        RecipeKind::UserPersonalization => {
            let user = user.ok_or_else(|| invalid("userId", "must not be null for this campaign"))?;
            Ok(recommend(&deployed.pack, &deployed.history(app, user), &request))
        }
        RecipeKind::PersonalizedRanking => {
            Err(ApiError::Invalid("This campaign orders given lists: call GetPersonalizedRanking".into()))
        }
    }
}

fn item_list(deployed: &Deployed, ranked: &[Ranked], n_results: usize, columns: &[String]) -> Vec<Value> {
    let shares = scores::softmax(&ranked.iter().map(|ranked| ranked.score).collect::<Vec<_>>());
    let entry = |(ranked, share): (&Ranked, f64)| {
        let mut entry = json!({ "itemId": deployed.pack.id(ranked.item) });
        if deployed.is_scored() {
            entry["score"] = share.into();
            if ranked.reason == Reason::Popular {
                entry["reason"] = json!(["Popular item"]);
            }
        }
        if !columns.is_empty() {
            entry["metadata"] = metadata::of(&deployed.pack, ranked.item, columns).into();
        }
        entry
    };
    ranked.iter().zip(shares).take(n_results).map(entry).collect()
}
