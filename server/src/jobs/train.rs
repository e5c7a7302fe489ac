//! Trains a solution version: interactions and items in, a vector pack and metrics out.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};

use bowerbird_ranker::Pack;
use bowerbird_recipes::next_best_action::TrainedActions;
use bowerbird_recipes::{
    Contexts, Flow, Interactions, ItemTable, Metrics, Progress, Recipe, RecipeError, Trained, Training,
};
use bowerbird_sdk_server::ingest::Entry;
use bowerbird_store::{Offset, Resource};
use serde_json::{Value, json};

use super::choose::{self, Chosen};
use super::csv_rows::cell;
use super::event_rules::EventRules;
use super::impressions::{self, Shown};
use super::replay::Owners;
use super::worker::Ending;
use super::{replay, train_actions, update};
use crate::app::App;
use crate::arn::{dataset_arn, recipe_name};
use crate::control::{Field, FieldType, Kind, find_version, is_changing, private, public_text, status};
use crate::entities;
use crate::error::ApiError;
use crate::interaction::{self, Interaction};
use crate::recipe_table::{RecipeKind, kind_of};

/// Users that must have at least two interactions (reference §4.4).
const MIN_USERS: usize = 25;
/// Columns of interactions that have a meaning of their own (reference §3.1).
const RESERVED: [&str; 8] = [
    "USER_ID",
    "ITEM_ID",
    "TIMESTAMP",
    "EVENT_TYPE",
    "EVENT_VALUE",
    "IMPRESSION",
    "RECOMMENDATION_ID",
    "EVENT_ATTRIBUTION_SOURCE",
];
/// Every training starts from the same seed, so that a version can be made again.
const SEED: u64 = 0;

pub(super) fn run(app: &App, arn: &str) -> Result<Ending, ApiError> {
    let started = app.now();
    let version = find_version(app, arn)?;
    if version.status == status::STOPPED {
        return Ok(Ending::Stopped);
    }
    app.store.catalog.update(arn, &mut |version| {
        version.status = status::IN_PROGRESS.into();
        version.updated_at = started;
    })?;
    let recipe = recipe_name(public_text(&version, "recipeArn")).ok();
    let is_of_actions = recipe.and_then(kind_of) == Some(RecipeKind::PersonalizedActions);
    let candidates = if is_of_actions { Vec::new() } else { choose::candidates(&version)? };
    let reporter = Reporter { app, arn };
    reporter.step("reading interactions", 0, 1);
    let group = public_text(&version, "datasetGroupArn");
    let is_update = public_text(&version, "trainingMode") == "UPDATE";
    let contexts = if is_update { Vec::new() } else { contexts(app, &version, &candidates)? };
    let (interactions, passed_over) = rows(app, &version, contexts)?
        .interactions()
        .map_err(|error| ApiError::Invalid(error.to_string()))?;
    let items = items(app, group, &candidates)?;
    let job = Training {
        interactions: &interactions,
        items: &items,
        seed: SEED,
        settings: &hyperparameters(&version),
        progress: &reporter,
    };
    let trained = if is_of_actions {
        train_actions::train(app, group, &job)?.map(Product::of_actions)
    } else if is_update {
        update::train(app, &version, candidates[0], &job)?
    } else {
        choose::choose(&version, &candidates, &job).and_then(|chosen| {
            let trained = chosen.recipe.train(&Training { settings: &chosen.settings, ..job })?;
            Ok(Product::of_items(chosen, trained))
        })
    };
    match trained {
        Ok(product) => finish(app, &version, &Product { passed_over, ..product }, &interactions, started),
        Err(RecipeError::Stopped) if app.board.is_closing() => Ok(Ending::Interrupted),
        Err(RecipeError::Stopped) => Ok(Ending::Stopped),
        Err(error) => Err(ApiError::Invalid(error.to_string())),
    }
}

/// What a training leaves.
pub(super) struct Product {
    pub(super) pack: Vec<u8>,
    propensity: Option<String>,
    /// JSON: name and number.
    metrics: Value,
    chosen: Option<Chosen>,
    /// Items that are chosen less often than others where they are shown: exploration shows them less.
    passed_over: BTreeMap<String, f32>,
}

impl Product {
    fn of_items(chosen: Chosen, trained: Trained) -> Self {
        Self { chosen: Some(chosen), ..Self::of(trained.pack, named(&trained.metrics)) }
    }

    /// Of a training that only took in what is new: the metrics are those of the one before.
    pub(super) fn of_update(pack: Vec<u8>, metrics: Value) -> Self {
        Self::of(pack, metrics)
    }

    fn of_actions(trained: TrainedActions) -> Self {
        let TrainedActions { pack, propensity, metrics } = trained;
        Self { propensity: Some(propensity), ..Self::of(pack, named(&metrics)) }
    }

