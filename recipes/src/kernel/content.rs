//! Which items are described alike: cosine of tf-idf vectors, exact, by inverted lists. Nothing is downloaded and
//! nothing is learnt, so it works for an item that nobody has touched.
//!
//! idf(t) = ln((1 + n) / (1 + df(t))) + 1; an item's vector is √tf · idf of its terms at unit length (Salton, Buckley
//! 1988). Terms of more than a tenth of all items (but at least [`COMMON_MIN`]) say little and cost most: left out.

use std::collections::HashMap;

use rayon::prelude::*;

use crate::RecipeError;

/// A term of so few items is never too common.
const COMMON_MIN: usize = 50;
/// Items are compared in blocks of so many between two reports.
const BLOCK: usize = 1024;

/// For each item `wanted` the most similar others with their cosines, strongest first, equal ones by number. `terms`:
/// \[n_items\].
///
/// For each one at most terms per item · n / 10 additions. `step(done, total)` is called between blocks.
///
/// # Errors
/// What `step` returns.
pub(crate) fn rows(
    terms: &[Vec<String>],
    wanted: &[u32],
    row_length: usize,
    step: &dyn Fn(u64, u64) -> Result<(), RecipeError>,
) -> Result<Vec<Vec<(u32, f32)>>, RecipeError> {
    let vectors = vectors(terms);
    let n_terms = vectors.iter().flatten().map(|&(term, _)| term as usize + 1).max().unwrap_or(0);
    let mut postings: Vec<Vec<(u32, f32)>> = vec![Vec::new(); n_terms];
    for (item, vector) in (0..).zip(&vectors) {
        vector.iter().for_each(|&(term, weight)| postings[term as usize].push((item, weight)));
    }
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
    let mut kept: Vec<&str> =
        items_with.iter().filter(|&(_, &n)| (2..=common).contains(&n)).map(|(&term, _)| term).collect();
    kept.sort_unstable();
    let numbers: HashMap<&str, u32> = kept.into_iter().zip(0..).collect();
    let weigh = |counts: Vec<(&str, f32)>| {
        let weight = |(term, count): (&str, f32)| {
            let idf = ((1 + terms.len()) as f32 / (1 + items_with[term]) as f32).ln() + 1.0;
            Some((*numbers.get(term)?, count.sqrt() * idf))
        };
        let mut vector: Vec<(u32, f32)> = counts.into_iter().filter_map(weight).collect();
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
        let rows = rows(&terms, &[0, 1, 2, 3, 4], 10, &|_, _| Ok(())).unwrap();
        let others = |item: usize| rows[item].iter().map(|&(other, _)| other).collect::<Vec<_>>();
        assert_eq!(others(0), [1, 2]);
        assert_eq!(others(1), [0]);
        assert!(rows[3].is_empty() && rows[4].is_empty());
        assert!(rows.iter().flatten().all(|&(_, cosine)| cosine > 0.0 && cosine < 1.001));
    }

    #[test]
    fn words_are_runs_of_letters_of_any_script() {
        assert_eq!(words("Füße–2 élan, 映画!").collect::<Vec<_>>(), ["füße", "2", "élan", "映画"]);
    }
}
