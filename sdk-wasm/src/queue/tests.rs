use proptest::prelude::*;

use super::*;

const OK: Answer = Answer { status: 200, retry_after_ms: None };

fn answer(status: u16) -> Answer {
    Answer { status, retry_after_ms: None }
}

fn small(batch_events: usize) -> Queue {
    Queue::new(Policy { batch_events, ..Policy::default() })
}

fn push(queue: &mut Queue, tickets: core::ops::Range<u32>, context: u32) {
    tickets.for_each(|ticket| queue.push(Entry { ticket, bytes: 100, context }, 0.0));
}

fn send(queue: &mut Queue, now: f64) -> Batch {
    match queue.next_task(now) {
        Task::Send(batch) => batch,
        other => panic!("expected a batch, got {other:?}"),
    }
}

fn sent(queue: &mut Queue, now: f64) -> Vec<u32> {
    let batch = send(queue, now);
    tickets(queue, &batch)
}

fn tickets(queue: &Queue, batch: &Batch) -> Vec<u32> {
    (0..).map_while(|index| queue.ticket(batch, index)).collect()
}

#[test]
fn a_batch_goes_when_it_is_full_and_not_before_it_is_old() {
    let mut queue = small(3);
    push(&mut queue, 0..2, 0);
    assert_eq!(queue.next_task(400.0), Task::Wait(600.0));
    push(&mut queue, 2..3, 0);
    assert_eq!(sent(&mut queue, 400.0), [0, 1, 2]);
}

#[test]
fn a_burst_goes_in_the_largest_batches_that_the_server_takes() {
    let mut queue = Queue::new(Policy { batch_bytes: 100_000, ..Policy::default() });
    push(&mut queue, 0..501, 0);
    let batch = send(&mut queue, 0.0);
    assert_eq!(tickets(&queue, &batch).len(), 500);
}

#[test]
fn a_batch_goes_when_it_is_large() {
    let mut queue = Queue::new(Policy { batch_bytes: 250, ..Policy::default() });
    push(&mut queue, 0..3, 0);
    assert_eq!(sent(&mut queue, 0.0), [0, 1]);
}

#[test]
fn however_small_events_are_the_oldest_make_room_before_the_ring_is_full() {
    let mut queue = small(10);
    push(&mut queue, 0..20, 0);
    let batch = send(&mut queue, 0.0);
    let on_their_way = tickets(&queue, &batch).len() as u32;
    let mut dropped = Vec::new();
    for ticket in 20..10_000 {
        queue.push(Entry { ticket, bytes: 1, context: 0 }, 0.0);
        dropped.extend(core::iter::from_fn(|| queue.make_room()));
    }
    assert_eq!(dropped.len(), 10_000 - queue.len());
    assert_eq!(dropped[0], on_their_way, "what is on its way stays");
    assert!(dropped.is_sorted() && queue.len() > 8000);
    queue.report(batch, OK, 0.0, 0.0);
    assert_eq!(sent(&mut queue, 0.0)[0], dropped[dropped.len() - 1] + 1);
}

#[test]
fn an_event_larger_than_a_batch_goes_alone() {
    let mut queue = Queue::new(Policy { batch_bytes: 50, ..Policy::default() });
    push(&mut queue, 0..2, 0);
    assert_eq!(sent(&mut queue, 0.0), [0]);
}

#[test]
fn one_batch_is_one_session_and_user() {
    let mut queue = small(10);
    push(&mut queue, 0..2, 0);
    push(&mut queue, 2..4, 1);
    let first = send(&mut queue, 1000.0);
    assert_eq!(tickets(&queue, &first), [0, 1]);
    queue.report(first, OK, 0.0, 1000.0);
    assert_eq!(sent(&mut queue, 1000.0), [2, 3]);
}

#[test]
fn nothing_else_goes_while_a_batch_is_on_its_way() {
    let mut queue = small(1);
    push(&mut queue, 0..2, 0);
    let _batch = send(&mut queue, 0.0);
    assert_eq!(queue.next_task(9999.0), Task::Idle);
}

