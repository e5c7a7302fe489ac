//! The runtime: one file for each call, and what they share: the campaign, its model and the user's history.

mod batch;
mod context;
mod filter;
mod get_action_recommendations;
mod get_personalized_ranking;
mod get_recommendations;
mod metadata;
mod scores;
mod shares;

pub(crate) use self::filter::{cell, column, values};

use std::sync::Arc;

use bowerbird_ranker::{History, ItemIndex, Pack};
use bowerbird_store::Resource;
use serde_json::Value;

use crate::app::App;
use crate::arn::recipe_name;
use crate::control::{Exploration, Input, Kind, Operation, find, find_active, private, public_text};
use crate::error::ApiError;
use crate::jobs::EventWeights;
use crate::lists;
use crate::models::PassedOver;
use crate::recipe_table::{RecipeKind, kind_of};
use crate::use_cases::{self, UseCase};

/// `POST` path → call.
pub(crate) const PATHS: &[(&str, Operation)] = &[
    ("/recommendations", get_recommendations::run),
    ("/personalize-ranking", get_personalized_ranking::run),
    ("/action-recommendations", get_action_recommendations::run),
];

/// The one recipe whose campaigns explore; the service took the dial away from the second version. (reference §4.3)
const EXPLORES: &str = "aws-user-personalization";

/// A campaign or a recommender that can answer.
pub(crate) struct Deployed {
    pack: Arc<Pack>,
    kind: RecipeKind,
    /// Of a recommender.
    use_case: Option<&'static UseCase>,
    /// Whether AutoML chose the recipe.
    is_chosen: bool,
    group: String,
    weights: EventWeights,
    /// What part of a list tries out new items; `None` where the recipe does not.
    exploration: Option<Exploration>,
    /// What it is to try less.
    passed_over: Option<Arc<PassedOver>>,
    /// Whether answers may carry metadata columns (reference §6.1).
    has_metadata: bool,
}

impl Deployed {
    /// What `campaignArn` or `recommenderArn` names: exactly one of them is given.
    fn find(app: &App, input: &Input) -> Result<Self, ApiError> {
        match input.optional_arn("recommenderArn")? {
            None => Self::campaign(app, input.arn("campaignArn")?),
            Some(_) if input.value("campaignArn").is_some() => {
                Err(ApiError::Invalid("give a campaignArn or a recommenderArn, not both".into()))
            }
            Some(arn) => Self::recommender(app, arn),
        }
    }

    fn recommender(app: &App, arn: &str) -> Result<Self, ApiError> {
        let recommender = find_active(app, Kind::Recommender, arn)?;
        let version = private(&recommender, "version").as_str().unwrap_or_default();
        let version = find(app, Kind::RecommenderVersion, version)?;
        let name = recipe_name(public_text(&recommender, "recipeArn"))?;
        let use_case =
            use_cases::find(name).ok_or_else(|| ApiError::Internal(format!("{name} is not served")))?;
        let config = &recommender.doc["public"]["recommenderConfig"];
        Ok(Self {
            pack: app.models.pack(app, &version)?,
            kind: use_case.kind,
            use_case: Some(use_case),
            is_chosen: false,
            group: recommender.parent.clone(),
            weights: EventWeights::default(),
            exploration: match use_case.kind {
                RecipeKind::UserPersonalization => Some(Exploration::of(config)?),
                _ => None,
            },
            passed_over: app.models.passed_over(app, &version)?,
            has_metadata: config["enableMetadataWithRecommendations"] == true,
        })
    }

    fn campaign(app: &App, campaign_arn: &str) -> Result<Self, ApiError> {
        let campaign = find_active(app, Kind::Campaign, campaign_arn)?;
        let version = find(app, Kind::SolutionVersion, public_text(&campaign, "solutionVersionArn"))?;
        Self::version(app, &version, &campaign.doc["public"]["campaignConfig"])
    }

    /// A solution version, with what a campaign or a batch job of it was configured with.
    pub(crate) fn version(app: &App, version: &Resource, config: &Value) -> Result<Self, ApiError> {
        let recipe = recipe_name(public_text(version, "recipeArn"))?;
        let kind = kind_of(recipe).ok_or_else(|| ApiError::Internal(format!("{recipe} is not served")))?;
        Ok(Self {
            pack: app.models.pack(app, version)?,
            kind,
            use_case: None,
            is_chosen: version.doc["public"]["performAutoML"] == true,
            exploration: if recipe == EXPLORES { Some(Exploration::of(config)?) } else { None },
            passed_over: app.models.passed_over(app, version)?,
            group: public_text(version, "datasetGroupArn").to_owned(),
            weights: EventWeights::of(version)?,
            has_metadata: recipe.ends_with("-v2") || config["enableMetadataWithRecommendations"] == true,
        })
    }

    /// How likely a new item is to be among those that exploration chooses from: as often as it is chosen where it is
    /// shown, compared with others.
    fn explored(&self, item: ItemIndex) -> f32 {
        let appeal = self.passed_over.as_ref().and_then(|items| items.get(self.pack.id(item)));
        appeal.copied().unwrap_or(1.0)
    }

    /// Whether answers carry scores; those of recommenders do not (reference §7.4).
    fn is_scored(&self) -> bool {
        self.use_case.is_none() && self.kind.is_scored()
    }

    /// What this user did lately, as the ranker wants it. Items that the model does not know are passed over.
    fn history(&self, app: &App, user: &str) -> History {
        let mut history = History::new();
        for seen in app.live.history(&self.group, user) {
            if let Some(index) = self.pack.index_of(&seen.item) {
                history.observe(index, self.weights.weight(&seen.event_type));
            }
        }
        history
    }
}

/// The id of an answer with these items, by which events say where they come from.
fn recommendation_id<'a>(app: &App, items: impl Iterator<Item = &'a str>) -> String {
    let id = lists::new_id();
    app.lists.note(&id, items);
    id
}
