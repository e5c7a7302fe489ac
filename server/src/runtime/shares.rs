//! Places that are not for the most relevant items: those of a promotion, and those for items that are new.

use bowerbird_ranker::{ContextValue, Dials, Pack};

use super::Deployed;
use super::filter::Filtering;
use crate::app::App;
use crate::control::{Input, invalid};
use crate::error::ApiError;

/// When an item came, by the service's name for the column. (reference §3.1)
const CREATED: &str = "CREATION_TIMESTAMP";
const DAY_MS: f64 = 86_400_000.0;
/// Of a promotion that does not say. Ours: the guide names no default.
const DEFAULT_PERCENT: i64 = 20;

/// What a request wants promoted: which items, under which name, and their share of the places.
pub(super) struct Promotion<'a> {
    pub(super) name: Option<String>,
    pub(super) filtering: Filtering<'a>,
    pub(super) share: f32,
}

impl<'a> Promotion<'a> {
    /// Reads `promotions`, of which the service takes one.
    pub(super) fn of(
        app: &App,
        deployed: &'a Deployed,
        input: &Input,
        who: (Option<&str>, Option<&str>),
    ) -> Result<Option<Self>, ApiError> {
        let list = input.value("promotions").map(|sent| sent.as_array().map(Vec::as_slice));
        let promotion = match list {
            None | Some(Some([])) => return Ok(None),
            Some(Some([one])) => Input::of("promotions", one)?,
            Some(_) => return Err(invalid("promotions", "must be a list of at most one promotion")),
        };
        promotion.arn("filterArn")?;
        let percent = promotion.integer("percentPromotedItems", 1, 100)?.unwrap_or(DEFAULT_PERCENT);
        Ok(Some(Self {
            name: promotion.value("name").map(|_| promotion.name("name")).transpose()?.map(str::to_owned),
            filtering: Filtering::of(app, deployed, &promotion, who)?,
            share: percent as f32 / 100.0,
        }))
    }
}

/// The shares of promotion and exploration, or `None` where all places are for the most relevant items in this context.
pub(super) fn dials(
    app: &App,
    deployed: &Deployed,
    user: Option<&str>,
    promoted: f32,
    context: &[ContextValue],
) -> Option<Dials> {
    let now_days = app.now() as f64 / DAY_MS;
    let created = created(&deployed.pack);
    // Which items are new cannot be told without the column.
    let explores = deployed.exploration.filter(|_| created.is_some());
    let exploration = explores.map_or(0.0, |exploration| exploration.weight);
    (promoted > 0.0 || exploration > 0.0).then(|| Dials {
        promoted,
        exploration,
        age_cut_off_days: explores.map_or(0.0, |exploration| exploration.age_cut_off_days),
        created,
        now_days,
        // The same items all day for one visitor, and others the next: what was shown can be learnt from.
        seed: seed(user.unwrap_or_default(), now_days as u32),
        context: context.to_vec(),
        ..Dials::default()
    })
}

fn created(pack: &Pack) -> Option<usize> {
    pack.columns().iter().position(|column| column.name().eq_ignore_ascii_case(CREATED))
}

/// FNV-1a.
pub(super) fn seed(user: &str, day: u32) -> u32 {
    let bytes = user.bytes().chain(day.to_le_bytes());
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
