//! The section of branch hints (specification: Appendix, Custom Sections, Branch Hint Section).
//!
//! A custom section cannot make a module malformed: one that is wrong anywhere counts for nothing, and the reason is kept for whoever asks.

use std::ops::Range;

use wasmparser::{BinaryReader, BranchHintSectionReader};

use crate::module::{BranchHint, BranchHints};
use crate::{Declarations, Error, ErrorKind, WasmOffset};

/// Its name.
pub(super) const SECTION: &str = "metadata.code.branch_hint";

/// Hints from the contents of the section. `bodies` has each defined function's body, its locals included; `before_code` is whether the
/// section stands before those.
pub(super) fn read(
    contents: BinaryReader<'_>,
    before_code: bool,
    declarations: &Declarations,
    bodies: &[Range<WasmOffset>],
) -> BranchHints {
    let start = contents.original_position();
    let hints = match before_code {
        true => hints(contents, declarations, bodies),
        false => Err(malformed(start, "branch hints behind the code")),
    };
    match hints {
        Ok(hints) => BranchHints { hints, refused: None },
        Err(refused) => BranchHints { hints: Vec::new(), refused: Some(refused) },
    }
}

fn malformed(offset: u64, message: &str) -> Error {
    Error::new(ErrorKind::Malformed, offset, message)
}

fn hints(
    contents: BinaryReader<'_>,
    declarations: &Declarations,
    bodies: &[Range<WasmOffset>],
) -> Result<Vec<BranchHint>, Error> {
    let refuse = |error: wasmparser::Error| malformed(error.offset(), error.message());
    let mut hints: Vec<BranchHint> = Vec::new();
    let mut functions = BranchHintSectionReader::new(contents).map_err(refuse)?.into_iter_with_offsets();
    let mut next_function = declarations.imported_functions;
    for function in functions.by_ref() {
        let (offset, function) = function.map_err(refuse)?;
        let index = function.func as usize;
        if index < next_function {
            return Err(malformed(
                offset,
                "branch hints of a function that is imported or not behind the last one",
            ));
        }
        let body = bodies.get(index - declarations.imported_functions);
        let body = body.ok_or_else(|| malformed(offset, "branch hints of a function that does not exist"))?;
        next_function = index + 1;
        let mut next = body.start;
        for hint in function.hints.into_iter_with_offsets() {
            let (offset, hint) = hint.map_err(refuse)?;
            let place =
                body.start.checked_add(hint.func_offset).filter(|place| (next..body.end).contains(place));
            let place = place.ok_or_else(|| {
                malformed(
                    offset,
                    "a branch hint that is not in the function's body or not behind the last one",
                )
            })?;
            next = place + 1;
            hints.push(BranchHint { offset: place, taken: hint.taken });
        }
    }
    Ok(hints)
}
