//! The text of a module as the source that a debugger shows.

use std::ops::Range;
use std::path::PathBuf;

use wootz_wasm_ir::WasmOffset;

/// Where a module's text is, and the line that each instruction has in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceText {
    /// The file, for the debugger to read.
    pub path: PathBuf,
    /// Offset in the module and line, from 1, of instructions, by offset.
    pub lines: Vec<(WasmOffset, u32)>,
}

impl SourceText {
    /// Prints a binary module, one instruction in each line, and returns the text with it. `None` if the printer does not take
    /// the module.
    pub fn print(module: &[u8], path: PathBuf) -> Option<(Self, String)> {
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
        Some((Self { path, lines }, text))
    }

    /// The line of an offset in a function's body, or 0 if it is not known: of the last instruction that starts there or before,
    /// in front of all of them the first one's.
    pub(crate) fn line(&self, body: &Range<WasmOffset>, offset: WasmOffset) -> u32 {
        if !body.contains(&offset) {
            return 0;
        }
        let next = self.lines.partition_point(|(start, _)| *start <= offset);
        let inside = |row: &&(WasmOffset, u32)| body.contains(&row.0);
        let before = next.checked_sub(1).and_then(|row| self.lines.get(row)).filter(inside);
        before.or_else(|| self.lines.get(next).filter(inside)).map_or(0, |(_, line)| *line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_that_of_the_instruction_or_the_one_before_in_the_function() {
        let text = SourceText { path: PathBuf::new(), lines: vec![(4, 2), (12, 5), (14, 6), (20, 9)] };
        let line = |offset| text.line(&(10..18), offset);
        assert_eq!([10, 11, 12, 13, 14, 17].map(line), [5, 5, 5, 5, 6, 6]);
        assert_eq!([0, 4, 9, 18, 20].map(line), [0; 5]);
    }

    #[test]
    fn a_printed_module_has_its_instructions_lines() {
        let module = wootz_wasm_ir::Module::new(*b"(module (func (drop (i32.const 1)) (nop)))").unwrap();
        let (text, printed) = SourceText::print(module.bytes(), PathBuf::new()).unwrap();
        let body = module.body_range(wootz_wasm_ir::FuncIndex(0)).unwrap();
        let lines: Vec<_> = printed.lines().collect();
        let shown = |offset| lines[text.line(&body, offset) as usize - 1].trim();
        assert_eq!(shown(body.start + 1), "i32.const 1");
        assert_eq!(shown(body.start + 3), "drop");
        assert_eq!(shown(body.start + 4), "nop");
    }
}
