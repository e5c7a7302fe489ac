//! The use cases of domain dataset groups: what each of the ten asks for, learns from, and leaves out. Every one is a
//! recipe of ours, trained on one type of event or on all of them (reference §4.6).

use crate::recipe_table::RecipeKind;

/// One use case; its name is that of a recipe at Amazon.
#[derive(Debug)]
pub(crate) struct UseCase {
    pub(crate) name: &'static str,
    pub(crate) domain: &'static str,
    /// What is trained.
    pub(crate) recipe: &'static str,
    pub(crate) kind: RecipeKind,
    /// The type of event that is learnt from; none = all.
    pub(crate) event_type: Option<&'static str>,
    /// Whether a request must name a user, even where the list is the same for everybody.
    pub(crate) needs_user: bool,
    /// Items with which the user had an event of this type are left out.
    pub(crate) leaves_out: Option<&'static str>,
    pub(crate) description: &'static str,
}

/// The use case with this name.
pub(crate) fn find(name: &str) -> Option<&'static UseCase> {
    USE_CASES.iter().find(|case| case.name == name)
}

const ECOMMERCE: &str = "ECOMMERCE";
const VIDEO_ON_DEMAND: &str = "VIDEO_ON_DEMAND";

/// In alphabetical order.
pub(crate) const USE_CASES: &[UseCase] = &[
    UseCase {
        name: "aws-ecomm-customers-who-viewed-x-also-viewed",
        domain: ECOMMERCE,
        recipe: "aws-sims",
        kind: RecipeKind::RelatedItems,
        event_type: Some("View"),
        needs_user: true,
        leaves_out: Some("Purchase"),
        description: "Items that were also viewed by those who viewed a given item.",
    },
    UseCase {
        name: "aws-ecomm-frequently-bought-together",
        domain: ECOMMERCE,
        recipe: "aws-sims",
        kind: RecipeKind::RelatedItems,
        event_type: Some("Purchase"),
        needs_user: false,
        leaves_out: None,
        description: "Items that are often bought together with a given item.",
    },
    UseCase {
        name: "aws-ecomm-popular-items-by-purchases",
        domain: ECOMMERCE,
        recipe: "aws-popularity-count",
        kind: RecipeKind::PopularItems,
        event_type: Some("Purchase"),
        needs_user: true,
        leaves_out: None,
        description: "The best sellers.",
    },
    UseCase {
        name: "aws-ecomm-popular-items-by-views",
        domain: ECOMMERCE,
        recipe: "aws-popularity-count",
        kind: RecipeKind::PopularItems,
        event_type: Some("View"),
        needs_user: true,
        leaves_out: None,
        description: "The items that most people viewed.",
    },
    UseCase {
        name: "aws-ecomm-recommended-for-you",
        domain: ECOMMERCE,
        recipe: "aws-user-personalization-v2",
        kind: RecipeKind::UserPersonalization,
        event_type: None,
        needs_user: true,
        leaves_out: Some("Purchase"),
        description: "Items for a user, without those that the user bought.",
    },
    UseCase {
        name: "aws-vod-because-you-watched-x",
        domain: VIDEO_ON_DEMAND,
        recipe: "aws-sims",
        kind: RecipeKind::RelatedItems,
        event_type: Some("Watch"),
        needs_user: true,
        leaves_out: Some("Watch"),
        description: "Videos that were also watched by those who watched a given one.",
    },
    UseCase {
        name: "aws-vod-more-like-x",
        domain: VIDEO_ON_DEMAND,
        recipe: "aws-similar-items",
        kind: RecipeKind::RelatedItems,
        event_type: None,
        needs_user: true,
        leaves_out: Some("Watch"),
        description: "Videos that are like a given one.",
    },
    UseCase {
        name: "aws-vod-most-popular",
        domain: VIDEO_ON_DEMAND,
        recipe: "aws-popularity-count",
        kind: RecipeKind::PopularItems,
        event_type: Some("Watch"),
        needs_user: true,
        leaves_out: None,
        description: "The videos that most people watched.",
    },
    UseCase {
        name: "aws-vod-top-picks",
        domain: VIDEO_ON_DEMAND,
        recipe: "aws-user-personalization-v2",
        kind: RecipeKind::UserPersonalization,
        event_type: None,
        needs_user: true,
        leaves_out: Some("Watch"),
        description: "Videos for a user, without those that the user watched.",
    },
    UseCase {
        name: "aws-vod-trending-now",
        domain: VIDEO_ON_DEMAND,
        recipe: "aws-trending-now",
        kind: RecipeKind::PopularItems,
        event_type: None,
        needs_user: false,
        leaves_out: None,
        description: "Videos that are becoming popular fastest.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe_table::kind_of;

    #[test]
    fn there_are_five_for_each_domain_in_order_and_each_stands_on_a_recipe_of_its_kind() {
        assert!(USE_CASES.windows(2).all(|pair| pair[0].name < pair[1].name));
        for domain in [ECOMMERCE, VIDEO_ON_DEMAND] {
            assert_eq!(USE_CASES.iter().filter(|case| case.domain == domain).count(), 5);
        }
        for case in USE_CASES {
            assert_eq!(kind_of(case.recipe), Some(case.kind), "{}", case.name);
        }
    }
}
