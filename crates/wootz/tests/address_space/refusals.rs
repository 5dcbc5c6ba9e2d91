//! Where the system gives no more: errors that say what to do, in processes with a limit on their address space.

use wootz::{CheckStrategy, Engine, Error, MemoryPool, MemoryType, PoolConfig};

use super::{config, engine, instantiate, run};

/// A limit that leaves room for the compiler and not for a guarded memory.
const LIMIT: &str = "ulimit -v 4000000;";

const SMALL: &str = r#"(module (memory (export "memory") 1)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;

/// Leaves room for four gigabytes and small guards, and not for the usual ones.
const LIMIT_OF_GUARDS: &str = "ulimit -v 7500000;";

/// What a child does, if the case is one of here.
pub(super) fn child(case: &str) -> bool {
    match case {
        "guarded" => {
            let error = instantiate(&engine(CheckStrategy::Guard), SMALL).unwrap_err();
            println!("error: {error}");
            // The process is as good as before: without guards there is room.
            assert!(instantiate(&engine(CheckStrategy::Explicit), SMALL).is_ok());
        }
        "small-guards" => {
            let usual = instantiate(&engine(CheckStrategy::Guard), SMALL).unwrap_err();
            let small = config(CheckStrategy::Guard).guard_size(0).guard_size_before(0);
            let (mut store, instance) = instantiate(&Engine::new(&small), SMALL).unwrap();
            let grow = instance.get_typed_func::<i32, i32>(&store, "grow").unwrap();
            assert_eq!(grow.call(&mut store, 60000).unwrap(), 1);
            println!("error: {usual}");
        }
        "explicit" => {
            let wat = "(module (memory 65535))";
            let error = instantiate(&engine(CheckStrategy::Explicit), wat).unwrap_err();
            println!("error: {error}");
        }
        "grow" => {
            let (mut store, instance) = instantiate(&engine(CheckStrategy::Explicit), SMALL).unwrap();
            let grow = instance.get_typed_func::<i32, i32>(&store, "grow").unwrap();
            assert_eq!(grow.call(&mut store, 65000).unwrap(), -1);
            assert_eq!(grow.call(&mut store, 15).unwrap(), 1);
            assert_eq!(grow.call(&mut store, 1000).unwrap(), 16);
            println!("error: none");
        }
        "pool" => {
            let error = MemoryPool::new(&PoolConfig::default()).unwrap_err();
            println!("error: {error}");
        }
        "host" => {
            let mut store = wootz::Store::new(&engine(CheckStrategy::Guard), ());
            let ty =
                MemoryType { memory64: false, shared: false, minimum: 1, maximum: None, page_size_log2: 16 };
            let error = wootz::Memory::new(&mut store, ty).unwrap_err();
            assert!(matches!(error, Error::Memory(_)));
            println!("error: {error}");
        }
        _ => return false,
    }
    true
}

#[test]
fn a_refused_reservation_is_an_error_with_advice() {
    for (case, advice) in [
        (
            "guarded",
            "raise the limit on virtual memory (ulimit -v) or on mappings (vm.max_map_count), use smaller guards, or use \
             explicit checks",
        ),
        ("explicit", "raise the limit on virtual memory (ulimit -v), or let the module start with less"),
        ("pool", "use fewer or smaller slots, or raise the limit on virtual memory (ulimit -v)"),
        ("host", "or use explicit checks"),
        ("grow", "none"),
    ] {
        says(case, LIMIT, advice);
    }
}

#[test]
fn smaller_guards_fit_where_the_usual_ones_do_not() {
    says("small-guards", LIMIT_OF_GUARDS, "use smaller guards");
}

fn says(case: &str, limit: &str, advice: &str) {
    let output = run(case, limit);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{case}: {output:?}");
    assert!(text.contains("error: ") && text.contains(advice), "{case}: {text}");
}
