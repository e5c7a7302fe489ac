//! Which items are described alike: cosine of tf-idf vectors, by inverted lists. Nothing is downloaded and nothing is
//! learnt, so it works for an item that nobody has touched.
//!
//! idf(t) = ln((1 + n) / (1 + df(t))) + 1; an item's vector is √tf · idf of its terms at unit length (Salton, Buckley
//! 1988). Terms of more than a tenth of all items (but at least [`COMMON_MIN`]) say little and cost most: only items that
//! have no others are described by them, so that a film of which one knows that it is a drama is like other such films. Of a
//! longer list than [`LIST_MAX`] only those are compared with for which the term counts most, so that the time grows with
//! the items and not with their square; up to so many it is exact.

use std::collections::HashMap;

use rayon::prelude::*;

use crate::RecipeError;

/// A term of so few items is never too common.
const COMMON_MIN: usize = 50;
/// A list is cut after so many items: those of 1,000 take a row of 10 terms some ten thousand additions, and no row keeps
/// more than fifty neighbours.
const LIST_MAX: usize = 1000;
/// Items are compared in blocks of so many between two reports.
const BLOCK: usize = 1024;

/// For each item `wanted` the most similar ones `among` all with their cosines, strongest first, equal ones by number;
/// never itself. `terms`: \[n_items\].
///
/// For each one at most [`LIST_MAX`] additions per term. `step(done, total)` is called between blocks.
///
/// # Errors
/// What `step` returns.
pub(crate) fn rows(
    terms: &[Vec<String>],
    wanted: &[u32],
    among: impl Fn(u32) -> bool,
    row_length: usize,
    step: &dyn Fn(u64, u64) -> Result<(), RecipeError>,
) -> Result<Vec<Vec<(u32, f32)>>, RecipeError> {
    step(0, wanted.len() as u64)?;
    let vectors = vectors(terms);
    let postings = postings(&vectors, among);
    let mut rows = Vec::with_capacity(wanted.len());
    for block in wanted.chunks(BLOCK) {
        step(rows.len() as u64, wanted.len() as u64)?;
        let new = || vec![0.0f32; terms.len()];
        rows.par_extend(block.par_iter().map_init(new, |sums, &item| {
            let mut row = similar(&vectors[item as usize], &postings, sums);
            row.retain(|&(other, _)| other != item);
            row.truncate(row_length);
            row
        }));
    }
    Ok(rows)
}

/// By term the items it counts most for, with its weight.
fn postings(vectors: &[Vec<(u32, f32)>], among: impl Fn(u32) -> bool) -> Vec<Vec<(u32, f32)>> {
    let n_terms = vectors.iter().flatten().map(|&(term, _)| term as usize + 1).max().unwrap_or(0);
    let mut postings: Vec<Vec<(u32, f32)>> = vec![Vec::new(); n_terms];
    for (item, vector) in (0..).zip(vectors).filter(|&(item, _)| among(item)) {
        vector.iter().for_each(|&(term, weight)| postings[term as usize].push((item, weight)));
    }
    for list in postings.iter_mut().filter(|list| list.len() > LIST_MAX) {
        list.select_nth_unstable_by(LIST_MAX, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        list.truncate(LIST_MAX);
        list.sort_unstable_by_key(|&(item, _)| item);
    }
    postings
}

/// Everything with a term in common, strongest first; leaves `sums` empty.
fn similar(vector: &[(u32, f32)], postings: &[Vec<(u32, f32)>], sums: &mut [f32]) -> Vec<(u32, f32)> {
    let mut reached = Vec::new();
    for &(term, weight) in vector {
        for &(other, other_weight) in &postings[term as usize] {
            if sums[other as usize] == 0.0 {
                reached.push(other);
            }
            sums[other as usize] += weight * other_weight;
        }
    }
    let mut row: Vec<(u32, f32)> =
        reached.into_iter().map(|other| (other, std::mem::take(&mut sums[other as usize]))).collect();
    row.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    row
}

/// (term, weight) of unit length by term, \[n_items\].
fn vectors(terms: &[Vec<String>]) -> Vec<Vec<(u32, f32)>> {
    let mut items_with: HashMap<&str, usize> = HashMap::new();
    let counted: Vec<Vec<(&str, f32)>> = terms.iter().map(|terms| counts(terms)).collect();
    counted.iter().flatten().for_each(|&(term, _)| *items_with.entry(term).or_default() += 1);
    let common = (terms.len() / 10).max(COMMON_MIN);
    let mut kept: Vec<&str> = items_with.iter().filter(|&(_, &n)| n >= 2).map(|(&term, _)| term).collect();
    kept.sort_unstable();
    let numbers: HashMap<&str, u32> = kept.into_iter().zip(0..).collect();
    let weigh = |counts: Vec<(&str, f32)>| {
        let says_more = |&(term, _): &(&str, f32)| (2..=common).contains(&items_with[term]);
        let is_plain = !counts.iter().any(says_more);
        let weight = |(term, count): (&str, f32)| {
            let idf = ((1 + terms.len()) as f32 / (1 + items_with[term]) as f32).ln() + 1.0;
            Some((*numbers.get(term)?, count.sqrt() * idf))
        };
        let counts = counts.into_iter().filter(|count| is_plain || says_more(count));
        let mut vector: Vec<(u32, f32)> = counts.filter_map(weight).collect();
        let length = vector.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
        vector.iter_mut().for_each(|(_, weight)| *weight /= length);
        vector
    };
    counted.into_iter().map(weigh).collect()
}

/// Each term once with how often it occurs, sorted.
fn counts(terms: &[String]) -> Vec<(&str, f32)> {
    let mut sorted: Vec<&str> = terms.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    sorted.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as f32)).collect()
}

