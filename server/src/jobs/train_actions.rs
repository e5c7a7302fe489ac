//! What next best action learns from beside interactions: rows of Actions and Users, and what became of offers.

use bowerbird_recipes::next_best_action::{self, Actions, Answer, Answered, TrainedActions};
use bowerbird_recipes::{RecipeError, Training};

use super::replay;
use crate::actions;
use crate::app::App;
use crate::arn::dataset_arn;
use crate::error::ApiError;
use crate::interaction::Interaction;

pub(super) fn train(
    app: &App,
    group: &str,
    job: &Training<'_>,
) -> Result<Result<TrainedActions, RecipeError>, ApiError> {
    let (users, answers) = (actions::users(app, group)?, answers(app, group)?);
    let actions = actions::actions(app, group)?;
    if actions.is_empty() {
        return Err(ApiError::Invalid(format!(
            "{group} has no actions: create a dataset of type Actions, and import or put some"
        )));
    }
    let actions = actions.into_iter().map(|action| (action.id, action.attributes)).collect();
    Ok(next_best_action::train(job, &Actions { answers: &answers, actions: &actions, users: &users }))
}

/// All action interactions of a group. Those of a session are its user's, once it has one.
fn answers(app: &App, group: &str) -> Result<Vec<Answered>, ApiError> {
    let dataset = dataset_arn(&app.settings, group, "ACTION_INTERACTIONS");
    if app.store.catalog.get(&dataset)?.is_none() {
        return Ok(Vec::new());
    }
    let mut answers = Vec::new();
    let mut take = |interaction: Interaction<'_>| {
        // What is none of the three words of the service says nothing.
        if let Some(answer) = Answer::of(interaction.event_type) {
            answers.push(Answered {
                user: interaction.user.unwrap_or(interaction.session).to_owned(),
                action: interaction.item.to_owned(),
                at_ms: interaction.at_ms,
                answer,
            });
        }
    };
    let (owners, _) = replay::from_the_beginning(app, &dataset, &mut take)?;
    for answered in &mut answers {
        if let Some(owner) = owners.get(&answered.user) {
            answered.user.clone_from(owner);
        }
    }
    Ok(answers)
}
