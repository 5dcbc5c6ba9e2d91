//! What a command of a script claims, compared with what happened.

use wast::WastRet;
use wootz_engine::{Engine, Error, Instance, ModuleErrorKind, Store};

use super::script::{Done, Given};
use super::values::{Shown, matches};

/// Whether a command did what it should.
pub(super) enum Verdict {
    Passed,
    /// With what was expected and what came instead.
    Failed(String),
    /// It was not executed.
    Skipped,
}

impl Verdict {
    pub(super) fn expect(holds: bool, message: impl FnOnce() -> String) -> Self {
        if holds { Self::Passed } else { Self::Failed(message()) }
    }
}

/// An action, or a definition, whose results nobody asks for.
pub(super) fn completes(done: Done) -> Verdict {
    match done {
        Done::Results(_) => Verdict::Passed,
        other => Verdict::Failed(format!("should succeed, but {}", happened(&other))),
    }
}

/// `assert_return`.
pub(super) fn returns(store: &Store<()>, done: Done, expected: &[WastRet<'_>]) -> Verdict {
    let Done::Results(results) = done else {
        return Verdict::Failed(format!("expected {expected:?}, but {}", happened(&done)));
    };
    let equal = results.len() == expected.len()
        && results.iter().zip(expected).all(|(value, expected)| matches(store, *value, expected));
    Verdict::expect(equal, || format!("expected {expected:?}, got {}", Shown(&results)))
}

/// `assert_trap` and `assert_exhaustion`.
pub(super) fn traps(done: Done, expected: &str) -> Verdict {
    let Done::Error(Error::Trap(trap)) = &done else {
        return Verdict::Failed(format!("expected the trap {expected:?}, but {}", happened(&done)));
    };
    let message = trap.code.message();
    let same = message.starts_with(without_index(expected));
    Verdict::expect(same, || format!("expected the trap {expected:?}, got {message:?}"))
}

/// The suite gives the index of an uninitialized element in two of its 1800 assertions about one. A trap of ours says
/// where in the module it happened and has no operands.
fn without_index(message: &str) -> &str {
    match message.rsplit_once(' ') {
        Some((rest @ "uninitialized element", _)) => rest,
        _ => message,
    }
}

/// `assert_unlinkable`.
pub(super) fn unlinkable(instantiated: Result<Instance, Done>, expected: &str) -> Verdict {
    match instantiated {
        Err(Done::Error(Error::Link(error))) => {
            let message = error.to_string();
            let same = message.starts_with(expected);
            Verdict::expect(same, || format!("expected not to link: {expected:?}, got {message:?}"))
        }
        Err(other) => {
            Verdict::Failed(format!("expected not to link: {expected:?}, but {}", happened(&other)))
        }
        Ok(_) => Verdict::Failed(format!("expected not to link: {expected:?}, but it did")),
    }
}

/// `assert_invalid`. The suite's own text can also be refused by its encoder, for example where a name is unknown.
pub(super) fn invalid(engine: &Engine, module: Result<Given, wast::Error>, expected: &str) -> Verdict {
    refused(engine, module, expected, &[ModuleErrorKind::Invalid, ModuleErrorKind::Text])
}

/// `assert_malformed`.
pub(super) fn malformed(engine: &Engine, module: Result<Given, wast::Error>, expected: &str) -> Verdict {
    refused(engine, module, expected, &[ModuleErrorKind::Malformed, ModuleErrorKind::Text])
}

/// Modules that are rightly refused for a reason of another kind: the suite's message, the kind, and why.
const OTHER_KINDS: &[(&str, ModuleErrorKind, &str)] = &[
    ("multiple memories", ModuleErrorKind::Unsupported, "WebAssembly 3.0 has them"),
    ("multiple tables", ModuleErrorKind::Unsupported, "WebAssembly 2.0 has them"),
    ("zero byte expected", ModuleErrorKind::Unsupported, "WebAssembly 3.0 has the index of a memory there"),
    ("integer representation too long", ModuleErrorKind::Unsupported, "as before, if longer than one byte"),
    ("invalid mutability", ModuleErrorKind::Unsupported, "a proposal has the flag of a shared global there"),
    (
        "malformed mutability",
        ModuleErrorKind::Unsupported,
        "a proposal has the flag of a shared global there",
    ),
    ("malformed memop flags", ModuleErrorKind::Invalid, "no alignment of 32 bits and more is valid either"),
    ("i32 constant out of range", ModuleErrorKind::Invalid, "limits have 64 bits in WebAssembly 3.0"),
    ("too many locals", ModuleErrorKind::Limit, "more than 2^32 of them are over our limit, too"),
];

fn refused(
    engine: &Engine,
    module: Result<Given, wast::Error>,
    expected: &str,
    kinds: &[ModuleErrorKind],
) -> Verdict {
    let Ok(given) = module else { return Verdict::Passed };
    let error = match given.validate(engine) {
        Err(Error::Module(error)) => error,
        Err(error) => return Verdict::Failed(format!("expected {kinds:?}: {expected:?}, got {error}")),
        Ok(()) => {
            return Verdict::Failed(format!("expected {kinds:?}: {expected:?}, but the module was accepted"));
        }
    };
    let explained = OTHER_KINDS.iter().any(|(message, kind, _)| (*message, *kind) == (expected, error.kind));
    Verdict::expect(explained || kinds.contains(&error.kind), || {
        format!("expected {kinds:?}: {expected:?}, got {:?}: {error}", error.kind)
    })
}

fn happened(done: &Done) -> String {
    match done {
        Done::Results(results) => format!("it returned {}", Shown(results)),
        Done::Error(Error::Trap(trap)) => format!("it trapped: {}", trap.code),
        Done::Error(error) => format!("it failed: {error}"),
        Done::Impossible(message) => format!("it cannot be done: {message}"),
    }
}
