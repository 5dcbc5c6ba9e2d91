//! The short form of `cargo xtask stress`.

use std::time::Duration;

use wootz_tests::stress;

#[test]
fn threads_contend_and_keep_their_order() {
    let summary = stress::run(Duration::from_secs(4)).unwrap_or_else(|error| panic!("{error:#}"));
    assert!(summary.rounds >= 4 && summary.traps >= 320 && summary.grown >= 252, "{summary:?}");
    assert!(summary.litmus.iter().all(|(_, runs, _)| *runs >= 4096), "{summary:?}");
}
