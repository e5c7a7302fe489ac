//! One line of a batch inference job: the same functions as the calls of the runtime, in the members of batch files.

use bowerbird_wire::limits::DEFAULT_RESULTS;
use serde_json::{Value, json};

use super::{Deployed, get_personalized_ranking, get_recommendations};
use crate::app::App;
use crate::control::Input;
use crate::error::ApiError;
use crate::recipe_table::RecipeKind;

impl Deployed {
    /// `{recommendedItems, scores?}` for `{userId}`, `{itemId}` or `{userId, itemList}`, each with `filterValues` if the
    /// filter of the job has parameters.
    pub(crate) fn batch(
        &self,
        app: &App,
        asked: &Value,
        filter_arn: &Value,
        n_results: &Value,
    ) -> Result<Value, ApiError> {
        let mut members = asked.clone();
        members["filterArn"] = filter_arn.clone();
        // What only requests of the runtime have is not read from a file.
        members["promotions"] = Value::Null;
        members["inputList"] = members["itemList"].take();
        self.has_required(&members)?;
        let input = Input::of("line", &members)?;
        let n_results = n_results.as_u64().map_or(DEFAULT_RESULTS, |number| number as usize);
        let (items, scores) = match self.kind {
            RecipeKind::PersonalizedRanking => get_personalized_ranking::ranked(app, self, &input)?,
            _ => get_recommendations::ranked(app, self, &input, n_results)?,
        };
        let mut output = json!({ "recommendedItems": items });
        if self.is_scored() {
            output["scores"] = scores.into();
        }
        Ok(output)
    }

    fn has_required(&self, members: &Value) -> Result<(), ApiError> {
        let (keys, said): (&[&str], _) = match self.kind {
            RecipeKind::UserPersonalization => (&["userId"], "userId"),
            RecipeKind::RelatedItems if self.is_chosen => (&[], ""),
            RecipeKind::RelatedItems => (&["itemId"], "itemId"),
            RecipeKind::PersonalizedRanking => (&["userId", "inputList"], "userId, itemList"),
            _ => (&[], ""),
        };
        let has = |key: &&str| members.get(*key).is_some_and(|value| !value.is_null());
        if keys.iter().all(has) {
            return Ok(());
        }
        Err(ApiError::Invalid(format!("Required fields for the provided recipe are {said}")))
    }
}
