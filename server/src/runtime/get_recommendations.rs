//! GetRecommendations: the best items for a user, or beside an item.

use bowerbird_ranker::{Dials, ItemIndex, Ranked, Reason, Request, recommend, related};
use bowerbird_wire::limits::{DEFAULT_RESULTS, MAX_RESULTS};
use serde_json::{Value, json};

use super::filter::Filtering;
use super::shares::{self, Promotion};
use super::{Deployed, context, metadata, recommendation_id, scores};
use crate::app::App;
use crate::control::{Input, invalid};
use crate::error::ApiError;
use crate::recipe_table::RecipeKind;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let deployed = Deployed::find(app, input)?;
    let n_results = input.integer("numResults", 0, MAX_RESULTS as i64)?;
    let n_results = n_results.map_or(DEFAULT_RESULTS, |number| number as usize);
    let columns = metadata::wanted(input, &deployed, n_results)?;
    let (ranked, promotion) = answer(app, &deployed, input, n_results)?;
    let ids = ranked.iter().take(n_results).map(|ranked| deployed.pack.id(ranked.item));
    Ok(json!({
        "itemList": item_list(&deployed, &ranked, n_results, (promotion.as_deref(), &columns)),
        "recommendationId": recommendation_id(app, ids),
    }))
}

/// The best `MAX_RESULTS` items: scores are shares of this list, however many of it are asked for. Where promotion or
/// exploration has a share of the places, as many as are asked for. Beside them the name of the promotion.
fn answer(
    app: &App,
    deployed: &Deployed,
    input: &Input,
    n_results: usize,
) -> Result<(Vec<Ranked>, Option<String>), ApiError> {
    let user = input.text("userId", 256)?.filter(|user| !user.is_empty());
    let item = input.text("itemId", 256)?.filter(|item| !item.is_empty());
    if user.is_none() && deployed.use_case.is_some_and(|case| case.needs_user) {
        return Err(invalid("userId", "must not be null for this recommender"));
    }
    let filtering = Filtering::of(app, deployed, input, (user, item))?;
    let exclude = |index| !filtering.keeps(&deployed.pack, index);
    let promotion = Promotion::of(app, deployed, input, (user, item))?;
    let share = promotion.as_ref().map_or(0.0, |promotion| promotion.share);
    let context = context::of(&deployed.pack, input)?;
    let shared = shares::dials(app, deployed, user, share, &context);
    // With shares a list is as long as it is asked for.
    let length = if shared.is_some() { n_results } else { MAX_RESULTS };
    let dials = shared.or_else(|| (!context.is_empty()).then(|| Dials { context, ..Dials::default() }));
    let promotes = |index| promotion.as_ref().is_some_and(|one| one.filtering.keeps(&deployed.pack, index));
    let request = Request {
        exclude: &exclude,
        dials: dials.as_ref(),
        promoted: promotion.as_ref().map(|_| &promotes as &dyn Fn(ItemIndex) -> bool),
        explored: Some(&|item| deployed.explored(item)),
        ..Request::top(length)
    };
    let ranked = list(app, deployed, (user, item), &request)?;
    Ok((ranked, promotion.and_then(|promotion| promotion.name)))
}

/// The best ids with their scores, as a batch job writes them.
pub(super) fn ranked(
    app: &App,
    deployed: &Deployed,
    input: &Input,
    n_results: usize,
) -> Result<(Vec<String>, Vec<f64>), ApiError> {
    let (ranked, _) = answer(app, deployed, input, n_results)?;
    let shares = scores::softmax(&ranked.iter().map(|ranked| ranked.score).collect::<Vec<_>>());
    let id = |ranked: &Ranked| deployed.pack.id(ranked.item).to_owned();
    Ok(ranked.iter().map(id).zip(shares).take(n_results).unzip())
}

fn list(
    app: &App,
    deployed: &Deployed,
    (user, item): (Option<&str>, Option<&str>),
    request: &Request<'_>,
) -> Result<Vec<Ranked>, ApiError> {
    match deployed.kind {
        // What was chosen for its lists for people answers with these too.
        RecipeKind::RelatedItems if deployed.is_chosen && item.is_none() && user.is_some() => {
            let history = user.map(|user| deployed.history(app, user)).unwrap_or_default();
            Ok(recommend(&deployed.pack, &history, request))
        }
        RecipeKind::RelatedItems if request.promoted.is_some() => Err(ApiError::Invalid(
            "promotions are not available for related items in this version: leave them out".into(),
        )),
        RecipeKind::RelatedItems => {
            let item =
                item.ok_or_else(|| invalid("itemId", "must not be null for a campaign of related items"))?;
            // An item that the model does not know has no neighbours: the most popular take their place.
            Ok(match deployed.pack.index_of(item) {
                Some(index) => related(&deployed.pack, index, request),
                None => recommend(&deployed.pack, &bowerbird_ranker::History::new(), request),
            })
        }
        RecipeKind::PopularItems => Ok(recommend(&deployed.pack, &bowerbird_ranker::History::new(), request)),
        RecipeKind::UserPersonalization => {
            let user = user.ok_or_else(|| invalid("userId", "must not be null for this campaign"))?;
            Ok(recommend(&deployed.pack, &deployed.history(app, user), request))
        }
        RecipeKind::PersonalizedRanking => {
            Err(ApiError::Invalid("This campaign orders given lists: call GetPersonalizedRanking".into()))
        }
        RecipeKind::PersonalizedActions => {
            Err(ApiError::Invalid("This campaign recommends actions: call GetActionRecommendations".into()))
        }
        RecipeKind::UserSegmentation => {
            Err(ApiError::Invalid("This recipe makes segments: call CreateBatchSegmentJob".into()))
        }
    }
}

fn item_list(
    deployed: &Deployed,
    ranked: &[Ranked],
    n_results: usize,
    (promotion, columns): (Option<&str>, &[String]),
) -> Vec<Value> {
    let shares = scores::softmax(&ranked.iter().map(|ranked| ranked.score).collect::<Vec<_>>());
    let entry = |(ranked, share): (&Ranked, f64)| {
        let mut entry = json!({ "itemId": deployed.pack.id(ranked.item) });
        if deployed.is_scored() {
            entry["score"] = share.into();
            if let Some(reason) = reason(ranked.reason) {
                entry["reason"] = json!([reason]);
            }
        }
        if let (Reason::Promoted, Some(name)) = (ranked.reason, promotion) {
            entry["promotionName"] = name.into();
        }
        if !columns.is_empty() {
            entry["metadata"] = metadata::of(&deployed.pack, ranked.item, columns).into();
        }
        entry
    };
    ranked.iter().zip(shares).take(n_results).map(entry).collect()
}

/// In the service's words; it has none for what is relevant. (reference §7.5)
fn reason(reason: Reason) -> Option<&'static str> {
    match reason {
        Reason::Popular => Some("Popular item"),
        Reason::Exploration => Some("Exploration"),
        Reason::Promoted => Some("Promoted item"),
        Reason::Because(_) | Reason::Taste => None,
    }
}