#[test]
fn network_errors_and_server_errors_are_retried_within_a_minute_for_ever() {
    for status in [0, 429, 500, 503, 401, 404] {
        let mut queue = small(1);
        push(&mut queue, 0..1, 0);
        let mut now = 0.0;
        for _ in 0..1000 {
            let batch = send(&mut queue, now);
            assert_eq!(queue.report(batch, answer(status), 0.999, now), Verdict::Kept);
            let Task::Wait(ms) = queue.next_task(now) else { panic!("{status} must wait") };
            assert!(ms <= 60_000.0);
            now += ms;
        }
        assert_eq!(queue.len(), 1);
    }
}

#[test]
fn retry_after_is_honoured_even_when_the_page_wakes() {
    let mut queue = small(1);
    push(&mut queue, 0..1, 0);
    let batch = send(&mut queue, 0.0);
    queue.report(batch, Answer { status: 503, retry_after_ms: Some(5000.0) }, 0.0, 0.0);
    queue.wake();
    assert_eq!(queue.next_task(1000.0), Task::Wait(4000.0));
    assert_eq!(sent(&mut queue, 5000.0), [0]);
}

#[test]
fn waking_ends_a_wait_that_the_server_did_not_ask_for() {
    let mut queue = small(5);
    push(&mut queue, 0..5, 0);
    let batch = send(&mut queue, 0.0);
    queue.report(batch, answer(0), 0.9, 0.0);
    assert_eq!(queue.next_task(0.0), Task::Wait(900.0));
    queue.wake();
    assert_eq!(sent(&mut queue, 1.0).len(), 5);
}

#[test]
fn waking_sends_what_was_waiting_for_company() {
    let mut queue = small(50);
    push(&mut queue, 0..1, 0);
    queue.wake();
    assert_eq!(sent(&mut queue, 0.0), [0]);
}

#[test]
fn a_body_that_is_too_large_is_split_until_one_event_is_left() {
    let mut queue = small(4);
    push(&mut queue, 0..4, 0);
    for expected in [4, 2, 1] {
        let batch = send(&mut queue, 0.0);
        assert_eq!(tickets(&queue, &batch).len(), expected);
        let verdict = queue.report(batch, answer(413), 0.5, 0.0);
        assert_eq!(verdict, if expected == 1 { Verdict::Refused } else { Verdict::Kept });
    }
    assert_eq!(queue.len(), 3);
}

#[test]
fn only_400_and_422_refuse_a_batch() {
    for status in 300..600 {
        let mut queue = small(2);
        push(&mut queue, 0..2, 0);
        let batch = send(&mut queue, 0.0);
        let refused = queue.report(batch, answer(status), 0.5, 0.0) == Verdict::Refused;
        assert_eq!(refused, matches!(status, 400 | 422), "{status}");
    }
}

#[test]
fn beyond_the_cap_the_oldest_event_that_is_not_on_its_way_makes_room() {
    let mut queue =
        Queue::new(Policy { batch_events: 2, batch_bytes: 200, cap_bytes: 400, ..Policy::default() });
    push(&mut queue, 0..4, 0);
    let batch = send(&mut queue, 0.0);
    push(&mut queue, 4..5, 0);
    assert_eq!(tickets(&queue, &batch), [0, 1]);
    assert_eq!(queue.make_room(), Some(2));
    assert_eq!(queue.make_room(), None);
    assert_eq!(queue.len(), 4);
}

#[derive(Clone, Debug)]
enum Step {
    Push { bytes: u32, context: u32 },
    Pass(f64),
    Ask,
    Answer { status: u16, retry_after_ms: Option<f64>, random: f64 },
    Wake,
}

fn step() -> impl Strategy<Value = Step> {
    let statuses = prop::sample::select(vec![0_u16, 200, 200, 204, 400, 413, 413, 422, 429, 500, 503]);
    let retry_after = prop::option::of(0.0..90_000.0);
    prop_oneof![
        4 => (1_u32..400, 0_u32..3).prop_map(|(bytes, context)| Step::Push { bytes, context }),
        2 => (0.0..5000.0).prop_map(Step::Pass),
        3 => Just(Step::Ask),
        3 => (statuses, retry_after, 0.0..1.0)
            .prop_map(|(status, retry_after_ms, random)| Step::Answer { status, retry_after_ms, random }),
        1 => Just(Step::Wake),
    ]
}

