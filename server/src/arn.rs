//! ARNs: clients build them by hand, so their form is part of the protocol (reference §1.7).

use crate::app::Settings;
use crate::error::ApiError;

/// The prefix of everything that this server owns: `arn:aws:personalize:{region}:{account}:`.
fn prefix(settings: &Settings) -> String {
    format!("arn:aws:personalize:{}:{}:", settings.region, settings.account)
}

/// `arn:…:{kind}/{rest}`.
pub(crate) fn arn(settings: &Settings, kind: &str, rest: &str) -> String {
    format!("{}{kind}/{rest}", prefix(settings))
}

/// The ARN of a group's dataset of a type, as in `…:dataset/movies/ITEMS`: the dataset's own name is not in it.
pub(crate) fn dataset_arn(settings: &Settings, group_arn: &str, dataset_type: &str) -> String {
    arn(settings, "dataset", &format!("{}/{dataset_type}", name_of(group_arn)))
}

/// Whether an ARN is that of a dataset.
pub(crate) fn is_dataset(arn: &str) -> bool {
    arn.contains(":dataset/")
}

/// The ARN of a recipe: global, without region and account.
pub(crate) fn recipe_arn(name: &str) -> String {
    format!("arn:aws:personalize:::recipe/{name}")
}

/// The recipe's name out of its ARN.
pub(crate) fn recipe_name(arn: &str) -> Result<&str, ApiError> {
    arn.strip_prefix("arn:aws:personalize:::recipe/").ok_or_else(|| {
        ApiError::Invalid(format!("recipeArn {arn} is not the ARN of a recipe: take one from ListRecipes"))
    })
}

/// The last part of an ARN: `movies` in `…:campaign/movies`.
pub(crate) fn name_of(arn: &str) -> &str {
    let rest = arn.rsplit(':').next().unwrap_or(arn);
    rest.split_once('/').map_or(rest, |(_, name)| name)
}

/// Eight hexadecimal digits, as in the ARNs of solution versions and event trackers.
pub(crate) fn hex8() -> String {
    uuid::Uuid::new_v4().simple().to_string()[..8].to_owned()
}