    fn of(pack: Vec<u8>, metrics: Value) -> Self {
        Self { pack, propensity: None, metrics, chosen: None, passed_over: BTreeMap::new() }
    }
}

/// After how many milliseconds the version is, if time alone makes it so.
fn out_of_date_after(version: &Resource, product: &Product) -> Option<i64> {
    let pack = Pack::open(product.pack.clone()).ok()?;
    let recipe = bowerbird_recipes::find(pack.recipe())?;
    let given = || hyperparameters(version);
    let settings = product.chosen.as_ref().map_or_else(given, |chosen| chosen.settings.clone());
    recipe.out_of_date_after(&settings, &pack)
}

fn named(metrics: &Metrics) -> Value {
    metrics.iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
}

fn finish(
    app: &App,
    version: &Resource,
    product: &Product,
    interactions: &Interactions,
    started: i64,
) -> Result<Ending, ApiError> {
    let hash = app.store.artifacts.put(&product.pack)?;
    let propensity = product.propensity.as_ref().map(|json| app.store.artifacts.put(json.as_bytes()));
    let propensity = propensity.transpose()?;
    let passed_over = (!product.passed_over.is_empty()).then(|| json!(product.passed_over).to_string());
    let passed_over = passed_over.map(|json| app.store.artifacts.put(json.as_bytes())).transpose()?;
    let out_of_date_after = out_of_date_after(version, product);
    let now = app.now();
    let hours = (now - started) as f64 / 3_600_000.0;
    app.store.catalog.update(&version.arn, &mut |version| {
        version.status = status::ACTIVE.into();
        version.updated_at = now;
        version.doc["private"]["pack"] = hash.as_str().into();
        version.doc["private"]["metrics"] = product.metrics.clone();
        version.doc["private"]["newestMs"] = interactions.newest_ms().into();
        version.doc["private"]["mostUsers"] = interactions.most_users().into();
        version.doc["private"]["outOfDateMs"] = out_of_date_after.into();
        if let Some(propensity) = &propensity {
            version.doc["private"]["propensity"] = propensity.as_str().into();
        }
        if let Some(passed_over) = &passed_over {
            version.doc["private"]["passedOver"] = passed_over.as_str().into();
        }
        if let Some(chosen) = &product.chosen {
            chosen.note(&mut version.doc["public"]);
        }
        version.doc["public"]["trainingHours"] = ((hours * 1e6).round() / 1e6).into();
    })?;
    if version.kind == Kind::RecommenderVersion.word() {
        serve(app, version)?;
    } else {
        redeploy(app, version)?;
    }
    // Items may have come while it was learnt.
    app.newcomers.note(public_text(version, "datasetGroupArn"));
    Ok(Ending::Done)
}

/// A recommender answers with its newest version from now on.
fn serve(app: &App, version: &Resource) -> Result<(), ApiError> {
    let now = app.now();
    app.store.catalog.update(&version.parent, &mut |recommender| {
        recommender.doc["private"]["version"] = version.arn.as_str().into();
        recommender.updated_at = now;
        if is_changing(recommender) {
            recommender.status = status::ACTIVE.into();
        }
    })?;
    Ok(())
}

/// Campaigns that follow the latest version of their solution take this one.
fn redeploy(app: &App, version: &Resource) -> Result<(), ApiError> {
    let campaigns = app.store.catalog.list(Kind::Campaign.word(), Some(&version.parent), None, usize::MAX)?;
    for campaign in campaigns {
        let config = &campaign.doc["public"]["campaignConfig"];
        if config["syncWithLatestSolutionVersion"] == true {
            app.store.catalog.update(&campaign.arn, &mut |campaign| {
                campaign.doc["public"]["solutionVersionArn"] = version.arn.as_str().into();
            })?;
        }
    }
    Ok(())
}

/// A training row that owns its ids.
pub(super) struct Row {
    user: String,
    item: String,
    at_ms: i64,
    weight: f32,
    /// The number of its context.
    combination: u32,
}

/// What a version learns from.
pub(super) struct Gathered {
    rows: Vec<Row>,
    contexts: Contexts,
    /// Where the event log ended.
    until: Offset,
    owners: Owners,
    shown: Option<Shown>,
}

impl Gathered {
    /// Beside them the items that were passed over where they were shown.
    pub(super) fn interactions(self) -> Result<(Interactions, BTreeMap<String, f32>), RecipeError> {
        let mut builder = Interactions::builder();
        self.shown.iter().for_each(|shown| shown.tell(&self.owners, &mut builder));
        let passed_over = builder.passed_over();
        for row in &self.rows {
            builder.push_in(row.combination, (&row.user, &row.item), row.at_ms, row.weight)?;
        }
        drop(self.rows);
        Ok((builder.contexts(self.contexts).build()?, passed_over))
    }
}

