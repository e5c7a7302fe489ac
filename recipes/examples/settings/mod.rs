//! Hyperparameters as the examples take them.

use std::collections::BTreeMap;

/// Of `NAME=VALUE …`; what is something else is passed over.
pub(crate) fn settings(arguments: impl Iterator<Item = String>) -> BTreeMap<String, String> {
    arguments
        .filter_map(|setting| setting.split_once('=').map(|(name, value)| (name.into(), value.into())))
        .collect()
}
