//! From what a kernel learnt to what a pack holds.

use bowerbird_ranker::pack::{Contents, NewContexts, NewNetwork, Notes, write};
use bowerbird_ranker::{Constants, History, ItemIndex, Pack};
use ndarray::Array2;

use crate::semantic_similarity::terms;
use crate::{Event, Interactions, ItemTable, RecipeError, cold_start};

/// All items that the pack will hold: those with interactions and those with metadata.
pub(crate) struct Catalogue<'a> {
    ids: Vec<String>,
    /// Item number in the interactions → position in the pack, \[n_items\].
    positions: Vec<ItemIndex>,
    items: &'a ItemTable,
}

/// What training learnt, by item number of the interactions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) constants: Constants,
    /// For a training that goes on from here.
    pub(crate) notes: Notes,
    /// Prior, \[n_items\].
    pub(crate) popularity: Vec<f32>,
    /// What is added to the prior, by position in the pack: items that nobody has met have it too. \[n\] or none.
    pub(crate) tilt: Vec<f32>,
    /// Item factors, \[n_items × d\].
    pub(crate) vectors: Option<Array2<f32>>,
    /// What encodes a history, with the vectors it was trained with.
    pub(crate) network: Option<NewNetwork>,
    /// \[n_items\] rows, or none.
    pub(crate) neighbours: Vec<Vec<(u32, f32)>>,
    /// What contexts add to scores, by item number.
    pub(crate) contexts: Option<NewContexts>,
}

impl<'a> Catalogue<'a> {
    pub(crate) fn new(interactions: &Interactions, items: &'a ItemTable) -> Self {
        let mut ids: Vec<String> = items.ids().map(str::to_owned).collect();
        ids.extend_from_slice(interactions.item_ids());
        ids.sort_unstable();
        ids.dedup();
        let position = |id: &String| ItemIndex(ids.binary_search(id).expect("just put there") as u32);
        let positions = interactions.item_ids().iter().map(position).collect();
        Self { ids, positions, items }
    }

    pub(crate) fn n_items(&self) -> usize {
        self.ids.len()
    }

    /// The numbers of a column of the items, by position; `None` if it is no column of numbers.
    pub(crate) fn numbers(&self, column: &str) -> Option<Vec<Option<f64>>> {
        self.items.numbers(column, &self.ids)
    }

    pub(crate) fn position(&self, item: u32) -> ItemIndex {
        self.positions[item as usize]
    }

    /// What a device would remember of these events.
    pub(crate) fn history(&self, events: &[Event]) -> History {
        let mut history = History::new();
        events.iter().for_each(|event| history.observe(self.position(event.item), event.weight));
        history
    }

    /// A pack to evaluate with: no metadata.
    pub(crate) fn pack(&self, recipe: &str, model: &Model) -> Result<Pack, RecipeError> {
        Ok(Pack::open(write(&self.contents(recipe, model))?)?)
    }

    /// The bytes to publish.
    pub(crate) fn publish(&self, recipe: &str, model: &Model) -> Result<Vec<u8>, RecipeError> {
        Ok(write(&self.published(recipe, model))?)
    }

    /// The same, in which items without interactions have a place by their description.
    pub(crate) fn publish_with_newcomers(
        &self,
        recipe: &str,
        model: &Model,
        step: &dyn Fn(u64, u64) -> Result<(), RecipeError>,
    ) -> Result<Vec<u8>, RecipeError> {
        let mut contents = self.published(recipe, model);
        let cold = self.cold();
        if !cold.is_empty() {
            cold_start::place(&mut contents, &terms(self.items, &self.ids), &cold, step)?;
        }
        Ok(write(&contents)?)
    }

    fn published(&self, recipe: &str, model: &Model) -> Contents {
        Contents { columns: self.items.columns(&self.ids), ..self.contents(recipe, model) }
    }

    /// Items without interactions, by position.
    fn cold(&self) -> Vec<u32> {
        let mut is_cold = vec![true; self.n_items()];
        self.positions.iter().for_each(|position| is_cold[position.at()] = false);
        (0..self.n_items() as u32).filter(|&item| is_cold[item as usize]).collect()
    }

    /// Lifts by position in the place of item number.
    fn contexts(&self, model: &Model) -> Option<NewContexts> {
        let contexts = model.contexts.as_ref()?;
        let n_keys = contexts.keys.len();
        let mut lifts = vec![0.0; self.n_items() * n_keys];
        for (position, row) in self.positions.iter().zip(contexts.lifts.chunks_exact(n_keys)) {
            lifts[position.at() * n_keys..][..n_keys].copy_from_slice(row);
        }
        Some(NewContexts { lifts, ..contexts.clone() })
    }

    fn contents(&self, recipe: &str, model: &Model) -> Contents {
        let n = self.n_items();
        let dim = model.vectors.as_ref().map_or(0, Array2::ncols);
        let mut contents = Contents {
            recipe: recipe.to_owned(),
            constants: model.constants,
            notes: model.notes,
            ids: self.ids.clone(),
            popularity: vec![0.0; n],
            dim,
            vectors: vec![0.0; n * dim],
            neighbours: if model.neighbours.is_empty() { Vec::new() } else { vec![Vec::new(); n] },
            network: model.network.clone(),
            contexts: self.contexts(model),
            columns: Vec::new(),
        };
        for (item, position) in self.positions.iter().map(|position| position.at()).enumerate() {
            contents.popularity[position] = model.popularity[item];
            if let Some(vectors) = &model.vectors {
                let row = &mut contents.vectors[position * dim..(position + 1) * dim];
                row.iter_mut().zip(vectors.row(item)).for_each(|(to, from)| *to = *from);
            }
            if let Some(row) = model.neighbours.get(item) {
                contents.neighbours[position] =
                    row.iter().map(|&(other, w)| (self.position(other), w)).collect();
            }
        }
        contents.popularity.iter_mut().zip(&model.tilt).for_each(|(prior, tilt)| *prior += tilt);
        contents
    }
}
