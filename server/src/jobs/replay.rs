//! "Here is a dataset group; give me every interaction it has": imported rows first, then the event log. Named by its own
//! ARN, a dataset of action interactions is read like a group that has nothing else, with actions in the place of items.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::mpsc::{channel, sync_channel};

use bowerbird_sdk_server::ingest::{Entry, HISTORY, VISITS, rows};
use bowerbird_store::{Column, Columns, Hash, Offset, Resource, Texts};

use super::snapshots;
use crate::app::App;
use crate::arn::{dataset_arn, is_dataset};
use crate::control::{Kind, find, private, public_text};
use crate::error::ApiError;
use crate::interaction::{self, Interaction, group_of, milliseconds};
use crate::live::{Group, Rebuilding};

/// Rebuilds the live view of every dataset group, at start, while requests are answered. A group that cannot be read keeps
/// what comes in.
pub(super) fn rebuild_all(app: &App) {
    match everything(app) {
        Ok(arns) => {
            let (mut from, mut bytes, mut is_whole) = (app.store.events.end(), 0, true);
            for arn in &arns {
                let kept = kept(app, arn);
                let (reaches, long) =
                    kept.as_ref().map_or((Offset(0), 0), |(_, until, bytes)| (*until, *bytes));
                (from, bytes) = (from.min(reaches), bytes + long);
                if let Err(error) = rebuild_behind(app, arn, kept.map(|(group, until, _)| (group, until))) {
                    tracing::error!("the live view of {arn}: {error}");
                    is_whole = false;
                }
            }
            if is_whole && !app.board.is_closing() {
                app.kept.begin(from, bytes);
            }
        }
        Err(error) => tracing::error!("the live view: {error}"),
    }
    app.live.set_whole();
}

/// Groups, and datasets of action interactions.
pub(super) fn everything(app: &App) -> Result<Vec<String>, ApiError> {
    let list = |kind: Kind| app.store.catalog.list(kind.word(), None, None, usize::MAX);
    let datasets = list(Kind::Dataset)?;
    let of_actions =
        datasets.into_iter().filter(|dataset| public_text(dataset, "datasetType") == "ACTION_INTERACTIONS");
    Ok(list(Kind::DatasetGroup)?.into_iter().chain(of_actions).map(|resource| resource.arn).collect())
}

/// The live view of a group as it was kept.
fn kept(app: &App, group_arn: &str) -> Option<(Group, Offset, u64)> {
    let read = snapshots::read(app, group_arn);
    if let Ok(Some((_, until, _))) = &read {
        tracing::info!(
            "the live view of {group_arn} was read back; the log goes on behind event {}",
            until.0
        );
    }
    read.unwrap_or_else(|reason| {
        tracing::warn!(
            "the live view of {group_arn} that was kept is of no use, so the log is read: {reason}"
        );
        None
    })
}

/// Rebuilds the live view of one group while events go on coming in.
pub(super) fn rebuild(app: &App, group_arn: &str) -> Result<(), ApiError> {
    rebuild_behind(app, group_arn, None)
}

/// The same, going on from what was kept: the group as it was, and where the log goes on.
fn rebuild_behind(app: &App, group_arn: &str, kept: Option<(Group, Offset)>) -> Result<(), ApiError> {
    let since = events_from(app, group_arn)?;
    let imports = imports(app, group_arn)?;
    let is_new = kept.is_none();
    let (group, from) = kept.unwrap_or_default();
    let mut group = app.live.rebuilding(group, &imports);
    if is_new {
        imported(app, group_arn, &[], &mut |row| group.see(&[row]))?;
    }
    let goes_on = || !app.board.is_closing();
    let end = interactions(app, group_arn, from, VISITS, &goes_on, &mut group)?;
    if app.board.is_closing() {
        return Ok(());
    }
    app.live.replace(group_arn, group.whole());
    // What was accepted during the scan went to the view that was just replaced: read on from there. Observing an
    // entry twice changes nothing.
    recorded(app, group_arn, end, &mut |entry| {
        let event = entry.event();
        if let Some(accepted) = entry.accepted(event.as_slice()) {
            app.live.observe(&accepted);
        }
    })?;
    match events_from(app, group_arn) {
        Ok(now) if now == since => Ok(()),
        // They were deleted while they were read.
        Ok(_) => rebuild(app, group_arn),
        Err(gone) => {
            app.live.forget(group_arn);
            Err(gone)
        }
    }
}

