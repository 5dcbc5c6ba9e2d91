//! The short form of `cargo xtask soak`. In a process of its own, since it counts what the process takes.

use wootz::CheckStrategy;
use wootz_tests::soak::{cycles, lazy_cycles, live};

#[test]
fn instances_cost_little_and_leave_nothing() {
    // First, so that nothing can hide in what live instances leave to the allocator.
    for checks in [CheckStrategy::Guard, CheckStrategy::Explicit] {
        for pooled in [false, true] {
            let samples = cycles(checks, 3000, pooled).unwrap();
            let ((_, first), (_, last)) = (samples[1], samples[samples.len() - 1]);
            assert!(last.mappings <= first.mappings + 8, "{checks:?}: {samples:?}");
            assert!(last.resident <= first.resident + (2 << 20), "{checks:?}: {samples:?}");
        }
    }
    for debug in [false, true] {
        let samples = lazy_cycles(600, debug).unwrap();
        let ((_, first), (_, last)) = (samples[1], samples[samples.len() - 1]);
        assert!(last.mappings <= first.mappings + 16, "{samples:?}");
        assert!(last.own <= first.own + (3 << 20), "{samples:?}");
        assert!(last.registrations <= 8, "{samples:?}");
    }
    for (checks, count, mappings) in
        [(CheckStrategy::Guard, 1000, 3000), (CheckStrategy::Explicit, 5000, 300)]
    {
        let result = live(checks, count).unwrap();
        // Two pages of the memory that are written to, and the store.
        assert!(result.resident_each() < 20 << 10, "{checks:?}: {result:?}");
        assert!(result.with.mappings - result.before.mappings < mappings, "{checks:?}: {result:?}");
    }
}
