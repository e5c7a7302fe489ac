use std::collections::BTreeMap;
use std::sync::Mutex;

use super::locked;
use crate::{Catalog, Resource, StoreError};

#[derive(Default)]
pub(super) struct MemoryCatalog(Mutex<BTreeMap<String, Resource>>);

impl Catalog for MemoryCatalog {
    fn insert(&self, resource: &Resource) -> Result<(), StoreError> {
        let mut resources = locked(&self.0);
        if resources.contains_key(&resource.arn) {
            return Err(StoreError::Exists { key: resource.arn.clone() });
        }
        resources.insert(resource.arn.clone(), resource.clone());
        Ok(())
    }

    fn get(&self, arn: &str) -> Result<Option<Resource>, StoreError> {
        Ok(locked(&self.0).get(arn).cloned())
    }

    fn update(&self, arn: &str, change: &mut dyn FnMut(&mut Resource)) -> Result<Resource, StoreError> {
        let mut resources = locked(&self.0);
        let resource = resources.get_mut(arn).ok_or_else(|| missing(arn))?;
        change(resource);
        resource.arn = arn.into();
        Ok(resource.clone())
    }

    fn delete(&self, arn: &str) -> Result<(), StoreError> {
        locked(&self.0).remove(arn).map(drop).ok_or_else(|| missing(arn))
    }

    fn list(
        &self,
        kind: &str,
        parent: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Resource>, StoreError> {
        let resources = locked(&self.0);
        let behind = after.map(|arn| resources.get(arn).ok_or_else(|| missing(arn))).transpose()?;
        let mut found: Vec<&Resource> = resources
            .values()
            .filter(|resource| resource.kind == kind && parent.is_none_or(|parent| resource.parent == parent))
            .filter(|resource| behind.is_none_or(|behind| place(resource) > place(behind)))
            .collect();
        found.sort_by(|a, b| place(a).cmp(&place(b)));
        Ok(found.into_iter().take(limit).cloned().collect())
    }
}

fn place(resource: &Resource) -> (i64, &str) {
    (resource.created_at, &resource.arn)
}

fn missing(arn: &str) -> StoreError {
    StoreError::Missing { key: arn.into() }
}
