//! aws-popularity-count: how many different people did something with an item. The same list for everybody; the
//! baseline that every other recipe has to beat.

use bowerbird_ranker::Constants;

use crate::catalogue::{Catalogue, Model};
use crate::metrics::{Split, evaluate};
use crate::prior::popularity_prior;
use crate::{Interactions, Recipe, RecipeError, Trained, Training};

pub(crate) struct PopularityCount;

impl Recipe for PopularityCount {
    fn name(&self) -> &'static str {
        "aws-popularity-count"
    }

    fn train(&self, job: &Training<'_>) -> Result<Trained, RecipeError> {
        let catalogue = Catalogue::new(job.interactions, job.items);
        let split = Split::new(job.interactions);
        let held_out = catalogue.pack(self.name(), &model(&split.train))?;
        let metrics = evaluate(job, &held_out, &catalogue, &split)?;
        let pack = catalogue.publish(self.name(), &model(job.interactions))?;
        Ok(Trained { pack, metrics })
    }
}

fn model(interactions: &Interactions) -> Model {
    Model { constants: Constants::default(), popularity: popularity_prior(interactions), ..Model::default() }
}
