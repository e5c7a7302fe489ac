//! GetActionRecommendations: what to offer a user next, each action with the propensity that it is taken.

use bowerbird_filters::{Bound, Dataset, Datum, Facts, Filter};
use bowerbird_recipes::next_best_action::{Answer, Candidate, Person, Placed, Propensity, Seen, arrange};
use serde_json::{Map, Value, json};

use super::filter::{column, values};
use super::shares;
use crate::actions::{self, Action};
use crate::app::App;
use crate::arn::{dataset_arn, recipe_name};
use crate::control::{Exploration, Input, Kind, find, find_active, public_text};
use crate::error::ApiError;
use crate::lists;
use crate::recipe_table::{RecipeKind, kind_of};

/// Actions of an answer, when the caller does not say, and at most. [model]
const RESULTS: (usize, i64) = (5, 100);
/// Of `explorationWeight` a third is the share of places, as with items.
const EXPLORED_SHARE: f32 = 1.0 / 3.0;
const DAY_MS: i64 = 86_400_000;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    let campaign = find_active(app, Kind::Campaign, input.arn("campaignArn")?)?;
    let version = find(app, Kind::SolutionVersion, public_text(&campaign, "solutionVersionArn"))?;
    if kind_of(recipe_name(public_text(&version, "recipeArn"))?) != Some(RecipeKind::PersonalizedActions) {
        return Err(ApiError::Invalid(
            "This campaign does not recommend actions: train a solution with aws-next-best-action".into(),
        ));
    }
    let n = input.integer("numResults", 0, RESULTS.1)?.map_or(RESULTS.0, |number| number as usize);
    let user = User::of(app, public_text(&version, "datasetGroupArn"), input.required("userId", 256)?)?;
    let filter = bound(app, input, &user.group)?;
    let (pack, model) = (app.models.pack(app, &version)?, app.models.propensity(app, &version)?);
    let seen: Vec<Seen> = user
        .items
        .iter()
        .filter_map(|seen| Some(Seen { item: pack.index_of(&seen.item)?, at_ms: seen.at_ms }))
        .collect();
    let person =
        Person { seen: &seen, answers: &user.answers, attributes: &user.attributes, now_ms: user.now_ms };
    let exploration = Exploration::of(&campaign.doc["public"]["campaignConfig"])?;
    let offered: Vec<Action> = actions::actions(app, &user.group)?
        .into_iter()
        .filter(|action| user.may_be_offered(action, filter.as_ref()))
        .collect();
    let asked = offered.iter().map(|action| (action.id.as_str(), &action.attributes));
    let propensities = model.of_all(&pack, &person, asked);
    let candidate = |(action, propensity): (&Action, f64)| Candidate {
        propensity: rounded(propensity),
        value: action.value,
        is_trial: is_trial(&model, action, exploration, user.now_ms),
    };
    let candidates: Vec<Candidate> = offered.iter().zip(propensities).map(candidate).collect();
    let seed = shares::seed(&user.id, (user.now_ms / DAY_MS) as u32);
    let list = arrange(&candidates, n, f64::from(exploration.weight * EXPLORED_SHARE), u64::from(seed));
    let entry = |placed: &Placed| {
        // The service answers 0.0 for what is tried out. (reference §7.4)
        let score = if placed.is_explored { 0.0 } else { candidates[placed.candidate].propensity };
        json!({ "actionId": offered[placed.candidate].id, "score": score })
    };
    Ok(json!({
        "actionList": list.iter().map(entry).collect::<Vec<_>>(),
        "recommendationId": lists::new_id(),
    }))
}

fn is_trial(model: &Propensity, action: &Action, exploration: Exploration, now_ms: i64) -> bool {
    !model.knows(&action.id) || action.is_newer_than(exploration.age_cut_off_days, now_ms)
}

/// To seven decimals, as all scores are.
fn rounded(propensity: f64) -> f64 {
    (propensity * 1e7).round() / 1e7
}

/// The user of a request, as they are now.
struct User {
    id: String,
    group: String,
    attributes: bowerbird_recipes::next_best_action::Attributes,
    columns: Map<String, Value>,
    items: Vec<crate::live::Seen>,
    answers: Vec<(String, i64, Answer)>,
    now_ms: i64,
}

impl User {
    fn of(app: &App, group: &str, id: &str) -> Result<Self, ApiError> {
        let (attributes, columns) = actions::user(app, group, id)?;
        let dataset = dataset_arn(&app.settings, group, "ACTION_INTERACTIONS");
        let answer = |seen: crate::live::Seen| {
            Some((seen.item.as_ref().to_owned(), seen.at_ms, Answer::of(&seen.event_type)?))
        };
        Ok(Self {
            id: id.to_owned(),
            attributes,
            columns,
            items: app.live.timeline(group, id),
            answers: app.live.timeline(&dataset, id).into_iter().filter_map(answer).collect(),
            group: group.to_owned(),
            now_ms: app.now(),
        })
    }

    fn may_be_offered(&self, action: &Action, filter: Option<&Bound>) -> bool {
        let answers = self.answers.iter().filter(|(other, _, answer)| {
            // Having seen it is no answer: otherwise nothing could be shown twice.
            *other == action.id && *answer != Answer::Viewed
        });
        let answered_at = answers.map(|(_, at_ms, _)| *at_ms).max();
        action.is_due(answered_at, self.now_ms)
            && filter.is_none_or(|filter| filter.keeps(&Offer { user: self, action }, &action.id))
    }
}

/// The filter of a request, if it has one.
fn bound(app: &App, input: &Input, group: &str) -> Result<Option<Bound>, ApiError> {
    let Some(arn) = input.optional_arn("filterArn")? else { return Ok(None) };
    let filter = find_active(app, Kind::Filter, arn)?;
    if filter.parent != group {
        return Err(ApiError::Invalid(format!("{arn} belongs to another dataset group than the campaign")));
    }
    let filter = Filter::parse(public_text(&filter, "filterExpression"))?;
    if filter.target() != bowerbird_filters::Target::Action {
        return Err(ApiError::Invalid(format!(
            "{arn} is not about ActionID: this campaign recommends actions"
        )));
    }
    Ok(Some(filter.bind(&values(input)?)?))
}

/// An action and a user, as a filter asks about them.
struct Offer<'a> {
    user: &'a User,
    action: &'a Action,
}

impl Facts for Offer<'_> {
    fn candidate(&self, _: Dataset, _: &str, name: &str) -> Datum<'_> {
        column(&self.action.columns, name)
    }

    fn any_event(&self, _: Dataset, id: &str, passes: &dyn Fn(&str) -> bool) -> bool {
        let word = |answer: Answer| match answer {
            Answer::Taken => ["Taken", "TAKEN"],
            Answer::NotTaken => ["Not Taken", "NOT_TAKEN"],
            Answer::Viewed => ["Viewed", "VIEWED"],
        };
        let answers = self.user.answers.iter().filter(|(other, ..)| other == id);
        answers.flat_map(|(.., answer)| word(*answer)).any(passes)
    }

    fn current_user(&self, name: &str) -> Datum<'_> {
        column(&self.user.columns, name)
    }
}
