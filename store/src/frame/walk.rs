use std::ops::Range;

use super::{Frame, Seed};

/// What a walk over a row of frames meets.
#[derive(Debug)]
pub(crate) enum Piece<'a> {
    Frame {
        /// Where it starts.
        at: usize,
        frame: Frame<'a>,
    },
    /// Bytes that are no frame; an empty range where records are missing between two sound frames.
    Damage(Range<usize>),
}

/// Walks over frames and finds the next sound one behind damage.
///
/// Origins and bodies are JSON text, in which no zero byte occurs, and the offset of a frame always holds some: so the image of a
/// frame inside a body is never taken for one.
#[derive(Debug)]
pub(crate) struct Frames<'a> {
    bytes: &'a [u8],
    seed: Seed,
    pub(crate) at: usize,
    /// The offset that the next frame should start with.
    pub(crate) expected: u64,
}

impl<'a> Frames<'a> {
    pub(crate) fn new(bytes: &'a [u8], at: usize, expected: u64, seed: Seed) -> Self {
        Self { bytes, seed, at: at.min(bytes.len()), expected }
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.at == self.bytes.len() {
            return None;
        }
        let start = self.at;
        // No more records can be missing than there are bytes. What is read a few bytes beside the start of a frame says more,
        // and megabytes to be summed up: where an old segment lies behind the end that would be the work of minutes.
        let offsets = self.expected..=self.expected.saturating_add(self.bytes.len() as u64);
        let found = (start..self.bytes.len())
            .find_map(|at| Some((at, Frame::decode(&self.bytes[at..], &offsets, self.seed)?)));
        Some(match found {
            Some((at, frame)) if at == start && frame.first == self.expected => {
                self.at = at + frame.bytes;
                self.expected = frame.end();
                Piece::Frame { at, frame }
            }
            Some((at, frame)) => {
                self.at = at;
                self.expected = frame.first;
                Piece::Damage(start..at)
            }
            None => {
                self.at = self.bytes.len();
                Piece::Damage(start..self.bytes.len())
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::FrameWriter;
    use crate::{Batch, Record};

    #[test]
    fn a_frame_is_found_as_far_on_as_records_may_be_missing_and_no_further() {
        let (seed, mut frames) = (Seed::of(0), FrameWriter::default());
        frames.add(&Batch::from(vec![Record::new(0, "a record")]), 1000);
        let bytes = frames.finish(seed);
        let is_found = |expected| {
            Frames::new(bytes, 0, expected, seed).any(|piece| matches!(piece, Piece::Frame { .. }))
        };
        let far = 1000 - bytes.len() as u64;
        assert_eq!([1001, 1000, far, far - 1].map(is_found), [false, true, true, false]);
    }
}
