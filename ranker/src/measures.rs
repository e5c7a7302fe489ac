//! "What is this list like, relevance aside?"

use alloc::vec;

use crate::pool::Pool;
use crate::scorer::Scorer;
use crate::{ItemIndex, Pack};

/// Numbers from 0 to 1; 0 for an empty list.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measures {
    /// Mean of 1 − popularity, which is self-information where popularity is logarithmic (Zhou et al. 2010).
    pub novelty: f32,
    /// 1 − mean likeness of two items of the list (Ziegler et al. 2005).
    pub diversity: f32,
    /// Mean of 1 − the largest likeness to an item of the history (Kaminskas and Bridge 2016, unexpectedness).
    pub serendipity: f32,
    /// Share of the words of the column that occur in the list; 0 without a column.
    pub coverage: f32,
}

impl Scorer {
    /// The measures of a list for the visitor whose history was taken in. Likeness is that of the words of a category
    /// column, or without one that of the vectors.
    pub fn measures(&self, pack: &Pack, list: &[ItemIndex], column: Option<usize>) -> Measures {
        let n = list.len();
        if n == 0 {
            return Measures::default();
        }
        let mut items = list.to_vec();
        items.extend(self.seen().iter().map(|event| event.item));
        let pool = Pool::new(pack, column, &items);
        let mut sums = Measures::default();
        let mut pairs = 0.0;
        for place in 0..n {
            pairs += (0..place).map(|other| pool.likeness(place, other)).sum::<f32>();
            sums.novelty += (1.0 - pack.popularity(items[place])).clamp(0.0, 1.0);
            let nearest = (n..items.len()).map(|seen| pool.likeness(place, seen)).fold(0.0, f32::max);
            sums.serendipity += 1.0 - nearest;
        }
        Measures {
            novelty: sums.novelty / n as f32,
            diversity: if n > 1 { 1.0 - pairs / (n * (n - 1) / 2) as f32 } else { 0.0 },
            serendipity: sums.serendipity / n as f32,
            coverage: column.map_or(0.0, |column| coverage(pack, column, list)),
        }
    }
}

fn coverage(pack: &Pack, column: usize, list: &[ItemIndex]) -> f32 {
    let mut met = vec![false; pack.n_words(column)];
    list.iter().for_each(|&item| pack.words(column, item).for_each(|word| met[word] = true));
    met.iter().filter(|met| **met).count() as f32 / met.len().max(1) as f32
}
