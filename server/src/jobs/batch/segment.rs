//! A batch segment job: for every line of a file the users who are likeliest to do something with its item, or with the
//! items that have its attributes. It knows what was recorded up to now, not only what was learnt from.

use std::collections::HashMap;

use bowerbird_filters::{Bound, Dataset, Datum, Facts, Filter, Values};
use bowerbird_ranker::{ItemIndex, Pack};
use bowerbird_recipes::{Asked, Interactions, RecipeError, segments};
use bowerbird_store::Resource;
use bowerbird_wire::limits::DEFAULT_RESULTS;
use serde_json::{Map, Value, json};

use super::lines::{self, Line, Output};
use crate::app::App;
use crate::arn::{dataset_arn, recipe_name};
use crate::control::{Input, Kind, find, public_text, status};
use crate::entities;
use crate::error::ApiError;
use crate::interaction::Interaction;
use crate::jobs::worker::{self, Ending};
use crate::jobs::{replay, train};
use crate::runtime::{cell, column, values};

/// Questions of one file, by recipe. [limits]
const ITEMS_MAX: usize = 500;
const ATTRIBUTES_MAX: usize = 10;

pub(in crate::jobs) fn run(app: &App, arn: &str) -> Result<Ending, ApiError> {
    let job = super::begin(app, arn)?;
    let version = find(app, Kind::SolutionVersion, public_text(&job, "solutionVersionArn"))?;
    let (inputs, folder) = super::places(&job)?;
    app.board.step(arn, "reading interactions", 0, 1);
    let gathered = train::gather(app, &version, Vec::new(), None)?;
    let (interactions, _) = gathered.interactions().map_err(refused)?;
    let asking = Asking::new(app, &job, &version)?;
    for file in &inputs {
        let mut questions = Vec::new();
        lines::read(file, &mut |line, _| {
            questions.push(asking.question(line));
            Ok(true)
        })?;
        if questions.len() > asking.at_most {
            return Err(ApiError::Invalid(format!(
                "{} has {} lines: at most {} are allowed for this recipe",
                file.display(),
                questions.len(),
                asking.at_most
            )));
        }
        let Some(found) = asking.find(app, arn, &interactions, &questions)? else {
            return Ok(Ending::Interrupted);
        };
        let mut output = Output::beside(&folder, file)?;
        answers(&interactions, &questions, found).iter().try_for_each(|line| output.push(line))?;
        output.finish()?;
    }
    worker::settle(app, arn, status::ACTIVE, None);
    Ok(Ending::Done)
}

/// A line of the input, and what it asks for or what is wrong with it.
struct Question {
    line: Value,
    asked: Result<Wanted, String>,
}

struct Wanted {
    asked: Asked,
    filter: Option<Bound>,
}

/// What the questions of a job are asked with.
struct Asking {
    pack: std::sync::Arc<Pack>,
    group: String,
    /// The member that says what is asked for.
    key: &'static str,
    at_most: usize,
    n_results: usize,
    filter: Option<Filter>,
    /// Rows of the Users dataset, where the filter may ask for them.
    users: HashMap<String, Map<String, Value>>,
}

impl Asking {
    fn new(app: &App, job: &Resource, version: &Resource) -> Result<Self, ApiError> {
        let public = &job.doc["public"];
        let is_attribute = recipe_name(public_text(version, "recipeArn"))? == "aws-item-attribute-affinity";
        let filter = public["filterArn"].as_str().map(|arn| find(app, Kind::Filter, arn)).transpose()?;
        let filter =
            filter.map(|filter| Filter::parse(public_text(&filter, "filterExpression"))).transpose()?;
        let group = public_text(version, "datasetGroupArn").to_owned();
        Ok(Self {
            pack: app.models.pack(app, version)?,
            key: if is_attribute { "itemAttributes" } else { "itemId" },
            at_most: if is_attribute { ATTRIBUTES_MAX } else { ITEMS_MAX },
            n_results: public["numResults"].as_u64().map_or(DEFAULT_RESULTS, |number| number as usize),
            users: if filter.is_some() { users(app, &group)? } else { HashMap::new() },
            group,
            filter,
        })
    }

    fn question(&self, line: Line) -> Question {
        match line {
            Line::Broken(line, why) => Question { line, asked: Err(why) },
            Line::Asked(line) => {
                let asked = self.wanted(&line).map_err(|error| error.to_string());
                Question { line, asked }
            }
        }
    }

    fn wanted(&self, line: &Value) -> Result<Wanted, ApiError> {
        let text = line[self.key].as_str().filter(|text| !text.is_empty());
        let text = text.ok_or_else(|| {
            ApiError::Invalid(format!("Required fields for the provided recipe are {}", self.key))
        })?;
        let items = if self.key == "itemId" { self.item(text)? } else { self.with_attributes(text)? };
        let filter_values = || values(&Input::of("line", line)?);
        let filter = self.filter.as_ref().map(|filter| Ok::<_, ApiError>(filter.bind(&filter_values()?)?));
        Ok(Wanted { asked: Asked { items }, filter: filter.transpose()? })
    }

    fn item(&self, id: &str) -> Result<Vec<ItemIndex>, ApiError> {
        let item = self.pack.index_of(id);
        let unknown =
            || ApiError::Invalid(format!("item {id} was not known when the solution version was trained"));
        item.map(|item| vec![item]).ok_or_else(unknown)
    }