/// The words of a text in lower case: runs of letters and digits of any script.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_described_alike_comes_first_and_nothing_is_like_itself() {
        let texts = ["red wool coat", "Red coat!", "blue wool scarf", "", "green tea"];
        let terms: Vec<Vec<String>> = texts.iter().map(|text| words(text).collect()).collect();
        let rows = rows(&terms, &[0, 1, 2, 3, 4], |_| true, 10, &|_, _| Ok(())).unwrap();
        let others = |item: usize| rows[item].iter().map(|&(other, _)| other).collect::<Vec<_>>();
        assert_eq!(others(0), [1, 2]);
        assert_eq!(others(1), [0]);
        assert!(rows[3].is_empty() && rows[4].is_empty());
        assert!(rows.iter().flatten().all(|&(_, cosine)| cosine > 0.0 && cosine < 1.001));
    }

    #[test]
    fn an_item_with_nothing_but_common_terms_is_like_others_of_that_kind_and_changes_no_one_else() {
        let kinds = ["drama", "horror"].map(|kind| vec![kind.to_owned()]);
        let mut terms: Vec<Vec<String>> = (0..200).map(|item| kinds[item % 2].clone()).collect();
        terms[0].push("rare".to_owned());
        terms[1].push("rare".to_owned());
        let rows = rows(&terms, &[0, 150, 151], |_| true, 10, &|_, _| Ok(())).unwrap();
        assert_eq!(rows[0], [(1, 1.0)]);
        for (row, item) in rows[1..].iter().zip([150, 151]) {
            assert!(row.len() == 10 && row.iter().all(|&(other, _)| other % 2 == item % 2 && other > 1));
        }
    }

    /// 20 kinds of 2,000 items, each kind beyond the cut of a list.
    #[test]
    fn large_kinds_keep_their_like_and_the_work_stays_bounded() {
        let kind = |item: u32| item % 20;
        let terms: Vec<Vec<String>> = (0..40_000).map(|item| vec![format!("kind{}", kind(item))]).collect();
        let lists = postings(&vectors(&terms), |_| true);
        assert!(lists.iter().all(|list| list.len() == LIST_MAX));
        let wanted = [7, 39_999];
        let rows = rows(&terms, &wanted, |item| item >= 20_000, 50, &|_, _| Ok(())).unwrap();
        for (item, row) in wanted.into_iter().zip(rows) {
            assert_eq!(row.len(), 50);
            assert!(row.iter().all(|&(other, _)| kind(other) == kind(item) && other >= 20_000));
        }
    }

    #[test]
    fn words_are_runs_of_letters_of_any_script() {
        assert_eq!(words("Füße–2 élan, 映画!").collect::<Vec<_>>(), ["füße", "2", "élan", "映画"]);
    }
}
