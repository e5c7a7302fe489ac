//! Files of lines: each line of the input is one JSON object, and each becomes one line of the output. An output file is
//! there when it is whole, and not before.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::error::ApiError;
use crate::jobs::put_in_place;

/// Bytes of one line: five hundred ids of 256 characters, and room for the rest.
const MAX_LINE: usize = 1 << 20;

/// A line of the input.
pub(super) enum Line {
    /// As it was sent, an object.
    Asked(Value),
    /// Not a JSON object: as it was sent, and why.
    Broken(Value, String),
}

/// The files behind a location: itself, or every `.json` and `.jsonl` in the folder in order of name.
pub(super) fn files(location: &str) -> Result<Vec<PathBuf>, ApiError> {
    let path = path_of(location);
    if path.is_file() {
        return Ok(vec![path]);
    }
    let wrong =
        |why: &dyn std::fmt::Display| ApiError::Invalid(format!("Invalid S3 input path. {location}: {why}"));
    let entries = fs::read_dir(&path).map_err(|error| wrong(&error))?;
    let is_input = |file: &PathBuf| file.extension().is_some_and(|end| end == "json" || end == "jsonl");
    let mut files: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_input).collect();
    files.sort();
    if files.is_empty() { Err(wrong(&"there is no .json file in it")) } else { Ok(files) }
}

/// The path behind `file://`.
pub(super) fn path_of(location: &str) -> PathBuf {
    PathBuf::from(location.strip_prefix("file://").unwrap_or(location))
}

/// Bytes of all files together.
pub(super) fn bytes(files: &[PathBuf]) -> u64 {
    files.iter().map(|file| fs::metadata(file).map_or(0, |metadata| metadata.len())).sum()
}

/// Hands each line that is not empty to `each`, with the bytes that were read before it, as long as it wants more.
pub(super) fn read(
    file: &Path,
    each: &mut dyn FnMut(Line, u64) -> Result<bool, ApiError>,
) -> Result<bool, ApiError> {
    let wrong = |error: std::io::Error| {
        ApiError::Invalid(format!("Invalid S3 input path. {}: {error}", file.display()))
    };
    let mut reader = BufReader::new(File::open(file).map_err(wrong)?);
    let (mut text, mut before) = (Vec::new(), 0);
    loop {
        text.clear();
        let length = reader.read_until(b'\n', &mut text).map_err(wrong)?;
        if length == 0 {
            return Ok(true);
        }
        let is_empty = text.iter().all(u8::is_ascii_whitespace);
        if !is_empty && !each(line(&text), before)? {
            return Ok(false);
        }
        before += length as u64;
    }
}

fn line(text: &[u8]) -> Line {
    let read = if text.len() > MAX_LINE { None } else { serde_json::from_slice(text).ok() };
    match read {
        Some(asked @ Value::Object(_)) => Line::Asked(asked),
        _ => {
            let shown: String = String::from_utf8_lossy(text).trim_end().chars().take(1000).collect();
            Line::Broken(shown.into(), "the line is not a JSON object of at most a megabyte".to_owned())
        }
    }
}

/// One line of the output, as the service writes it.
pub(super) fn told(asked: &Value, output: &Value, error: Option<&str>) -> Value {
    let error = error.map(|error| format!("User error: {error}"));
    json!({ "input": asked, "output": output, "error": error })
}

/// An output file under way. It is gone unless it was finished.
pub(super) struct Output {
    writer: BufWriter<File>,
    partial: PathBuf,
    whole: PathBuf,
}

impl Output {
    /// `<folder>/<name of the input file>.out`; the folder is made if need be.
    pub(super) fn beside(folder: &Path, input: &Path) -> Result<Self, ApiError> {
        let name = input.file_name().unwrap_or_default().to_string_lossy();
        let (whole, partial) = (folder.join(format!("{name}.out")), folder.join(format!(".{name}.partial")));
        let made = fs::create_dir_all(folder).and_then(|()| File::create(&partial));
        let file = made.map_err(|error| unwritten(&whole, &error))?;
        Ok(Self { writer: BufWriter::new(file), partial, whole })
    }

    pub(super) fn push(&mut self, line: &Value) -> Result<(), ApiError> {
        writeln!(self.writer, "{line}").map_err(|error| unwritten(&self.whole, &error))
    }

    /// Puts the file in its place, durably.
    pub(super) fn finish(mut self) -> Result<(), ApiError> {
        let put = self.writer.flush().and_then(|()| self.writer.get_ref().sync_all());
        put.and_then(|()| put_in_place(&self.partial, &self.whole))
            .map_err(|error| unwritten(&self.whole, &error))
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // Finished, it has its other name already.
        let _ = fs::remove_file(&self.partial);
    }
}

fn unwritten(path: &Path, error: &std::io::Error) -> ApiError {
    ApiError::Invalid(format!("Invalid S3 output path. {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(bool, u64)> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("users.json");
        fs::write(&file, text).unwrap();
        let mut read_lines = Vec::new();
        let mut each = |line: Line, before| {
            read_lines.push((matches!(line, Line::Asked(_)), before));
            Ok(true)
        };
        assert!(read(&file, &mut each).unwrap());
        read_lines
    }

    #[test]
    fn every_line_is_an_object_or_said_to_be_none_and_empty_ones_are_passed_over() {
        assert_eq!(
            lines("{\"userId\":\"1\"}\n\n[1]\r\n{\"userId\":\n{}"),
            [(true, 0), (false, 16), (false, 21), (true, 32)]
        );
    }

    #[test]
    fn an_output_file_is_whole_or_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("new/folder");
        let input = folder.path().join("users.json");
        let mut dropped = Output::beside(&out, &input).unwrap();
        dropped.push(&json!({"a": 1})).unwrap();
        drop(dropped);
        assert_eq!(fs::read_dir(&out).unwrap().count(), 0);
        let mut finished = Output::beside(&out, &input).unwrap();
        finished.push(&told(&json!({"userId": "1"}), &json!({}), None)).unwrap();
        finished.finish().unwrap();
        let text = fs::read_to_string(out.join("users.json.out")).unwrap();
        assert_eq!(text, "{\"input\":{\"userId\":\"1\"},\"output\":{},\"error\":null}\n");
        assert_eq!(fs::read_dir(&out).unwrap().count(), 1);
    }

    #[test]
    fn what_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for location in [folder.path().join("none.json"), folder.path().to_owned()] {
            let refused = files(&format!("file://{}", location.display())).unwrap_err().to_string();
            assert!(refused.starts_with("Invalid S3 input path."), "{refused}");
        }
    }
}
