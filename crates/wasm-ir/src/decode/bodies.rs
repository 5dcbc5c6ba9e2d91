//! Validates the bodies of a module: those of a large one on all processors.

use std::sync::{Mutex, PoisonError};
use std::thread;

use wasmparser::{
    FuncToValidate, FuncValidatorAllocations, FunctionBody, Operator, ValidatorResources, WasmFeatures,
};

use super::gc;
use super::sections::Failure;

/// A body with what it is validated against.
pub(super) type Unchecked<'a> = (FuncToValidate<ValidatorResources>, FunctionBody<'a>);

/// Bodies with fewer bytes are validated by the calling thread.
const SMALL: u64 = 1 << 20;
/// How many bodies a thread takes at a time.
const BATCH: usize = 64;

/// The bodies that no thread has taken, and the first failure so far with the number of its batch.
struct Queue<'a> {
    left: std::vec::IntoIter<Unchecked<'a>>,
    batches: usize,
    /// Whether any so far has a tail call.
    tail_calls: bool,
    failure: Option<(usize, Failure)>,
}

/// Validates bodies that are in order. Returns whether any of them has a tail call.
///
/// # Errors
/// The first that one thread alone would meet: batches are taken in order, so all before one that fails are finished, too.
pub(super) fn validate(bodies: Vec<Unchecked<'_>>, features: WasmFeatures) -> Result<bool, Failure> {
    let bytes: u64 = bodies.iter().map(|(_, body)| body.range().end - body.range().start).sum();
    let threads = if bytes < SMALL { 1 } else { thread::available_parallelism().map_or(1, usize::from) };
    let queue = Mutex::new(Queue { left: bodies.into_iter(), batches: 0, tail_calls: false, failure: None });
    thread::scope(|scope| {
        for _ in 1..threads {
            // Without another thread this one does it all.
            let _ = thread::Builder::new().spawn_scoped(scope, || work(&queue, features));
        }
        work(&queue, features);
    });
    let queue = queue.into_inner().unwrap_or_else(PoisonError::into_inner);
    queue.failure.map_or(Ok(queue.tail_calls), |(_, failure)| Err(failure))
}

/// Takes batches until there are none, or one has failed.
fn work(queue: &Mutex<Queue<'_>>, features: WasmFeatures) {
    let lock = || queue.lock().unwrap_or_else(PoisonError::into_inner);
    let mut allocations = FuncValidatorAllocations::default();
    loop {
        let (number, batch) = {
            let mut queue = lock();
            if queue.failure.is_some() {
                return;
            }
            queue.batches += 1;
            (queue.batches, queue.left.by_ref().take(BATCH).collect::<Vec<_>>())
        };
        if batch.is_empty() {
            return;
        }
        match validate_batch(batch, features, &mut allocations) {
            Ok(false) => {}
            Ok(true) => lock().tail_calls = true,
            Err(failure) => {
                let mut queue = lock();
                if queue.failure.as_ref().is_none_or(|(first, _)| number < *first) {
                    queue.failure = Some((number, failure));
                }
                return;
            }
        }
    }
}

fn validate_batch(
    batch: Vec<Unchecked<'_>>,
    features: WasmFeatures,
    allocations: &mut FuncValidatorAllocations,
) -> Result<bool, Failure> {
    let mut tail_calls = false;
    for (validator, body) in batch {
        tail_calls |= validate_body(validator, &body, allocations)?;
        if features.contains(WasmFeatures::GC) {
            gc::check_body(&body)?;
        }
    }
    Ok(tail_calls)
}

/// Without one of these features there are no tail calls.
const FOR_TAIL_CALLS: WasmFeatures = WasmFeatures::TAIL_CALL.union(WasmFeatures::FUNCTION_REFERENCES);

/// Validates a body. Returns whether it has a tail call. Only what is not valid without the features that tail calls take is read again for that.
fn validate_body(
    body: FuncToValidate<ValidatorResources>,
    code: &FunctionBody<'_>,
    allocations: &mut FuncValidatorAllocations,
) -> Result<bool, Failure> {
    let FuncToValidate { resources, index, ty, features } = body;
    let mut validate = |resources, features| {
        let body = FuncToValidate { resources, index, ty, features };
        let mut validator = body.into_validator(std::mem::take(allocations));
        let result = validator.validate(code);
        *allocations = validator.into_allocations();
        result
    };
    if validate(resources.clone(), features.difference(FOR_TAIL_CALLS)).is_ok() {
        return Ok(false);
    }
    validate(resources, features)?;
    let is_tail_call = |operator| {
        use Operator::{ReturnCall, ReturnCallIndirect, ReturnCallRef};
        matches!(operator, ReturnCall { .. } | ReturnCallIndirect { .. } | ReturnCallRef { .. })
    };
    let mut operators = code.get_operators_reader()?.into_iter();
    Ok(operators.any(|operator| operator.is_ok_and(is_tail_call)))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use crate::Module;

    #[test]
    fn tail_calls_are_found() {
        let has_any = |body: &str| {
            let text = format!(
                "(module (type $t (func)) (table 1 funcref) (func $f) (elem declare func $f) (func {body}))"
            );
            Module::new(text.as_bytes()).unwrap().tail_calls
        };
        assert!(!has_any("(call $f)"));
        assert!(has_any("(return_call $f)"));
        assert!(has_any("(return_call_indirect (i32.const 0))"));
        assert!(has_any("(return_call_ref $t (ref.func $f))"));
    }

    #[test]
    fn the_first_of_several_mistakes_is_the_one_that_is_told() {
        // Large enough for several threads.
        let body = "(drop (i64.add (i64.const 1000000) (i64.const -5000000)))".repeat(30);
        let module = |wrong: &[usize]| {
            let mut text = String::from("(module");
            for number in 0..4000 {
                let end =
                    if wrong.contains(&number) { "(i32.add (i64.const 0) (i32.const 1)) drop" } else { "" };
                write!(text, "(func {body} {end})").unwrap();
            }
            Module::new((text + ")").as_bytes())
        };
        assert!(module(&[]).is_ok());
        let first = module(&[1999]).unwrap_err();
        for others in [&[1999, 2000][..], &[1999, 2500, 3999], &[3000, 1999]] {
            assert_eq!(module(others).unwrap_err().to_string(), first.to_string());
        }
    }
}