/// Every interaction of a group, imported and recorded. Answers whose each session is by now, for those that were handed
/// over before anybody knew, and where the log ended.
pub(super) fn from_the_beginning(
    app: &App,
    group_arn: &str,
    take: &mut dyn FnMut(Interaction<'_>),
) -> Result<(Owners, Offset), ApiError> {
    imported(app, group_arn, &[], take)?;
    let mut each = Each { owners: Owners::default(), take };
    let until = interactions(app, group_arn, Offset(0), &HISTORY, &|| true, &mut each)?;
    Ok((each.owners, until))
}

/// The same for who wants to know what else events say, for which no column exists: every event is read as it was sent, once,
/// which takes as long as reading the log.
pub(super) fn whole_from_the_beginning(
    app: &App,
    group_arn: &str,
    imported_columns: &[String],
    take: &mut dyn FnMut(Interaction<'_>),
    each: &mut dyn FnMut(&Entry<'_>),
) -> Result<(Owners, Offset), ApiError> {
    imported(app, group_arn, imported_columns, take)?;
    let mut owners = Owners::default();
    let until = recorded(app, group_arn, Offset(0), &mut |entry| {
        if let Some((session, user)) = interaction::link(entry) {
            link(&mut owners, session, &user);
        }
        each(entry);
    })?;
    Ok((owners, until))
}

/// Session → user.
pub(super) type Owners = HashMap<String, String>;

fn link(owners: &mut Owners, session: &str, user: &str) {
    if owners.get(session).is_none_or(|owner| owner != user) {
        owners.insert(session.to_owned(), user.to_owned());
    }
}

/// Which rows were imported into a group: the hashes of their files, in order.
pub(super) fn imports(app: &App, group_arn: &str) -> Result<String, ApiError> {
    let dataset = app.store.catalog.get(&imported_into(app, group_arn))?;
    let hashes = dataset.as_ref().map(bulk).unwrap_or_default();
    Ok(hashes.iter().map(Hash::as_str).collect::<Vec<_>>().join(","))
}

/// Rows that were imported into the Interactions dataset of a group.
pub(super) fn imported(
    app: &App,
    group_arn: &str,
    columns: &[String],
    each: &mut dyn FnMut(Interaction<'_>),
) -> Result<(), ApiError> {
    let Some(dataset) = app.store.catalog.get(&imported_into(app, group_arn))? else { return Ok(()) };
    for hash in bulk(&dataset) {
        let bytes = app.store.artifacts.get(&hash)?.ok_or_else(|| {
            ApiError::Internal(format!(
                "rows that were imported into {} are gone: import them again",
                dataset.arn
            ))
        })?;
        read_rows(&bytes, columns, each)?;
    }
    Ok(())
}

/// The dataset whose imports belong to a group.
fn imported_into(app: &App, group_arn: &str) -> String {
    match is_dataset(group_arn) {
        true => group_arn.to_owned(),
        false => dataset_arn(&app.settings, group_arn, "INTERACTIONS"),
    }
}

fn bulk(dataset: &Resource) -> Vec<Hash> {
    let hashes = private(dataset, "bulk").as_array().into_iter().flatten();
    hashes.filter_map(|hash| Hash::parse(hash.as_str()?)).collect()
}

fn read_rows(bytes: &[u8], more: &[String], each: &mut dyn FnMut(Interaction<'_>)) -> Result<(), ApiError> {
    let broken = |error: csv::Error| ApiError::Internal(format!("imported rows: {error}"));
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers().map_err(broken)?.clone();
    let at = |name: &str| header.iter().position(|column| column == name);
    let item = if at("ITEM_ID").is_some() { "ITEM_ID" } else { "ACTION_ID" };
    let columns = ["USER_ID", item, "TIMESTAMP", "EVENT_TYPE", "EVENT_VALUE"].map(at);
    let more: Vec<Option<usize>> = more.iter().map(|name| at(name)).collect();
    let mut further = vec![String::new(); more.len()];
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(broken)? {
        let [user, item, time, event_type, value] =
            columns.map(|column| column.and_then(|at| record.get(at)).unwrap_or_default());
        for (value, at) in further.iter_mut().zip(&more) {
            value.clear();
            value.push_str(at.and_then(|at| record.get(at)).unwrap_or_default());
        }
        each(Interaction {
            user: Some(user),
            session: "",
            item,
            event_type,
            event_value: value.parse().ok(),
            at_ms: milliseconds(time.parse().unwrap_or_default()),
            further: &further,
        });
    }
    Ok(())
}

/// Events of a group in the event log, from an offset on. Returns where it stopped.
pub(super) fn recorded(
    app: &App,
    group_arn: &str,
    from: Offset,
    each: &mut dyn FnMut(&Entry<'_>),
) -> Result<Offset, ApiError> {
    let since = events_from(app, group_arn)?;
    let end = app.store.events.end();
    let records =
        app.store.events.scan(from).take_while(|record| !matches!(record, Ok((offset, _)) if *offset >= end));
    for record in records {
        // One record that cannot be read is worth less than a server that does not start.
        match &record {
            Ok((_, record)) if record.at_ms < since => {}
            Ok((_, record)) => match Entry::decode(record) {
                Ok(entry) if group_of(&entry) == Some(group_arn) => each(&entry),
                Ok(_) => {}
                Err(error) => tracing::error!("event log: {error}"),
            },
            Err(error) => tracing::error!("event log: {error}"),
        }
    }
    Ok(end)
}

/// Events before this moment are not the group's: they were deleted, or another group had its name.
pub(super) fn events_from(app: &App, group_arn: &str) -> Result<i64, ApiError> {
    let kind = if is_dataset(group_arn) { Kind::Dataset } else { Kind::DatasetGroup };
    let group = find(app, kind, group_arn)?;
    Ok(private(&group, "eventsFrom").as_i64().unwrap_or(group.created_at))
}

/// Whoever takes in interactions of a group.
pub(crate) trait Taking {
    /// Sessions and users of which something comes next.
    fn expect(&mut self, _sessions: Texts<'_>, _users: Texts<'_>) {}

    /// A session belongs to a user.
    fn link(&mut self, session: &str, user: &str);

    /// Interactions of a visit that follow each other.
    fn take(&mut self, visit: &[Interaction<'_>]);
}

/// Takes each interaction by itself, and notes whose the sessions are.
struct Each<'a> {
    owners: Owners,
    take: &'a mut dyn FnMut(Interaction<'_>),
}

impl Taking for Each<'_> {
    fn link(&mut self, session: &str, user: &str) {
        link(&mut self.owners, session, user);
    }

    fn take(&mut self, visit: &[Interaction<'_>]) {
        visit.iter().for_each(|one| (self.take)(*one));
    }
}

impl Taking for Rebuilding {
    fn expect(&mut self, sessions: Texts<'_>, users: Texts<'_>) {
        self.look_ahead(sessions.words(), users.words());
    }

    fn link(&mut self, session: &str, user: &str) {
        Rebuilding::link(self, session, user);
    }

    fn take(&mut self, visit: &[Interaction<'_>]) {
        self.see(visit);
    }
}

/// Parts of the log that are read at one time, each by a thread of its own: to read them takes twice as long as to take them in.
const READERS: usize = 2;
/// Batches that a reader may be ahead: a part has about as many.
const BATCHES_AHEAD: usize = 16;

/// The interactions of a group in the event log from an offset on, by column, as long as it `goes_on`. `wanted`
/// are [`HISTORY`] or [`VISITS`]. Returns where it stopped.
pub(crate) fn interactions(
    app: &App,
    group_arn: &str,
    from: Offset,
    wanted: &[Column],
    goes_on: &dyn Fn() -> bool,
    taking: &mut impl Taking,
) -> Result<Offset, ApiError> {
    let since = events_from(app, group_arn)?;
    let events = &app.store.events;
    let end = events.end();
    let mut bounds = vec![from];
    bounds.extend(events.parts_behind(from).into_iter().filter(|first| *first < end));
    bounds.push(end);
    let parts: Vec<Range<Offset>> = bounds.windows(2).map(|bounds| bounds[0]..bounds[1]).collect();
    std::thread::scope(|scope| {
        let readers = (0..READERS.min(parts.len())).map(|nth| {
            let (read, ahead) = sync_channel(BATCHES_AHEAD);
            let (done, back) = channel();
            let mut parts = parts.iter().skip(nth).step_by(READERS);
            // It ends early when nobody takes what it read. Batches come back, so that their memory is freed by the thread
            // that takes as much again: from another one the kernel would have to clear new memory for each.
            scope.spawn(move || {
                parts.try_for_each(|part| {
                    events.columns(part.clone(), wanted, rows).try_for_each(|columns| {
                        back.try_iter().for_each(drop::<Columns>);
                        read.send(Some(columns))
                    })?;
                    read.send(None)
                })
            });
            (ahead, done)
        });
        let readers: Vec<_> = readers.collect();
        for ((ahead, done), _) in readers.iter().cycle().zip(&parts) {
            for columns in ahead.iter().map_while(|columns| columns) {
                if !goes_on() {
                    return;
                }
                match columns {
                    Ok(columns) => {
                        read_columns(&columns, group_arn, since, taking);
                        let _ = done.send(columns);
                    }
                    Err(error) => tracing::error!("event log: {error}"),
                }
            }
        }
    });
    Ok(end)
}

fn read_columns(columns: &Columns, group_arn: &str, since: i64, taking: &mut impl Taking) {
    let groups = columns.texts(Column::DatasetGroup);
    let Some(wanted) = groups.words().position(|group| group == group_arn) else { return };
    let [users, sessions, event_types, items] =
        [Column::User, Column::Session, Column::EventType, Column::Item].map(|column| columns.texts(column));
    taking.expect(sessions, users);
    let mut event_values = columns.has(Column::EventValue).then(|| columns.event_values());
    let times = columns.times(Column::ReceivedAt).zip(columns.times(Column::SentAt));
    let numbers = users.numbers().zip(sessions.numbers());
    let rows = groups.numbers().zip(numbers).zip(times).enumerate();
    // Whose visit it is, by number and by name.
    let (mut visitor, mut user, mut session) = ((None, None), None, "");
    let mut visit: Vec<Interaction<'_>> = Vec::new();
    for (at, ((group, now), (received_at, sent_at))) in rows {
        let event_value = event_values.as_mut().and_then(|values| values.next().flatten());
        if group != Some(wanted) || received_at.is_none_or(|at| at < since) {
            continue;
        }
        // The events of a visit follow each other: one link is enough for all of them.
        if visitor != now {
            (visitor, user, session) = (now, users.at(at), sessions.at(at).unwrap_or_default());
            if !visit.is_empty() {
                taking.take(&visit);
                visit.clear();
            }
            if let Some(user) = user.filter(|user| *user != session) {
                taking.link(session, user);
            }
        }
        if let (Some(item), Some(at_ms)) = (items.at(at), sent_at) {
            let event_type = event_types.at(at).unwrap_or_default();
            visit.push(Interaction { user, session, item, event_type, event_value, at_ms, further: &[] });
        }
    }
    if !visit.is_empty() {
        taking.take(&visit);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bowerbird_sdk_server::ingest::{Accepted, Ingest, Observer, Trackers};
    use bowerbird_wire::{PutEvents, TrackingId};
    use proptest::prelude::*;

    use super::*;
    use crate::live::{LiveView, Seen};

    struct Shop(LiveView);

    impl Trackers for Shop {
        fn dataset_group(&self, _: &TrackingId) -> Option<Arc<str>> {
            Some("g".into())
        }
    }

    impl Observer for Shop {
        fn observe(&self, accepted: &Accepted<'_>) {
            self.0.observe(accepted);
        }
    }

    /// A call of PutEvents: who, with what in front, and its events.
    fn call() -> impl Strategy<Value = String> {
        let item = prop_oneof!["[a-e]", Just(r#"\"ü\n"#.to_owned())];
        let event = (item, 0_u8..6, 1_000_u32..1_005).prop_map(|(item, kind, at)| match kind {
            0 => format!(r#"{{"eventType":"watch","sentAt":{at},"itemId":"{item}","eventValue":2}}"#),
            1 => format!(
                r#"{{"itemId":"{item}","sentAt":{at}.25,"eventId":"{item}{at}","eventType":"click"}}"#
            ),
            2 => format!(r#"{{"eventType":"click","sentAt":{at},"properties":{{"itemId":"{item}"}}}}"#),
            3 => format!(r#"{{"eventType":"search","sentAt":{at},"properties":"{{\"a\":[1,\"b\"]}}"}}"#),
            4 => format!(
                r#"{{"eventType":"Identify","sentAt":{at},"itemId":"a","properties":{{"userId":"user 0"}}}}"#
            ),
            _ => format!(r#"{{"x":{{"itemId":"z"}},"eventType":"watch","sentAt":{at},"itemId":"{item}"}}"#),
        });
        let who = (0_u8..6, 0_u8..5).prop_map(|(session, user)| match user {
            user @ 0..3 => format!(r#""sessionId":"session {session}","userId":"user {user}""#),
            3 => format!(r#""sessionId":"session {session}","sentAt":900"#),
            _ => format!(r#""sessionId":"session {session}""#),
        });
        (who, proptest::collection::vec(event, 1..6)).prop_map(|(who, events)| {
            format!(r#"{{"trackingId":"t",{who},"eventList":[{}]}}"#, events.join(","))
        })
    }

    fn timelines(view: &LiveView) -> Vec<Vec<Seen>> {
        view.set_whole();
        let visitors = (0..6).flat_map(|n| [format!("session {n}"), format!("user {n}")]);
        visitors.map(|visitor| view.timeline("g", &visitor)).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn what_is_read_from_the_log_is_what_was_seen(calls in proptest::collection::vec(call(), 1..30)) {
            let folder = tempfile::tempdir().unwrap();
            let store = bowerbird_store::open(&format!("file:{}", folder.path().display())).unwrap();
            let shop = Arc::new(Shop(LiveView::new(1 << 20)));
            let ingest = Ingest::new(store.events.clone(), shop.clone(), shop.clone(), || 1_000_500);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            for call in &calls {
                runtime.block_on(ingest.put_events(PutEvents::parse(call.as_bytes()).unwrap())).unwrap();
            }

            let rebuilt = LiveView::new(1 << 20);
            let mut group = rebuilt.rebuilding(Group::default(), "");
            for columns in store.events.columns(Offset(0)..store.events.end(), VISITS, rows) {
                read_columns(&columns.unwrap(), "g", 0, &mut group);
            }
            rebuilt.replace("g", group.whole());
            prop_assert_eq!(timelines(&rebuilt), timelines(&shop.0));
        }
    }
}
