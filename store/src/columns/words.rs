use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::{StringDictionaryBuilder, StringViewBuilder};
use arrow_array::types::Int32Type;

/// A column of texts. The records of a call follow each other and say the same of many things: such a run is added at once.
pub(super) struct Words {
    known: Known,
    last: String,
    is_absent: bool,
    /// How often the last one is still to be added.
    run: usize,
}

enum Known {
    /// Each text stands there once, and has a number.
    Numbered(StringDictionaryBuilder<Int32Type>),
    /// Each run stands there once: the writer of a file numbers its texts itself.
    InRuns(StringViewBuilder),
    /// Nobody asked for it.
    Unwanted,
}

impl Words {
    pub(super) fn numbered() -> Self {
        Self::new(Known::Numbered(StringDictionaryBuilder::new()))
    }

    pub(super) fn in_runs() -> Self {
        Self::new(Known::InRuns(StringViewBuilder::new()))
    }

    pub(super) fn unwanted() -> Self {
        Self::new(Known::Unwanted)
    }

    fn new(known: Known) -> Self {
        Self { known, last: String::new(), is_absent: false, run: 0 }
    }

    /// Adds it so many times.
    pub(super) fn append(&mut self, text: Option<&str>, times: usize) {
        if matches!(self.known, Known::Unwanted) {
            return;
        }
        let is_same =
            self.run > 0 && self.is_absent == text.is_none() && self.last == text.unwrap_or_default();
        if !is_same {
            self.flush();
            self.last.clear();
            self.last.push_str(text.unwrap_or_default());
            self.is_absent = text.is_none();
        }
        self.run += times;
    }

    /// Adds it once, where it is seldom the same as the one before.
    pub(super) fn append_alone(&mut self, text: Option<&str>) {
        self.flush();
        match &mut self.known {
            Known::Numbered(known) => known.append_option(text),
            Known::InRuns(known) => known.append_option(text),
            Known::Unwanted => {}
        }
    }

    /// Adds it once. `before` is the one before it in the same call: the very same text need not be compared.
    pub(super) fn append_next<'a>(&mut self, text: Option<&Cow<'a, str>>, before: &mut Option<&'a str>) {
        let now = match text {
            Some(Cow::Borrowed(text)) => Some(*text),
            _ => None,
        };
        match (now, *before) {
            (Some(now), Some(before)) if std::ptr::eq(now, before) => self.run += 1,
            _ => self.append(text.map(|text| &**text), 1),
        }
        *before = now;
    }

    /// `None` if nobody asked for it.
    pub(super) fn finish(&mut self) -> Option<ArrayRef> {
        self.flush();
        match &mut self.known {
            Known::Numbered(known) => Some(Arc::new(known.finish())),
            Known::InRuns(known) => Some(Arc::new(known.finish())),
            Known::Unwanted => None,
        }
    }

    fn flush(&mut self) {
        let text = (!self.is_absent).then_some(&self.last);
        match (&mut self.known, std::mem::take(&mut self.run), text) {
            (_, 0, _) | (Known::Unwanted, ..) => {}
            (Known::Numbered(known), run, Some(text)) => known.append_values(text, run),
            (Known::Numbered(known), run, None) => known.append_nulls(run),
            (Known::InRuns(known), run, Some(text)) => {
                known.try_append_value_n(text, run).expect("a text is far shorter than 4 GiB");
            }
            (Known::InRuns(known), run, None) => (0..run).for_each(|_| known.append_null()),
        }
    }
}
