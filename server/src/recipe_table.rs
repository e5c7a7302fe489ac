//! The recipes of this version as the API shows them. What they do is in `bowerbird-recipes`.

use bowerbird_recipes::next_best_action;

/// What a campaign of a recipe answers, and what a request must carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecipeKind {
    /// GetRecommendations with a userId.
    UserPersonalization,
    /// GetRecommendations; the same list for everybody.
    PopularItems,
    /// GetRecommendations with an itemId.
    RelatedItems,
    /// GetPersonalizedRanking.
    PersonalizedRanking,
    /// GetActionRecommendations.
    PersonalizedActions,
    /// CreateBatchSegmentJob; no campaign can serve it.
    UserSegmentation,
}

impl RecipeKind {
    /// The recipeType of DescribeRecipe.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::UserPersonalization => "USER_PERSONALIZATION",
            Self::PopularItems => "POPULAR_ITEMS",
            Self::RelatedItems => "RELATED_ITEMS",
            Self::PersonalizedRanking => "PERSONALIZED_RANKING",
            Self::PersonalizedActions => "PERSONALIZED_ACTIONS",
            Self::UserSegmentation => "USER_SEGMENTATION",
        }
    }

    /// Whether answers carry scores: clients of the others find no such key (reference §7.4).
    pub(crate) fn is_scored(self) -> bool {
        matches!(self, Self::UserPersonalization | Self::PersonalizedRanking)
    }
}

/// One recipe.
pub(crate) struct RecipeRow {
    pub(crate) name: &'static str,
    pub(crate) kind: RecipeKind,
    /// Epoch seconds: when the service published the name.
    pub(crate) since: i64,
    pub(crate) description: &'static str,
}

/// The recipe with this name.
pub(crate) fn kind_of(name: &str) -> Option<RecipeKind> {
    RECIPES.iter().find(|row| row.name == name).map(|row| row.kind)
}

const JUNE_2019: i64 = 1_560_124_800;
const OCTOBER_2022: i64 = 1_664_582_400;
const AUGUST_2023: i64 = 1_691_712_000;
const JANUARY_2024: i64 = 1_704_067_200;
const NOVEMBER_2021: i64 = 1_638_144_000;
const NOVEMBER_2025: i64 = 1_761_955_200;

/// In alphabetical order, as ListRecipes has them.
pub(crate) const RECIPES: &[RecipeRow] = &[
    RecipeRow {
        name: "aws-item-affinity",
        kind: RecipeKind::UserSegmentation,
        since: NOVEMBER_2021,
        description: "Users who are likeliest to do something with a given item.",
    },
    RecipeRow {
        name: "aws-item-attribute-affinity",
        kind: RecipeKind::UserSegmentation,
        since: NOVEMBER_2021,
        description: "Users who are likeliest to do something with items that have given attributes.",
    },
    RecipeRow {
        name: next_best_action::NAME,
        kind: RecipeKind::PersonalizedActions,
        since: AUGUST_2023,
        description: "Actions that a user will take if they are offered.",
    },
    RecipeRow {
        name: "aws-personalized-ranking",
        kind: RecipeKind::PersonalizedRanking,
        since: JUNE_2019,
        description: "Orders a given list of items for a user.",
    },
    RecipeRow {
        name: "aws-personalized-ranking-v2",
        kind: RecipeKind::PersonalizedRanking,
        since: JANUARY_2024,
        description: "Orders a given list of items for a user.",
    },
    RecipeRow {
        name: "aws-popularity-count",
        kind: RecipeKind::PopularItems,
        since: JUNE_2019,
        description: "Items by the number of different users who interacted with them.",
    },
    RecipeRow {
        name: "aws-semantic-similarity",
        kind: RecipeKind::RelatedItems,
        since: NOVEMBER_2025,
        description: "Items whose texts say something similar to those of a given item.",
    },
    RecipeRow {
        name: "aws-similar-items",
        kind: RecipeKind::RelatedItems,
        since: JUNE_2019,
        description: "Items that follow, or occur together with, a given item.",
    },
    RecipeRow {
        name: "aws-sims",
        kind: RecipeKind::RelatedItems,
        since: JUNE_2019,
        description: "Items that occur together with a given item.",
    },
    RecipeRow {
        name: "aws-trending-now",
        kind: RecipeKind::PopularItems,
        since: OCTOBER_2022,
        description: "Items that are becoming popular fastest.",
    },
    RecipeRow {
        name: "aws-user-personalization",
        kind: RecipeKind::UserPersonalization,
        since: JUNE_2019,
        description: "Items that a user will interact with next.",
    },
    RecipeRow {
        name: "aws-user-personalization-v2",
        kind: RecipeKind::UserPersonalization,
        since: JANUARY_2024,
        description: "Items that a user will interact with next.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_recipe_can_be_trained_and_the_list_is_in_order() {
        for row in RECIPES {
            let is_of_items = row.kind != RecipeKind::PersonalizedActions;
            assert_eq!(bowerbird_recipes::find(row.name).is_some(), is_of_items, "{}", row.name);
        }
        assert!(RECIPES.windows(2).all(|pair| pair[0].name < pair[1].name));
    }
}