    /// Conditions on columns of Items, as a filter has them behind WHERE.
    fn with_attributes(&self, conditions: &str) -> Result<Vec<ItemIndex>, ApiError> {
        let bound = Filter::parse(&format!("INCLUDE ItemID WHERE {conditions}"))?.bind(&Values::new())?;
        let facts = Items(&self.pack);
        let items: Vec<ItemIndex> =
            self.pack.items().filter(|item| bound.keeps(&facts, self.pack.id(*item))).collect();
        if items.is_empty() {
            return Err(ApiError::Invalid(format!("no item has these attributes: {conditions}")));
        }
        Ok(items)
    }

    /// The segments of the questions that can be answered; `None` when the process is ending.
    fn find(
        &self,
        app: &App,
        arn: &str,
        interactions: &Interactions,
        questions: &[Question],
    ) -> Result<Option<Vec<Vec<u32>>>, ApiError> {
        let wanted: Vec<&Wanted> =
            questions.iter().filter_map(|question| question.asked.as_ref().ok()).collect();
        let asked: Vec<Asked> = wanted.iter().map(|wanted| wanted.asked.clone()).collect();
        let events = self.events(app, &asked)?;
        let keeps = |query: usize, user: usize| {
            let Some(filter) = &wanted[query].filter else { return true };
            let item = asked[query].items.first().map(|item| self.pack.id(*item)).unwrap_or_default();
            filter.keeps(&Person { asking: self, events: &events, item }, &interactions.user_ids()[user])
        };
        let step = |done, total| {
            if app.board.step(arn, "looking for users", done, total) {
                Ok(())
            } else {
                Err(RecipeError::Stopped)
            }
        };
        match segments(&self.pack, interactions, &asked, self.n_results, &keeps, &step) {
            Ok(found) => Ok(Some(found)),
            Err(RecipeError::Stopped) => Ok(None),
            Err(error) => Err(refused(error)),
        }
    }

    /// What users did with the items in question, if the filter wants to know: user → (item, event type).
    fn events(&self, app: &App, asked: &[Asked]) -> Result<Events, ApiError> {
        let mut events = Events::new();
        if !self.filter.as_ref().is_some_and(Filter::needs_events) {
            return Ok(events);
        }
        let items: Vec<&str> =
            asked.iter().flat_map(|asked| &asked.items).map(|item| self.pack.id(*item)).collect();
        let mut take = |interaction: Interaction<'_>| {
            if items.contains(&interaction.item) {
                let user = interaction.user.unwrap_or(interaction.session).to_owned();
                let event = (interaction.item.to_owned(), interaction.event_type.to_owned());
                events.entry(user).or_default().push(event);
            }
        };
        let (owners, _) = replay::from_the_beginning(app, &self.group, &mut take)?;
        for (session, user) in owners {
            if let Some(before) = events.remove(&session) {
                events.entry(user).or_default().extend(before);
            }
        }
        Ok(events)
    }
}

type Events = HashMap<String, Vec<(String, String)>>;

/// Rows of the Users dataset, if there is one.
fn users(app: &App, group: &str) -> Result<HashMap<String, Map<String, Value>>, ApiError> {
    let dataset = dataset_arn(&app.settings, group, "USERS");
    let mut users = HashMap::new();
    entities::each(app, &dataset, &mut |entity| {
        users.insert(entity.id, entity.columns);
        Ok(())
    })?;
    Ok(users)
}

fn answers(interactions: &Interactions, questions: &[Question], found: Vec<Vec<u32>>) -> Vec<Value> {
    let mut found = found.into_iter();
    let answer = |question: &Question| match &question.asked {
        Ok(_) => {
            let users = found.next().unwrap_or_default();
            let ids: Vec<&String> =
                users.iter().map(|&user| &interactions.user_ids()[user as usize]).collect();
            lines::told(&question.line, &json!({ "usersList": ids }), None)
        }
        Err(why) => lines::told(&question.line, &json!({ "usersList": [] }), Some(why)),
    };
    questions.iter().map(answer).collect()
}

fn refused(error: RecipeError) -> ApiError {
    ApiError::Invalid(error.to_string())
}

/// Items as a filter asks about them.
struct Items<'a>(&'a Pack);

impl Facts for Items<'_> {
    fn candidate(&self, _: Dataset, id: &str, column: &str) -> Datum<'_> {
        self.0.index_of(id).map_or(Datum::Null, |item| cell(self.0, item, column))
    }
}

/// Users as a filter asks about them. Their events are those with the item of the question.
struct Person<'a> {
    asking: &'a Asking,
    events: &'a Events,
    item: &'a str,
}

impl Facts for Person<'_> {
    fn candidate(&self, _: Dataset, id: &str, name: &str) -> Datum<'_> {
        self.asking.users.get(id).map_or(Datum::Null, |columns| column(columns, name))
    }

    fn any_event(&self, _: Dataset, id: &str, passes: &dyn Fn(&str) -> bool) -> bool {
        let events = self.events.get(id).into_iter().flatten();
        events.filter(|(item, _)| item == self.item).any(|(_, event_type)| passes(event_type))
    }
}