/// What a careful caller keeps beside the queue.
struct World {
    queue: Queue,
    now: f64,
    flying: Option<Batch>,
    entries: Vec<Entry>,
    ends: Vec<u32>,
    last_sent: Vec<Option<u32>>,
}

impl World {
    fn new() -> Self {
        let policy = Policy { batch_events: 4, batch_bytes: 900, cap_bytes: 4000, ..Policy::default() };
        World {
            queue: Queue::new(policy),
            now: 0.0,
            flying: None,
            entries: vec![],
            ends: vec![],
            last_sent: vec![],
        }
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::Push { bytes, context } => {
                let entry = Entry { ticket: self.entries.len() as u32, bytes, context };
                self.entries.push(entry);
                self.queue.push(entry, self.now);
            }
            Step::Pass(ms) => self.now += ms,
            Step::Ask => self.ask(),
            Step::Answer { status, retry_after_ms, random } => {
                if let Some(batch) = self.flying.take() {
                    self.report(batch, Answer { status, retry_after_ms }, random);
                }
            }
            Step::Wake => self.queue.wake(),
        }
        let dropped: Vec<u32> = core::iter::from_fn(|| self.queue.make_room()).collect();
        let flying: Vec<u32> = self.flying.iter().flat_map(|batch| tickets(&self.queue, batch)).collect();
        assert!(dropped.iter().all(|ticket| !flying.contains(ticket)), "an event on its way was dropped");
        self.ends.extend(dropped);
    }

    fn ask(&mut self) {
        match self.queue.next_task(self.now) {
            Task::Send(batch) => {
                assert!(self.flying.is_none(), "two batches at once");
                self.check(&batch);
                self.flying = Some(batch);
            }
            Task::Wait(ms) => assert!(ms > 0.0 && ms.is_finite()),
            Task::Idle => assert!(self.flying.is_some() || self.queue.is_empty()),
        }
    }

    fn check(&mut self, batch: &Batch) {
        let tickets = tickets(&self.queue, batch);
        let entries: Vec<Entry> = tickets.iter().map(|ticket| self.entries[*ticket as usize]).collect();
        let bytes: u32 = entries.iter().map(|entry| entry.bytes).sum();
        assert!((1..=500).contains(&entries.len()) && (bytes <= 900 || entries.len() == 1));
        assert!(entries.iter().all(|entry| entry.context == entries[0].context));
        assert!(tickets.is_sorted());
        assert!(tickets.iter().all(|ticket| !self.ends.contains(ticket)), "sent after its end");
    }

    fn report(&mut self, batch: Batch, answer: Answer, random: f64) {
        let tickets = tickets(&self.queue, &batch);
        if self.queue.report(batch, answer, random, self.now) != Verdict::Kept {
            self.last_sent.push(tickets.last().copied());
            self.ends.extend(tickets);
        }
    }

    /// The server is well from now on.
    fn drain(&mut self) {
        for _ in 0..10 * self.entries.len() + 10 {
            self.run(Step::Answer { status: 200, retry_after_ms: None, random: 0.5 });
            match self.queue.next_task(self.now) {
                Task::Send(batch) => self.flying = Some(batch),
                Task::Wait(ms) => self.now += ms,
                Task::Idle => break,
            }
        }
    }
}

proptest! {
    #[test]
    fn every_event_ends_exactly_once_whatever_the_server_does(steps in prop::collection::vec(step(), 0..300)) {
        let mut world = World::new();
        steps.into_iter().for_each(|step| world.run(step));
        world.drain();
        prop_assert!(world.queue.is_empty());
        prop_assert!(world.last_sent.is_sorted(), "batches end in the order in which they were pushed");
        world.ends.sort_unstable();
        let all: Vec<u32> = (0..world.entries.len() as u32).collect();
        prop_assert_eq!(world.ends, all);
    }
}
