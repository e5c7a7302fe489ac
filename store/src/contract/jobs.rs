use std::sync::Arc;

use crate::{JobQueue, StoreError};

const KINDS: &[&str] = &["import", "train"];

/// The contract of [`JobQueue`].
pub fn jobs(fresh: &dyn Fn() -> Arc<dyn JobQueue>) {
    jobs_are_leased_in_order_and_once(&*fresh());
    a_lease_that_ran_out_is_given_again_with_the_next_attempt(&*fresh());
    a_renewed_lease_holds(&*fresh());
    a_finished_job_is_gone(&*fresh());
    a_job_waits_for_who_takes_its_kind(&*fresh());
}

fn jobs_are_leased_in_order_and_once(queue: &dyn JobQueue) {
    assert_eq!(queue.lease(KINDS, 0, 10).expect("lease"), None);
    let first = queue.push("import", "arn:1").expect("push");
    let second = queue.push("train", "arn:2").expect("push");
    let job = queue.lease(KINDS, 0, 10).expect("lease").expect("a job");
    assert_eq!((job.id, job.kind.as_str(), job.subject.as_str(), job.attempt), (first, "import", "arn:1", 0));
    assert_eq!(queue.lease(KINDS, 0, 10).expect("lease").expect("a job").id, second);
    assert_eq!(queue.lease(KINDS, 9, 10).expect("lease"), None);
}

fn a_lease_that_ran_out_is_given_again_with_the_next_attempt(queue: &dyn JobQueue) {
    queue.push("train", "arn:1").expect("push");
    for attempt in 0..3 {
        let job = queue.lease(KINDS, i64::from(attempt) * 10, 10).expect("lease").expect("a job");
        assert_eq!(job.attempt, attempt);
    }
}

fn a_renewed_lease_holds(queue: &dyn JobQueue) {
    let id = queue.push("train", "arn:1").expect("push");
    queue.lease(KINDS, 0, 10).expect("lease");
    queue.renew(id, 50).expect("renew");
    assert_eq!(queue.lease(KINDS, 49, 10).expect("lease"), None);
    assert!(queue.lease(KINDS, 50, 10).expect("lease").is_some());
}

fn a_finished_job_is_gone(queue: &dyn JobQueue) {
    let id = queue.push("train", "arn:1").expect("push");
    queue.lease(KINDS, 0, 10).expect("lease");
    queue.finish(id).expect("finish");
    queue.finish(id).expect("finish again");
    assert!(matches!(queue.renew(id, 99), Err(StoreError::Missing { .. })));
    assert_eq!(queue.lease(KINDS, 99, 10).expect("lease"), None);
    assert_ne!(queue.push("train", "arn:1").expect("push"), id);
}

fn a_job_waits_for_who_takes_its_kind(queue: &dyn JobQueue) {
    let first = queue.push("infer", "arn:1").expect("push");
    let second = queue.push("train", "arn:2").expect("push");
    let lease = |kinds: &[&str]| queue.lease(kinds, 0, 10).expect("lease").map(|job| job.id);
    assert_eq!(lease(&["train", "import"]), Some(second));
    assert_eq!(lease(&["train", "import"]), None);
    assert_eq!(lease(&[]), None);
    assert_eq!(lease(&["segment", "infer"]), Some(first));
}