/// The categorical columns of the interactions that say in which circumstances something was done, where a recipe looks
/// at them and the solution does not leave them out.
fn contexts(app: &App, version: &Resource, candidates: &[&dyn Recipe]) -> Result<Vec<String>, ApiError> {
    let looks = |recipe: &&dyn Recipe| {
        matches!(
            kind_of(recipe.name()),
            Some(RecipeKind::UserPersonalization | RecipeKind::PersonalizedRanking)
        )
    };
    let dataset = entities::dataset(app, public_text(version, "datasetGroupArn"), "INTERACTIONS")?;
    let (Some((_, fields)), true) = (dataset, candidates.iter().any(looks)) else { return Ok(Vec::new()) };
    let config = &version.doc["public"]["solutionConfig"]["trainingDataConfig"];
    let left_out = &config["excludedDatasetColumns"]["INTERACTIONS"];
    let is_left_out =
        |name: &str| left_out.as_array().into_iter().flatten().any(|one| one.as_str() == Some(name));
    let is_context = |field: &Field| {
        field.categorical
            && field.kind == FieldType::Text
            && !RESERVED.contains(&field.name.as_str())
            && !is_left_out(&field.name)
    };
    Ok(fields.into_iter().filter(is_context).map(|field| field.name).collect())
}

/// Interactions of the version's group that its solution learns from, if there are enough.
fn rows(app: &App, version: &Resource, contexts: Vec<String>) -> Result<Gathered, ApiError> {
    let shown = Shown::of(app, public_text(version, "datasetGroupArn"))?;
    let gathered = gather(app, version, contexts, shown)?;
    remember(app, version, (gathered.rows.len(), gathered.until))?;
    check_enough(app, &gathered.rows, public_text(version, "eventType"))?;
    Ok(gathered)
}

/// The same, however many there are. With columns of contexts, or to see what was `shown`, every event is read as it was sent.
pub(super) fn gather(
    app: &App,
    version: &Resource,
    columns: Vec<String>,
    shown: Option<Shown>,
) -> Result<Gathered, ApiError> {
    let rules = EventRules::of_version(version)?;
    let group = public_text(version, "datasetGroupArn");
    let is_whole = !columns.is_empty() || shown.is_some();
    let contexts = Contexts::new(columns.clone());
    let gathering = RefCell::new(Gathering { rules, rows: Vec::new(), contexts, shown });
    let (owners, until) = if is_whole {
        let imported: Vec<String> = columns.iter().cloned().chain([impressions::COLUMN.to_owned()]).collect();
        let mut take = |row: Interaction<'_>| gathering.borrow_mut().imported(&row);
        let mut each = |entry: &Entry<'_>| gathering.borrow_mut().recorded(entry, &columns);
        replay::whole_from_the_beginning(app, group, &imported, &mut take, &mut each)?
    } else {
        let mut take = |row: Interaction<'_>| gathering.borrow_mut().take(&row);
        replay::from_the_beginning(app, group, &mut take)?
    };
    let Gathering { mut rows, contexts, shown, .. } = gathering.into_inner();
    for row in &mut rows {
        if let Some(owner) = owners.get(&row.user) {
            row.user.clone_from(owner);
        }
    }
    Ok(Gathered { rows, contexts, until, owners, shown })
}

/// What was read so far.
struct Gathering {
    rules: EventRules,
    rows: Vec<Row>,
    contexts: Contexts,
    shown: Option<Shown>,
}

impl Gathering {
    /// The cell of what was shown stands behind those of the context.
    fn imported(&mut self, row: &Interaction<'_>) {
        let Some((impression, context)) = row.further.split_last() else { return };
        if let Some(shown) = &mut self.shown {
            shown.imported(row, impression, &self.rules);
        }
        self.take(&Interaction { further: context, ..*row });
    }

    fn recorded(&mut self, entry: &Entry<'_>, columns: &[String]) {
        if let Some(shown) = &mut self.shown {
            shown.recorded(entry, &self.rules);
        }
        if let Some(found) = interaction::interaction(entry) {
            let further = if columns.is_empty() { Vec::new() } else { interaction::further(entry, columns) };
            self.take(&Interaction { further: &further, ..found });
        }
    }

    fn take(&mut self, interaction: &Interaction<'_>) {
        if let Some(weight) = self.rules.weight(interaction) {
            let user = interaction.user.unwrap_or(interaction.session);
            self.rows.push(Row {
                user: user.to_owned(),
                item: interaction.item.to_owned(),
                at_ms: interaction.at_ms,
                weight,
                combination: self.contexts.number(interaction.further),
            });
        }
    }
}

