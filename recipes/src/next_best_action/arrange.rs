//! From propensities to a list: the likeliest first, and some places for actions about which little is known.

use crate::kernel::mix;

/// An action that may be shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// 0 to 1.
    pub propensity: f64,
    /// What taking it is worth; decides between equal propensities.
    pub value: f64,
    /// Whether it is to be tried out: it is new, or few have answered.
    pub is_trial: bool,
}

/// A place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Which candidate.
    pub candidate: usize,
    /// Whether chance put it there.
    pub is_explored: bool,
}

/// The best `n`. `exploration` is the share of places, 0 to 1, that go to trials which would not have come by themselves;
/// which places and which trials follows from `seed`. Of equal candidates the first comes first.
pub fn arrange(candidates: &[Candidate], n: usize, exploration: f64, seed: u64) -> Vec<Placed> {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    let key = |&at: &usize| (candidates[at].propensity, candidates[at].value);
    order.sort_by(|a, b| {
        let ((p, v), (q, w)) = (key(a), key(b));
        q.total_cmp(&p).then(w.total_cmp(&v)).then(a.cmp(b))
    });
    let mut trials: Vec<usize> =
        order.iter().skip(n).copied().filter(|&at| candidates[at].is_trial).collect();
    trials.sort_by_key(|&at| mix(seed ^ mix(at as u64 + 1)));
    let (mut best, mut trials) = (order.into_iter(), trials.into_iter());
    let mut list: Vec<Placed> = Vec::with_capacity(n.min(candidates.len()));
    for place in 0..n.min(candidates.len()) {
        let draw = mix(seed.wrapping_add(mix(place as u64))) as f64 / u64::MAX as f64;
        let trial = if draw < exploration { trials.next() } else { None };
        let next = match trial {
            Some(candidate) => Some(Placed { candidate, is_explored: true }),
            None => best.next().map(|candidate| Placed { candidate, is_explored: false }),
        };
        list.extend(next);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(propensity: f64, value: f64, is_trial: bool) -> Candidate {
        Candidate { propensity, value, is_trial }
    }

    #[test]
    fn the_likeliest_come_first_and_value_decides_between_equals() {
        let list = [candidate(0.1, 9.0, false), candidate(0.5, 1.0, false), candidate(0.5, 2.0, false)];
        let places: Vec<usize> = arrange(&list, 5, 0.0, 1).iter().map(|placed| placed.candidate).collect();
        assert_eq!(places, [2, 1, 0]);
    }

    #[test]
    fn trials_get_their_share_of_places_and_nobody_comes_twice() {
        let mut list = vec![candidate(0.5, 0.0, false); 20];
        list.extend(vec![candidate(0.0, 0.0, true); 20]);
        let mut explored = 0;
        for seed in 0..1000 {
            let placed = arrange(&list, 10, 0.2, seed);
            let mut ids: Vec<usize> = placed.iter().map(|placed| placed.candidate).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), 10);
            assert!(placed.iter().all(|placed| placed.is_explored == list[placed.candidate].is_trial));
            explored += placed.iter().filter(|placed| placed.is_explored).count();
        }
        assert!((1700..2300).contains(&explored), "{explored}");
        assert_eq!(arrange(&list, 10, 0.2, 7), arrange(&list, 10, 0.2, 7));
    }

    #[test]
    fn nothing_to_show_is_an_empty_list() {
        assert!(arrange(&[], 5, 1.0, 0).is_empty());
        assert!(arrange(&[candidate(0.5, 0.0, true)], 0, 1.0, 0).is_empty());
    }
}
