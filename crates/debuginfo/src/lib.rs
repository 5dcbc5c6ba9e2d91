//! From native code back to WebAssembly offsets: reads what LLVM wrote about the code it made.
//!
//! The code generator gives every WebAssembly function a DWARF subprogram with the linkage name `wasm[N]` and every
//! instruction a line that is its byte offset in the module. So standard DWARF carries the whole map, through every
//! optimisation and inlining that LLVM does, and any debugger can read it too. [`LineMap`] reads it back:
//!
//! ```
//! use wootz_debuginfo::LineMap;
//! use wootz_wasm_ir::FuncIndex;
//!
//! // Any object file or linked image; this one holds two functions, one inlined into the other.
//! let object = include_bytes!("../tests/data/inlined.o");
//! let map = LineMap::from_elf(object)?;
//!
//! let row = map.rows().find(|row| row.frames().count() == 2).expect("an inlined instruction");
//! let frames: Vec<_> = map.lookup(row.start).collect();
//! assert_eq!(frames[0].func, FuncIndex(1));
//! assert_eq!(frames[0].offset, 0x31);
//! assert_eq!(frames[1].func, FuncIndex(2), "the caller that it was inlined into");
//! # Ok::<(), wootz_debuginfo::Error>(())
//! ```
//!
//! | module | reads |
//! |---|---|
//! | `elf` | the sections of a file; relocates those of an unlinked object |
//! | `lines` | `.debug_line`: which address has which line |
//! | `scopes` | `.debug_info`: which address belongs to which function, inlined into which |
//! | `linemap` | joins the two |
//! | `native` | all of that and the variables, for [`write`](mod@write) |
//! | `place` | where LLVM has put a value, in terms of expressions |
//! | `frames` | `.eh_frame`: where the frame is when the stack pointer moves |
//! | `guest` | the DWARF that the module brings |
//! | `backtrace` | the lines in it, with the functions that they were inlined into |
//! | [`unwind`] | `.eh_frame`: which address is described by which entry |

mod backtrace;
mod elf;
mod error;
mod frames;
mod guest;
mod linemap;
mod lines;
mod native;
mod place;
mod scopes;
mod text;
pub mod unwind;
pub mod write;

pub use backtrace::{SourceFrame, SourceMap, SourcePlace, source_map};
pub use error::Error;
pub use guest::{GuestIndex, SourceLine, SourceLines, described_operands, has_sources};
pub use linemap::{Frame, LineMap, Location, Row};
pub use text::print_text;
pub use wootz_wasm_ir::{Debugger, SourceText};

/// How every section is read: borrowed bytes, little-endian.
type Bytes<'a> = gimli::EndianSlice<'a, gimli::LittleEndian>;
/// The debug sections of a file.
type Dwarf<'a> = gimli::Dwarf<Bytes<'a>>;
/// A unit of `.debug_info`.
type Unit<'a> = gimli::Unit<Bytes<'a>>;

/// Name of the symbol and linkage name of the subprogram of a WebAssembly function.
pub fn function_symbol(func: wootz_wasm_ir::FuncIndex) -> String {
    format!("wasm[{}]", func.0)
}

/// Line in which the variable that is the context is declared, in the subprogram of a WebAssembly function.
pub const CONTEXT_LINE: u32 = u32::MAX;

/// Line in which the variable that is a local is declared.
pub fn local_line(local: wootz_wasm_ir::LocalIndex) -> u32 {
    local.0 + 1
}

/// What a variable is called that is all values of a local: [`value_name`] of no offset.
pub const ALL_VALUES: wootz_wasm_ir::WasmOffset = 0;

/// The name of a variable that is one value of a local: the offset in the module that the local has it since
/// ([`LocalRecord::since`](wootz_wasm_ir::ir::LocalRecord::since)).
pub fn value_name(since: wootz_wasm_ir::WasmOffset) -> String {
    since.to_string()
}

/// The function that a [symbol](function_symbol) names, if it names one.
pub fn parse_function_symbol(symbol: &[u8]) -> Option<wootz_wasm_ir::FuncIndex> {
    let digits = symbol.strip_prefix(b"wasm[")?.strip_suffix(b"]")?;
    let canonical = digits == b"0" || !digits.starts_with(b"0");
    if !canonical || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok().map(wootz_wasm_ir::FuncIndex)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wootz_wasm_ir::FuncIndex;

    #[test]
    fn function_symbols_round_trip_and_nothing_else_is_one() {
        for index in [0, 7, 10_000, u32::MAX] {
            let func = FuncIndex(index);
            assert_eq!(parse_function_symbol(function_symbol(func).as_bytes()), Some(func));
        }
        for symbol in
            ["wasm[]", "wasm[01]", "wasm[+1]", "wasm[1", "wasm[4294967296]", "host_entry[1]", "main"]
        {
            assert_eq!(parse_function_symbol(symbol.as_bytes()), None, "{symbol}");
        }
    }
}
