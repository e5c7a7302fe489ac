use bowerbird_store::{Fate, Receipt};
use bowerbird_wire::{Outcome, Refused, SentEvent};

use super::counts::Tally;

/// The events of a call that was taken in, and what the log said.
pub(super) struct Taken<'a> {
    pub(super) events: Vec<Result<SentEvent<'a>, Refused>>,
    pub(super) receipt: Receipt,
}

impl<'a> Taken<'a> {
    /// In the order in which they were sent.
    pub(super) fn accepted(&self) -> Vec<&SentEvent<'a>> {
        // Nearly always all of them are.
        let mut accepted = Vec::with_capacity(self.events.len());
        let is_new = |at: &usize| self.receipt.repeats.binary_search(at).is_err();
        let new = self.events.iter().enumerate().filter(|(at, _)| is_new(at));
        accepted.extend(new.filter_map(|(_, event)| event.as_ref().ok()));
        accepted
    }

    /// Those that were refused, each with its place in the call.
    pub(super) fn refused(&self) -> impl Iterator<Item = (usize, &Refused)> {
        self.events.iter().enumerate().filter_map(|(index, event)| Some((index, event.as_ref().err()?)))
    }

    /// How many events met which fate.
    pub(super) fn tally(&self) -> Tally {
        // What is refused is kept under no key, so only an event can be there already.
        let (duplicate, invalid) = (self.receipt.repeats.len(), self.refused().count());
        Tally { accepted: self.events.len() - duplicate - invalid, duplicate, invalid }
    }

    /// One for each event, in order.
    pub(super) fn outcomes(self) -> Vec<Outcome> {
        let outcome = |(event, fate)| match (event, fate) {
            (Err(Refused { reason, .. }), _) => Outcome::Invalid(reason),
            (Ok(_), Fate::Repeat) => Outcome::Duplicate,
            (Ok(_), Fate::Stored(_)) => Outcome::Accepted,
        };
        let Self { events, receipt } = self;
        events.into_iter().zip(receipt.fates()).map(outcome).collect()
    }
}
