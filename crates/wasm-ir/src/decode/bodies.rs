//! Validates the bodies of a module: those of a large one on all processors.

use std::sync::{Mutex, PoisonError};
use std::thread;

use wasmparser::{FuncToValidate, FuncValidatorAllocations, FunctionBody, ValidatorResources, WasmFeatures};

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
    failure: Option<(usize, Failure)>,
}

/// Validates bodies that are in order.
///
/// # Errors
/// The first that one thread alone would meet: batches are taken in order, so all before one that fails are finished, too.
pub(super) fn validate(bodies: Vec<Unchecked<'_>>, features: WasmFeatures) -> Result<(), Failure> {
    let bytes: u64 = bodies.iter().map(|(_, body)| body.range().end - body.range().start).sum();
    let threads = if bytes < SMALL { 1 } else { thread::available_parallelism().map_or(1, usize::from) };
    let queue = Mutex::new(Queue { left: bodies.into_iter(), batches: 0, failure: None });
    thread::scope(|scope| {
        for _ in 1..threads {
            // Without another thread this one does it all.
            let _ = thread::Builder::new().spawn_scoped(scope, || work(&queue, features));
        }
        work(&queue, features);
    });
    let queue = queue.into_inner().unwrap_or_else(PoisonError::into_inner);
    queue.failure.map_or(Ok(()), |(_, failure)| Err(failure))
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
        if let Err(failure) = validate_batch(batch, features, &mut allocations) {
            let mut queue = lock();
            if queue.failure.as_ref().is_none_or(|(first, _)| number < *first) {
                queue.failure = Some((number, failure));
            }
            return;
        }
    }
}

fn validate_batch(
    batch: Vec<Unchecked<'_>>,
    features: WasmFeatures,
    allocations: &mut FuncValidatorAllocations,
) -> Result<(), Failure> {
    for (validator, body) in batch {
        let mut validator = validator.into_validator(std::mem::take(allocations));
        validator.validate(&body)?;
        if features.contains(WasmFeatures::GC) {
            gc::check_body(&body)?;
        }
        *allocations = validator.into_allocations();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use crate::Module;

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
