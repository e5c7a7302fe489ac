//! The filter of a request: bound to its values once, asked about one item after the other.

use bowerbird_filters::{Bound, Dataset, Datum, Facts, Filter, Values};
use bowerbird_ranker::{ItemIndex, Pack, Value as Cell};
use bowerbird_store::Entity;
use serde_json::{Map, Value};

use super::Deployed;
use crate::app::App;
use crate::arn::dataset_arn;
use crate::control::{Input, Kind, find_active, invalid, public_text};
use crate::error::ApiError;
use crate::live::Seen;

/// Values of one request. [model]
const MAX_VALUES: usize = 25;

/// What is left out of an answer, and what it takes to decide that. Without a filter everything stays.
pub(super) struct Filtering<'a> {
    bound: Option<Bound>,
    /// Items with which the user had an event of this type do not stay either.
    leaves_out: Option<&'static str>,
    pack: &'a Pack,
    timeline: Vec<Seen>,
    user: Option<Entity>,
    item: Option<ItemIndex>,
}

impl<'a> Filtering<'a> {
    /// Reads `filterArn` and `filterValues`. The filter must be of the campaign's dataset group.
    pub(super) fn of(
        app: &App,
        deployed: &'a Deployed,
        input: &Input,
        (user, item): (Option<&str>, Option<&str>),
    ) -> Result<Self, ApiError> {
        let pack = &*deployed.pack;
        let item = item.and_then(|item| pack.index_of(item));
        let leaves_out = deployed.use_case.and_then(|case| case.leaves_out);
        let mut filtering = Self { bound: None, leaves_out, pack, timeline: Vec::new(), user: None, item };
        if let (Some(user), Some(_)) = (user, leaves_out) {
            filtering.timeline = app.live.timeline(&deployed.group, user);
        }
        let Some(filter_arn) = input.optional_arn("filterArn")? else { return Ok(filtering) };
        let filter = find_active(app, Kind::Filter, filter_arn)?;
        if filter.parent != deployed.group {
            return Err(ApiError::Invalid(format!(
                "{filter_arn} belongs to another dataset group than the campaign"
            )));
        }
        let filter = Filter::parse(public_text(&filter, "filterExpression"))?;
        filtering.bound = Some(filter.bind(&values(input)?)?);
        if let Some(user) = user {
            filtering.timeline = app.live.timeline(&deployed.group, user);
            let users = dataset_arn(&app.settings, &deployed.group, "USERS");
            filtering.user = app.store.entities.get(&users, user)?;
        }
        Ok(filtering)
    }

    /// Whether an item stays in the answer.
    pub(super) fn keeps(&self, pack: &Pack, item: ItemIndex) -> bool {
        let id = pack.id(item);
        let is_left_out = self.leaves_out.is_some_and(|event_type| {
            self.timeline
                .iter()
                .any(|seen| &*seen.item == id && seen.event_type.eq_ignore_ascii_case(event_type))
        });
        !is_left_out && self.bound.as_ref().is_none_or(|bound| bound.keeps(self, id))
    }

    fn cell(&self, item: ItemIndex, name: &str) -> Datum<'_> {
        cell(self.pack, item, name)
    }
}

/// What a column of a pack, named in any case, says of an item.
pub(crate) fn cell<'p>(pack: &'p Pack, item: ItemIndex, name: &str) -> Datum<'p> {
    let column = pack.columns().iter().find(|column| column.name().eq_ignore_ascii_case(name));
    match column.map(|column| pack.value(column, item)) {
        None | Some(Cell::Null) => Datum::Null,
        Some(Cell::Text(text)) => Datum::Text(text),
        Some(Cell::Number(number)) => Datum::Number(number),
        Some(Cell::Many(words)) => Datum::Many(words),
    }
}

/// What a column of a row, named in any case, says.
pub(crate) fn column<'e>(columns: &'e Map<String, Value>, name: &str) -> Datum<'e> {
    let value = columns.iter().find(|(column, _)| column.eq_ignore_ascii_case(name));
    match value.map(|(_, value)| value) {
        Some(Value::String(text)) => Datum::Text(text),
        Some(Value::Number(number)) => number.as_f64().map_or(Datum::Null, Datum::Number),
        _ => Datum::Null,
    }
}

pub(crate) fn values(input: &Input) -> Result<Values, ApiError> {
    let Some(members) = input.object("filterValues")? else { return Ok(Values::new()) };
    if members.len() > MAX_VALUES {
        return Err(invalid("filterValues", &format!("must have at most {MAX_VALUES} members")));
    }
    let texts = members.iter().map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    texts.collect::<Option<Values>>().ok_or_else(|| invalid("filterValues", "must map names to strings"))
}

impl Facts for Filtering<'_> {
    fn candidate(&self, _: Dataset, id: &str, column: &str) -> Datum<'_> {
        self.pack.index_of(id).map_or(Datum::Null, |item| self.cell(item, column))
    }

    fn any_event(&self, _: Dataset, id: &str, passes: &dyn Fn(&str) -> bool) -> bool {
        self.timeline.iter().any(|seen| &*seen.item == id && passes(&seen.event_type))
    }

    fn current_user(&self, column: &str) -> Datum<'_> {
        self.user.as_ref().map_or(Datum::Null, |user| self::column(&user.columns, column))
    }

    fn current_item(&self, column: &str) -> Datum<'_> {
        self.item.map_or(Datum::Null, |item| self.cell(item, column))
    }
}
