//! Writes the live view of a group into a snapshot while events go on coming in, a few hundred visitors at a time: nobody
//! waits longer for the lock.
//!
//! The snapshot is no moment of the view: each slice is of its own. It holds everything that was observed before the walk
//! began and some of what came since, and observing an event twice changes nothing. So whoever reads the log on from
//! where it was before the walk gets the view as it would have been; but for a session that passes from one user to another
//! during the walk, whose events of that moment may then be ascribed to the second.

use std::ops::Range;
use std::sync::Arc;

use super::by_name::Name;
use super::place::Place;
use super::snapshot::{Age, Restoring, Slice};
use super::{Generation, Group, LiveView};

/// Visitors, or sessions, of a slice: some tens of microseconds. [2026-11-25]
const SLICE: usize = 256;

/// How a walk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Walked {
    /// All of it is written.
    Whole,
    /// The generations changed places, or the group made room for another one: begin anew.
    Disturbed,
}

/// The stages of a walk, in order. Owners come last, so that what they tie together is there when they are read.
#[derive(Clone, Copy)]
enum Stage {
    Visitors(Age),
    /// Who got what a session did before, while the walk went on.
    Joined,
    Owners(Age),
}

const STAGES: [Stage; 5] = [
    Stage::Visitors(Age::Old),
    Stage::Visitors(Age::Young),
    Stage::Joined,
    Stage::Owners(Age::Old),
    Stage::Owners(Age::Young),
];

impl LiveView {
    /// Hands out what is known of a group, slice by slice. `imported` says what was imported into the group: what was
    /// rebuilt from anything else is not handed out.
    pub(crate) fn walk<E>(
        &self,
        group: &str,
        imported: &str,
        each: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<Walked, E> {
        self.walk_by(SLICE, group, imported, each)
    }

    fn walk_by<E>(
        &self,
        step: usize,
        group: &str,
        imported: &str,
        mut each: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<Walked, E> {
        let walked = self.group(group).unwrap_or_default();
        let turns = self.settled(&walked).begin_walk();
        let mut walk = Walk { place: &walked, turns, step, slice: Slice::default() };
        let written =
            STAGES.iter().try_fold(true, |is_whole, stage| Ok(is_whole && walk.write(*stage, &mut each)?));
        let is_ours = walked.group().end_walk(imported);
        let is_there = self.group(group).is_none_or(|now| Arc::ptr_eq(&now, &walked));
        Ok(if written? && is_ours && is_there { Walked::Whole } else { Walked::Disturbed })
    }

    /// An empty group to be filled from a snapshot.
    pub(crate) fn restoring(&self) -> Restoring {
        Restoring::new(Group::default())
    }
}

struct Walk<'a> {
    place: &'a Place,
    turns: u64,
    /// Visitors, or sessions, of a slice.
    step: usize,
    slice: Slice,
}

impl Walk<'_> {
    /// False when the generations have changed places.
    fn write<E>(&mut self, stage: Stage, each: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<bool, E> {
        for at in (0..).step_by(self.step) {
            let goes_on = {
                let mut group = self.place.group();
                if group.turns != self.turns {
                    return Ok(false);
                }
                group.keep(stage, at..at + self.step, &mut self.slice)
            };
            if !self.slice.bytes.is_empty() {
                each(&self.slice.bytes)?;
                self.slice.bytes.clear();
            }
            if !goes_on {
                break;
            }
        }
        Ok(true)
    }
}

impl Group {
    fn begin_walk(&mut self) -> u64 {
        self.young.begin();
        self.old.begin();
        self.joined = Some(Vec::new());
        self.turns
    }

    /// Whether the group was rebuilt from these imports.
    fn end_walk(&mut self, imported: &str) -> bool {
        self.joined = None;
        self.imported == imported
    }

    /// Writes some of a stage. False when there is no more of it.
    fn keep(&mut self, stage: Stage, places: Range<usize>, into: &mut Slice) -> bool {
        match stage {
            Stage::Visitors(age) => self.generation(age).keep_visitors(places, age, into),
            Stage::Owners(age) => self.generation(age).keep_owners(places, age, into),
            Stage::Joined => {
                // Who joins from here on was written under both names.
                for user in self.joined.take().into_iter().flatten() {
                    self.young.keep_visitor(user, Age::Young, into);
                }
                false
            }
        }
    }

    pub(super) fn generation(&mut self, age: Age) -> &mut Generation {
        match age {
            Age::Old => &mut self.old,
            Age::Young => &mut self.young,
        }
    }

