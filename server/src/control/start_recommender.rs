//! StartRecommender: a stopped recommender answers again, with the model that it had.

use serde_json::Value;

use super::Input;
use super::resource::status;
use super::stop_recommender::switch;
use crate::app::App;
use crate::error::ApiError;

pub(super) fn run(app: &App, input: &Input) -> Result<Value, ApiError> {
    switch(app, input, status::INACTIVE, status::ACTIVE)
}
