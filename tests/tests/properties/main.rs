//! Properties of single instructions, over random operands and those at the ends of things (proptest).
//!
//! | file | says |
//! |---|---|
//! | `operators` | an operator gives what another engine says it does: of constants and of loaded operands, at every level |
//! | `loops` | loops over arrays around the ends of a memory do what another engine says, traps and memory included |
//! | `searches` | loops that search memory find what another engine finds, or trap where it does |
//! | `blocks` | of accesses of the same addresses one after another the first that is outside traps, at its place, with all effects before it |
//! | `bounds` | accesses and bulk operations trap exactly when they reach past the end, and then change nothing |

mod blocks;
mod bounds;
mod loops;
mod operators;
mod outcomes;
mod searches;

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// A runner whose cases are the same in every run. More cases than the test's own number come with `PROPTEST_CASES`.
fn runner(cases: u32) -> TestRunner {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    let config = Config {
        cases: asked.unwrap_or(cases),
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]))
}
