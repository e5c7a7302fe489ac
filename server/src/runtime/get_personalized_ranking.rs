//! GetPersonalizedRanking: a given list in the best order for a user, by the function that also runs in the page.

use bowerbird_ranker::{Dials, Request, Reranked, rerank};
use bowerbird_wire::limits::MAX_RESULTS;
use serde_json::{Value, json};

use super::filter::Filtering;
use super::{Deployed, context, metadata, recommendation_id, scores};
use crate::app::App;
use crate::control::{Input, invalid};
use crate::error::ApiError;
use crate::recipe_table::RecipeKind;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let deployed = Deployed::campaign(app, input.arn("campaignArn")?)?;
    if !matches!(deployed.kind, RecipeKind::PersonalizedRanking | RecipeKind::UserPersonalization) {
        return Err(ApiError::Invalid(
            "This campaign does not rank lists for a user: train a solution with a ranking or personalization recipe"
                .into(),
        ));
    }
    let candidates = candidates(input)?;
    let columns = metadata::wanted(input, &deployed, candidates.len())?;
    let ranking = answer(app, &deployed, input, &candidates)?;
    let ids = ranking.iter().map(|ranked| candidates[ranked.position]);
    Ok(json!({
        "personalizedRanking": entries(&deployed, &candidates, &ranking, &columns),
        "recommendationId": recommendation_id(app, ids),
    }))
}

/// The ids in order with their scores, as a batch job writes them: unknown items have the score 0.
pub(super) fn ranked(
    app: &App,
    deployed: &Deployed,
    input: &Input,
) -> Result<(Vec<String>, Vec<f64>), ApiError> {
    let candidates = candidates(input)?;
    let ranking = answer(app, deployed, input, &candidates)?;
    let known: Vec<f32> = ranking.iter().filter_map(|ranked| ranked.score).collect();
    let mut shares = scores::softmax(&known).into_iter();
    let score = |ranked: &Reranked| ranked.score.and_then(|_| shares.next()).unwrap_or_default();
    let ids = ranking.iter().map(|ranked| candidates[ranked.position].to_owned()).collect();
    Ok((ids, ranking.iter().map(score).collect()))
}

fn answer(
    app: &App,
    deployed: &Deployed,
    input: &Input,
    candidates: &[&str],
) -> Result<Vec<Reranked>, ApiError> {
    let user = input.required("userId", 256)?;
    let history = deployed.history(app, user);
    let filtering = Filtering::of(app, deployed, input, (Some(user), None))?;
    let exclude = |index| !filtering.keeps(&deployed.pack, index);
    let dials = Dials { context: context::of(&deployed.pack, input)?, ..Dials::default() };
    let request = Request { exclude: &exclude, dials: Some(&dials), ..Request::top(candidates.len()) };
    Ok(rerank(&deployed.pack, &history, candidates, &request))
}

fn candidates(input: &Input) -> Result<Vec<&str>, ApiError> {
    let list = input.texts("inputList")?.ok_or_else(|| invalid("inputList", "must not be null"))?;
    if list.len() > MAX_RESULTS {
        return Err(invalid("inputList", &format!("must have length less than or equal to {MAX_RESULTS}")));
    }
    match list.iter().find(|id| id.is_empty() || id.chars().count() > 256) {
        Some(_) => Err(invalid("inputList", "must hold item ids of 1 to 256 characters")),
        None => Ok(list),
    }
}

/// Known items carry a score; unknown ones keep their place at the end without one.
fn entries(deployed: &Deployed, candidates: &[&str], ranking: &[Reranked], columns: &[String]) -> Vec<Value> {
    let known: Vec<f32> = ranking.iter().filter_map(|ranked| ranked.score).collect();
    let mut shares = scores::softmax(&known).into_iter();
    let entry = |ranked: &Reranked| {
        let id = candidates[ranked.position];
        let mut entry = json!({ "itemId": id });
        if ranked.score.is_some() {
            entry["score"] = shares.next().unwrap_or_default().into();
        }
        if let (false, Some(item)) = (columns.is_empty(), deployed.pack.index_of(id)) {
            entry["metadata"] = metadata::of(&deployed.pack, item, columns).into();
        }
        entry
    };
    ranking.iter().map(entry).collect()
}
