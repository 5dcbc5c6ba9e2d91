//! The text of a module as the source that a debugger shows.

use std::ops::Range;
use std::path::PathBuf;

use wootz_wasm_ir::{SourceText, WasmOffset};

/// Prints a binary module, one instruction in each line, and returns the text with it. `None` if the printer does not take
/// the module.
pub fn print_text(module: &[u8], path: PathBuf) -> Option<(SourceText, String)> {
    let (mut lines, mut storage) = (Vec::new(), String::new());
    let mut printer = wasmprinter::Config::new();
    printer.name_unnamed(false);
    let printed = printer.offsets_and_lines(module, &mut storage).ok()?;
    let mut text = String::new();
    for (number, (offset, line)) in (1..).zip(printed) {
        text += line;
        if !line.ends_with('\n') {
            text.push('\n');
        }
        if let Some(offset) = offset {
            lines.push((WasmOffset::try_from(offset).ok()?, number));
        }
    }
    lines.sort_unstable();
    Some((SourceText { path, lines }, text))
}

/// The line of an offset in a function's body, or 0 if it is not known: of the last instruction that starts there or before,
/// in front of all of them the first one's.
pub(crate) fn line(text: &SourceText, body: &Range<WasmOffset>, offset: WasmOffset) -> u32 {
    if !body.contains(&offset) {
        return 0;
    }
    let next = text.lines.partition_point(|(start, _)| *start <= offset);
    let inside = |row: &&(WasmOffset, u32)| body.contains(&row.0);
    let before = next.checked_sub(1).and_then(|row| text.lines.get(row)).filter(inside);
    before.or_else(|| text.lines.get(next).filter(inside)).map_or(0, |(_, line)| *line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_that_of_the_instruction_or_the_one_before_in_the_function() {
        let text = SourceText { path: PathBuf::new(), lines: vec![(4, 2), (12, 5), (14, 6), (20, 9)] };
        let at = |offset| line(&text, &(10..18), offset);
        assert_eq!([10, 11, 12, 13, 14, 17].map(at), [5, 5, 5, 5, 6, 6]);
        assert_eq!([0, 4, 9, 18, 20].map(at), [0; 5]);
    }

    #[test]
    fn a_printed_module_has_its_instructions_lines() {
        let module = wootz_wasm_ir::Module::new(*b"(module (func (drop (i32.const 1)) (nop)))").unwrap();
        let (text, printed) = print_text(module.bytes(), PathBuf::new()).unwrap();
        let body = module.body_range(wootz_wasm_ir::FuncIndex(0)).unwrap();
        let lines: Vec<_> = printed.lines().collect();
        let shown = |offset| lines[line(&text, &body, offset) as usize - 1].trim();
        assert_eq!(shown(body.start + 1), "i32.const 1");
        assert_eq!(shown(body.start + 3), "drop");
        assert_eq!(shown(body.start + 4), "nop");
    }
}
