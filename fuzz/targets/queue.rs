//! The queue of a page under any row of calls: nothing is sent twice at once, nothing is forgotten before its end, and it
//! empties when the server is well.
#![no_main]

use arbitrary::Arbitrary;
use bowerbird_sdk_wasm::queue::{Answer, Batch, Entry, Policy, Queue, Task, Verdict};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input {
    batch_events: usize,
    batch_age_ms: f64,
    batch_bytes: u32,
    cap_bytes: u16,
    steps: Vec<Step>,
}

#[derive(Arbitrary, Debug)]
enum Step {
    Push { bytes: u16, context: u8 },
    Pass(u16),
    Ask,
    Answer { status: u16, retry_after_ms: Option<f64>, random: u16 },
    Wake,
}

struct Page {
    queue: Queue,
    now: f64,
    flying: Option<Batch>,
    entries: Vec<Entry>,
    ended: Vec<bool>,
}

impl Page {
    fn step(&mut self, step: &Step) {
        match *step {
            Step::Push { bytes, context } => {
                let entry =
                    Entry { ticket: self.entries.len() as u32, bytes: bytes.into(), context: context.into() };
                self.entries.push(entry);
                self.ended.push(false);
                self.queue.push(entry, self.now);
            }
            Step::Pass(ms) => self.now += f64::from(ms),
            Step::Ask => self.ask(),
            Step::Answer { status, retry_after_ms, random } => {
                self.answer(Answer { status, retry_after_ms }, f64::from(random) / 65536.0);
            }
            Step::Wake => self.queue.wake(),
        }
        while let Some(ticket) = self.queue.make_room() {
            assert!(!self.tickets().contains(&ticket), "an event on its way made room");
            self.end(ticket);
        }
        assert_eq!(self.queue.len(), self.ended.iter().filter(|ended| !**ended).count());
    }

    fn tickets(&self) -> Vec<u32> {
        let ticket = |batch, index| self.queue.ticket(batch, index);
        self.flying.iter().flat_map(|batch| (0..).map_while(move |index| ticket(batch, index))).collect()
    }

    fn ask(&mut self) {
        match self.queue.next_task(self.now) {
            Task::Send(batch) => {
                assert!(self.flying.is_none(), "two batches at once");
                self.flying = Some(batch);
                let tickets = self.tickets();
                assert!(!tickets.is_empty() && tickets.len() <= 500 && tickets.is_sorted());
                let context = self.entries[tickets[0] as usize].context;
                for ticket in tickets {
                    assert!(!self.ended[ticket as usize], "sent after its end");
                    assert_eq!(self.entries[ticket as usize].context, context);
                }
            }
            Task::Wait(ms) => assert!(ms > 0.0, "{ms}"),
            Task::Idle => assert!(self.flying.is_some() || self.queue.is_empty()),
        }
    }

    fn answer(&mut self, answer: Answer, random: f64) {
        let tickets = self.tickets();
        let Some(batch) = self.flying.take() else { return };
        if self.queue.report(batch, answer, random, self.now) != Verdict::Kept {
            tickets.into_iter().for_each(|ticket| self.end(ticket));
        }
    }

    fn end(&mut self, ticket: u32) {
        assert!(!std::mem::replace(&mut self.ended[ticket as usize], true), "it ended twice");
    }
}

fuzz_target!(|input: Input| {
    let Input { batch_events, batch_age_ms, batch_bytes, cap_bytes, steps } = input;
    // What a page may ask for: the shell lets only finite numbers through.
    let batch_age_ms = if batch_age_ms.is_finite() { batch_age_ms.clamp(-1.0, 1e9) } else { 1000.0 };
    let policy = Policy { batch_events, batch_age_ms, batch_bytes, cap_bytes: cap_bytes.into() };
    let mut page =
        Page { queue: Queue::new(policy), now: 0.0, flying: None, entries: Vec::new(), ended: Vec::new() };
    for step in steps.iter().filter(|step| is_possible(step)) {
        page.step(step);
    }
    for _ in 0..4 * page.entries.len() + 4 {
        page.answer(Answer { status: 200, retry_after_ms: None }, 0.5);
        match page.queue.next_task(page.now) {
            Task::Send(batch) => page.flying = Some(batch),
            Task::Wait(ms) => page.now += ms,
            Task::Idle => break,
        }
    }
    assert!(page.queue.is_empty(), "the server is well, and events are left");
});

/// A Retry-After is read by the shell: a finite number of milliseconds that is not negative.
fn is_possible(step: &Step) -> bool {
    match step {
        Step::Answer { retry_after_ms: Some(ms), .. } => ms.is_finite() && (0.0..1e10).contains(ms),
        _ => true,
    }
}
