//! What a delta says, one step after the other, in numbers of varying length.

use alloc::vec::Vec;

use super::Kind;

/// A shorter copy says less than the bytes themselves. Ours: a step takes two to four.
const WORTH_A_STEP: usize = 6;

/// One step under construction. All of them together cover the new pack without holes.
#[derive(Clone, Copy, Debug)]
struct Step {
    kind: Kind,
    /// Where it reads in the old pack.
    from: usize,
    /// Where it writes in the new one, and how many bytes.
    at: usize,
    length: usize,
    /// What a shift adds.
    added: i64,
}

/// Steps that were put together so far.
pub(super) struct Steps {
    steps: Vec<Step>,
    /// Bytes per position in the old pack and in the new one.
    widths: [usize; 2],
    end: usize,
}

impl Steps {
    pub(super) fn new(widths: [usize; 2]) -> Self {
        Self { steps: Vec::new(), widths, end: 0 }
    }

    /// The next bytes are new.
    pub(super) fn new_bytes(&mut self, length: usize) {
        self.push(Step { kind: Kind::New, from: 0, at: self.end, length, added: 0 });
    }

    /// The next bytes of the new pack are made of the old one from `from` on.
    pub(super) fn old(&mut self, kind: Kind, from: usize, length: usize, added: i64) {
        self.push(Step { kind, from, at: self.end, length, added });
    }

    fn push(&mut self, step: Step) {
        if step.length == 0 {
            return;
        }
        self.end = step.at + step.length;
        if self.steps.last().is_some_and(|last| self.goes_on(last, &step)) {
            let last = self.steps.last_mut().expect("it was just looked at");
            last.length += step.length;
            return;
        }
        if self.steps.last().is_some_and(|last| last.kind != Kind::New && last.length < WORTH_A_STEP) {
            self.give_up_last();
            return self.push(step);
        }
        self.steps.push(step);
    }

    fn goes_on(&self, last: &Step, step: &Step) -> bool {
        let is_next =
            step.kind == Kind::New || self.source_end(last) == step.from && last.added == step.added;
        last.kind == step.kind && is_next
    }

    /// Where the step after this one would read.
    fn source_end(&self, step: &Step) -> usize {
        let read = match step.kind {
            Kind::Move => step.length / self.widths[1] * self.widths[0],
            _ => step.length,
        };
        step.from + read
    }

    /// What was too short to be said becomes new bytes.
    fn give_up_last(&mut self) {
        let last = self.steps.pop().expect("whoever calls has seen it");
        let new = Step { kind: Kind::New, ..last };
        match self.steps.last_mut() {
            Some(before) if before.kind == Kind::New => before.length += new.length,
            _ => self.steps.push(new),
        }
    }

    /// The bytes of all steps, which make `target`.
    pub(super) fn encode(mut self, target: &[u8], out: &mut Vec<u8>) {
        if self.steps.last().is_some_and(|last| last.kind != Kind::New && last.length < WORTH_A_STEP) {
            self.give_up_last();
        }
        let mut read = 0;
        for step in &self.steps {
            let count = match step.kind {
                Kind::New | Kind::Copy => step.length,
                Kind::Shift => step.length / 4,
                Kind::Move => step.length / self.widths[1],
            };
            number(out, (count as u64) << 2 | step.kind as u64);
            if step.kind == Kind::New {
                out.extend_from_slice(&target[step.at..][..step.length]);
                continue;
            }
            signed(out, step.from as i64 - read as i64);
            read = self.source_end(step);
            if step.kind == Kind::Shift {
                signed(out, step.added);
            }
        }
    }
}

/// Seven bits a byte, lowest first; the highest bit says that there is more.
pub(super) fn number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 128 {
        out.push(number as u8 | 128);
        number >>= 7;
    }
    out.push(number as u8);
}

/// 0, −1, 1, −2 as 0, 1, 2, 3.
pub(super) fn signed(out: &mut Vec<u8>, value: i64) {
    number(out, ((value << 1) ^ (value >> 63)) as u64);
}