    /// Takes in whose a session is. What the session did before it was known to be this user's may have been written
    /// under its own name.
    pub(super) fn restore_owner(&mut self, age: Age, session: &str, user: &str) {
        let (session, user) = (Name::of(session), Name::of(user));
        self.generation(age).link(session, user);
        if self.old.knows_of(session) || self.young.knows_of(session) {
            let user = self.young.find_or_make(user);
            self.join(session, self.young.find(session), user);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use bowerbird_sdk_server::ingest::Accepted;
    use bowerbird_wire::SentEvent;
    use proptest::prelude::*;

    use super::*;

    /// Someone watches an item: a session, and its user where they signed in.
    #[derive(Clone, Debug)]
    struct Watch {
        session: u8,
        is_signed_in: bool,
        item: u8,
    }

    fn watch(view: &LiveView, at: usize, watch: &Watch) {
        let (session, user) = (format!("session {}", watch.session), format!("user {}", watch.session % 3));
        let json = format!(r#"{{"eventType":"watch","sentAt":{},"itemId":"item {}"}}"#, 1 + at, watch.item);
        let event = SentEvent::read(&json).unwrap();
        view.observe(&Accepted {
            dataset_group: "g",
            user_id: watch.is_signed_in.then_some(&user),
            session_id: &session,
            events: &[&event],
        });
    }

    fn view(max_bytes: usize) -> LiveView {
        let view = LiveView::new(max_bytes);
        view.set_whole();
        view
    }

    fn restored(slices: &[Vec<u8>], max_bytes: usize) -> LiveView {
        let view = view(max_bytes);
        let mut restoring = view.restoring();
        slices.iter().for_each(|slice| restoring.take(slice).unwrap());
        view.replace("g", restoring.whole());
        view
    }

    fn walk(view: &LiveView, mut meanwhile: impl FnMut()) -> (Walked, Vec<Vec<u8>>) {
        let mut slices = Vec::new();
        let walked = view.walk_by(1, "g", "", |slice| {
            slices.push(slice.to_vec());
            meanwhile();
            Ok::<(), Infallible>(())
        });
        (walked.unwrap(), slices)
    }

    fn timelines(view: &LiveView) -> Vec<Vec<super::super::Seen>> {
        let visitors = (0..10).flat_map(|n| [format!("session {n}"), format!("user {n}")]);
        visitors.map(|visitor| view.timeline("g", &visitor)).collect()
    }

    fn watches(n: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Watch>> {
        let one = (0_u8..10, any::<bool>(), 0_u8..20);
        proptest::collection::vec(
            one.prop_map(|(session, is_signed_in, item)| Watch { session, is_signed_in, item }),
            n,
        )
    }

    proptest! {
        #[test]
        fn what_was_kept_and_the_log_since_are_the_view(
            before in watches(0..60), since in watches(0..60), forgets in any::<bool>(),
        ) {
            let whole = view(if forgets { 6_000 } else { 1 << 20 });
            before.iter().enumerate().for_each(|(at, one)| watch(&whole, at, one));
            let mut coming = since.iter().enumerate();
            let mut go_on = |n: usize| {
                coming.by_ref().take(n).for_each(|(at, one)| watch(&whole, before.len() + at, one));
            };
            let (walked, slices) = walk(&whole, || go_on(3));
            go_on(usize::MAX);
            prop_assert!(forgets || walked == Walked::Whole);
            if walked == Walked::Whole {
                // It has room for all, so that only the first view can have forgotten anything.
                let again = restored(&slices, 1 << 20);
                since.iter().enumerate().for_each(|(at, one)| watch(&again, before.len() + at, one));
                for (seen, again) in timelines(&whole).iter().zip(timelines(&again)) {
                    let is_there = seen.iter().all(|one| again.contains(one));
                    prop_assert!(if forgets { is_there } else { *seen == again }, "{seen:?} {again:?}");
                }
            }
        }

        #[test]
        fn random_bytes_are_taken_in_or_refused(bytes in proptest::collection::vec(0_u8..8, 0..200)) {
            let _ = view(1 << 20).restoring().take(&bytes);
        }
    }

    #[test]
    fn both_generations_come_back_as_they_were() {
        let before = view(6_000);
        (0..40).for_each(|at| {
            watch(&before, at, &Watch { session: at as u8 % 10, is_signed_in: at < 4, item: at as u8 })
        });
        let (walked, slices) = walk(&before, || {});
        let after = restored(&slices, 6_000);
        assert_eq!(
            (walked, timelines(&after), after.size().0),
            (Walked::Whole, timelines(&before), before.size().0)
        );
    }

    #[test]
    fn a_group_that_was_rebuilt_from_other_imports_is_not_kept() {
        let view = view(1 << 20);
        let rebuilt = view.rebuilding(Group::default(), "an import").whole();
        view.replace("g", rebuilt);
        assert_eq!(walk(&view, || {}).0, Walked::Disturbed);
        let walked = view.walk("g", "an import", |_| Ok::<(), Infallible>(()));
        assert_eq!(walked, Ok(Walked::Whole));
    }
}