/// Keeps with the version what it is trained on, so that somebody can tell when there is more.
fn remember(app: &App, version: &Resource, (rows, until): (usize, Offset)) -> Result<(), ApiError> {
    let group = public_text(version, "datasetGroupArn");
    let dataset = app.store.catalog.get(&dataset_arn(&app.settings, group, "INTERACTIONS"))?;
    let bulk = dataset.map_or(Value::Null, |dataset| private(&dataset, "bulk").clone());
    app.store.catalog.update(&version.arn, &mut |version| {
        version.doc["private"] = json!({ "rows": rows, "until": until.0, "bulk": bulk });
    })?;
    Ok(())
}

/// What a training needs at least, with the service's own words for what is missing.
fn check_enough(app: &App, rows: &[Row], event_type: &str) -> Result<(), ApiError> {
    let least = app.settings.min_interactions;
    if rows.len() < least {
        let filter = if event_type.is_empty() {
            String::new()
        } else {
            format!(" after filtering by event type: {event_type}")
        };
        return Err(ApiError::Invalid(format!(
            "Dataset has fewer than {least} interactions{filter}. It has {}; record or import more, or start the \
             server with a smaller --min-interactions.",
            rows.len()
        )));
    }
    let (mut once, mut twice) = (HashSet::new(), HashSet::new());
    for row in rows {
        if !once.insert(&row.user) {
            twice.insert(&row.user);
        }
    }
    if least > 0 && twice.len() < MIN_USERS {
        return Err(ApiError::Invalid(format!(
            "Dataset has fewer than {MIN_USERS} users with at least 2 interactions each."
        )));
    }
    Ok(())
}

pub(super) fn hyperparameters(version: &Resource) -> BTreeMap<String, String> {
    let config = &version.doc["public"]["solutionConfig"];
    let maps = [&config["algorithmHyperParameters"], &config["featureTransformationParameters"]];
    let members = maps.iter().filter_map(|map| map.as_object()).flatten();
    let objective = &config["optimizationObjective"];
    let wishes = [
        ("objective_item_attribute", &objective["itemAttribute"]),
        ("objective_sensitivity", &objective["objectiveSensitivity"]),
    ];
    let given = members.map(|(key, value)| (key.as_str(), value)).chain(wishes);
    given.filter_map(|(key, value)| Some((key.to_owned(), value.as_str()?.to_owned()))).collect()
}

/// What is known about items now, as a training of this version would see it.
pub(crate) fn item_table(app: &App, version: &Resource) -> Result<ItemTable, ApiError> {
    items(app, public_text(version, "datasetGroupArn"), &choose::candidates(version)?)
}

/// The Items dataset as columns of the pack: what filters and cards need. Long texts stay on the server, unless they
/// are what the recipe learns from.
fn items(app: &App, group_arn: &str, candidates: &[&dyn Recipe]) -> Result<ItemTable, ApiError> {
    let reads_texts = candidates.iter().any(|recipe| recipe.name() == "aws-semantic-similarity");
    let Some((arn, fields)) = entities::dataset(app, group_arn, "ITEMS")? else {
        return Ok(ItemTable::default());
    };
    let is_wanted = |field: &&Field| field.name != "ITEM_ID" && (reads_texts || !field.textual);
    let fields: Vec<_> = fields.iter().filter(is_wanted).collect();
    let mut table = ItemTable::new(fields.iter().map(|field| (field.name.clone(), column_kind(field))));
    let refused = |error: RecipeError| ApiError::Invalid(error.to_string());
    entities::each(app, &arn, &mut |entity| {
        table.insert(&entity.id).map_err(refused)?;
        fields.iter().try_for_each(|field| {
            let text = entity.columns.get(&field.name).map(cell).unwrap_or_default();
            table.set(&entity.id, &field.name, &text).map_err(refused)
        })
    })?;
    Ok(table)
}

fn column_kind(field: &Field) -> bowerbird_ranker::Kind {
    match field.kind {
        FieldType::Text if field.categorical => bowerbird_ranker::Kind::Category,
        FieldType::Text | FieldType::Boolean => bowerbird_ranker::Kind::Text,
        FieldType::Integer | FieldType::Decimal => bowerbird_ranker::Kind::Number,
    }
}

/// Tells the board how far the training is, and the training whether to go on.
struct Reporter<'a> {
    app: &'a App,
    arn: &'a str,
}

impl Progress for Reporter<'_> {
    fn step(&self, phase: &str, done: u64, total: u64) -> Flow {
        if self.app.board.step(self.arn, phase, done, total) { Flow::Continue } else { Flow::Stop }
    }
}
