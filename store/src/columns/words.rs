use arrow_array::DictionaryArray;
use arrow_array::builder::StringDictionaryBuilder;
use arrow_array::types::Int32Type;

/// A column of texts, each of which stands there once. The records of a call follow each other and say the same of many
/// things: such a run is looked up once.
#[derive(Default)]
pub(super) struct Words {
    known: StringDictionaryBuilder<Int32Type>,
    last: String,
    is_absent: bool,
    /// How often the last one is still to be added.
    run: usize,
}

impl Words {
    pub(super) fn append(&mut self, text: Option<&str>) {
        let is_same =
            self.run > 0 && self.is_absent == text.is_none() && self.last == text.unwrap_or_default();
        if !is_same {
            self.flush();
            self.last.clear();
            self.last.push_str(text.unwrap_or_default());
            self.is_absent = text.is_none();
        }
        self.run += 1;
    }

    pub(super) fn finish(&mut self) -> DictionaryArray<Int32Type> {
        self.flush();
        self.known.finish()
    }

    fn flush(&mut self) {
        match std::mem::take(&mut self.run) {
            0 => {}
            run if self.is_absent => self.known.append_nulls(run),
            run => self.known.append_values(&self.last, run),
        }
    }
}
