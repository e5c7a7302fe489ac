//! The thread that brings items that came after a training, and changed metadata, into the packs that are served: without
//! training, off the path of requests, and at most a tenth of the time. Items come by themselves (PutItems, imports) or in
//! what people do.

mod strangers;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bowerbird_ranker::Pack;
use bowerbird_recipes::{Flow, RecipeError, Since, with_newcomers};
use bowerbird_store::{Hash, Resource};

use self::watch::Watch;
use crate::app::App;
use crate::control::{Kind, private, public_text, status};
use crate::error::ApiError;
use crate::jobs::{item_table, step_aside};
use crate::models::{is_pack_of, pack_hash, packs};

/// After a change others are waited for, so that a hundred calls of PutItems make one pack.
const GATHER: Duration = Duration::from_millis(500);
/// And the next one comes no sooner. Ours: short beside the minute in which an item is to be seen.
const PAUSE: Duration = Duration::from_secs(2);
/// What one round took is followed by so many times that without one, as with trainings.
const REST: u32 = 9;
/// Earlier packs of a version that stay, for pages that are behind by so many: deltas start from them.
const EARLIER: usize = 8;

/// Dataset groups whose items have changed.
#[derive(Default)]
pub(crate) struct Newcomers {
    changed: Mutex<BTreeSet<String>>,
    bell: Condvar,
}

impl Newcomers {
    /// Something in the Items dataset of this group, or what serves it, is not as it was.
    pub(crate) fn note(&self, group: &str) {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner).insert(group.to_owned());
        self.bell.notify_all();
    }

    /// Waits until there is something, at most so long.
    fn wait(&self, at_most: Duration) -> bool {
        let changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.bell.wait_timeout_while(changed, at_most, |changed| changed.is_empty());
        !waited.unwrap_or_else(PoisonError::into_inner).0.is_empty()
    }

    fn take(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.changed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Starts it. It ends when the board is closed.
pub(crate) fn start(app: Arc<App>) -> JoinHandle<()> {
    thread::spawn(move || {
        step_aside();
        // What came right before the end of the last process.
        if let Err(error) =
            served(&app).map(|served| served.keys().for_each(|group| app.newcomers.note(group)))
        {
            tracing::error!("new items: {error}");
        }
        let mut watch = Watch::default();
        while !app.board.is_closing() {
            if !app.newcomers.wait(Duration::from_secs(1)) && !watch.is_behind(&app) {
                continue;
            }
            app.board.rest(GATHER);
            let began = Instant::now();
            if let Err(error) = follow_all(&app, &mut watch) {
                tracing::error!("new items: {error}");
            }
            app.board.rest(PAUSE.max(began.elapsed() * REST));
        }
    })
}

/// Looks at what was recorded, and follows where there is something to follow.
fn follow_all(app: &App, watch: &mut Watch) -> Result<(), ApiError> {
    let (changed, end, served) = (app.newcomers.take(), app.store.events.end(), served(app)?);
    for (group, versions) in &served {
        let is_due = watch.look(app, group, versions).unwrap_or_else(|error| {
            tracing::error!("what happens in {group}: {error}");
            false
        });
        if !is_due && !changed.contains(group) {
            continue;
        }
        for version in versions {
            // One that cannot follow is no reason to leave the others behind.
            if let Err(error) = extend(app, version, watch) {
                tracing::error!("new items of {}: {error}", version.arn);
            }
        }
    }
    watch.looked(end, |arn| served.values().flatten().any(|version| version.arn == arn));
    Ok(())
}

/// Versions that answer requests, by dataset group.
fn served(app: &App) -> Result<BTreeMap<String, Vec<Resource>>, ApiError> {
    let list = |kind: Kind| app.store.catalog.list(kind.word(), None, None, usize::MAX);
    let campaigns = list(Kind::Campaign)?;
    let mut arns: BTreeSet<(&str, String)> = BTreeSet::new();
    for campaign in &campaigns {
        arns.insert((Kind::SolutionVersion.word(), public_text(campaign, "solutionVersionArn").to_owned()));
    }
    for recommender in list(Kind::Recommender)? {
        let version = private(&recommender, "version").as_str().unwrap_or_default().to_owned();
        arns.insert((Kind::RecommenderVersion.word(), version));
    }
    let mut served: BTreeMap<String, Vec<Resource>> = BTreeMap::new();
    for (kind, arn) in arns {
        let version = app.store.catalog.get(&arn)?;
        let version = version.filter(|version| version.kind == kind && version.status == status::ACTIVE);
        if let Some(version) = version {
            served.entry(public_text(&version, "datasetGroupArn").to_owned()).or_default().push(version);
        }
    }
    Ok(served)
}

/// Makes the pack of a version that of its training and of all items there are now.
fn extend(app: &App, version: &Resource, watch: &mut Watch) -> Result<(), ApiError> {
    let trained = private(version, "pack").as_str().and_then(Hash::parse);
    let Some(bytes) = trained.map(|hash| app.store.artifacts.get(&hash)).transpose()?.flatten() else {
        return Ok(());
    };
    let internal = |error: String| ApiError::Internal(format!("the vector pack of {}: {error}", version.arn));
    let trained = Pack::open(bytes).map_err(|error| internal(error.to_string()))?;
    let items = item_table(app, version)?;
    let met = watch.met(app, public_text(version, "datasetGroupArn"), version);
    // Without any rows the metadata that was trained with stays, and nothing else may have come.
    if items.is_empty() && (met.is_empty() || !trained.columns().is_empty()) {
        return Ok(());
    }
    let most_users = private(version, "mostUsers").as_u64().unwrap_or(0) as u32;
    let since = Since { items: &items, met: &met, most_users };
    let go_on = |_: &str, _, _| if app.board.is_closing() { Flow::Stop } else { Flow::Continue };
    let pack = match with_newcomers(&trained, &since, &go_on) {
        Ok(pack) => pack,
        // The next process begins with it.
        Err(RecipeError::Stopped) => return Ok(()),
        Err(error) => return Err(internal(error.to_string())),
    };
    let before = pack_hash(version)?;
    if Hash::of(&pack) == before {
        return Ok(());
    }
    // Opened before it is served: if it were broken, the one before would go on.
    let opened = Pack::open(pack).map_err(|error| internal(error.to_string()))?;
    let hash = app.store.artifacts.put(opened.bytes())?;
    tracing::info!("{} serves {} items", version.arn, opened.n_items());
    app.models.take_in(&hash, opened);
    let mut gone = Vec::new();
    app.store.catalog.update(&version.arn, &mut |version| gone = serve(version, &hash))?;
    app.models.forget(&before);
    for hash in gone.iter().filter_map(|hash| Hash::parse(hash)) {
        remove(app, &hash)?;
    }
    Ok(())
}

/// Notes what is served now, and answers what nobody needs to follow from any more.
fn serve(version: &mut Resource, hash: &Hash) -> Vec<String> {
    let mut earlier: Vec<String> = packs(version).into_iter().skip(1).map(str::to_owned).collect();
    earlier.retain(|earlier| earlier != hash.as_str());
    earlier.insert(0, hash.as_str().to_owned());
    let gone = earlier.split_off(earlier.len().min(EARLIER));
    version.doc["private"]["served"] = earlier.into();
    gone
}

/// Another version may have the same pack.
fn remove(app: &App, hash: &Hash) -> Result<(), ApiError> {
    for kind in [Kind::SolutionVersion, Kind::RecommenderVersion] {
        if is_pack_of(app, kind, hash)? {
            return Ok(());
        }
    }
    Ok(app.store.artifacts.delete(hash)?)
}
