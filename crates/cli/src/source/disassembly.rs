//! The lines of a binary's disassembly around an offset.

use std::io;

use wasmprinter::Print;

use super::Excerpt;

/// Printing the text before the position costs time: none is shown past this offset.
const FARTHEST: u64 = 32 << 20;
/// Lines shown before the position.
const BEFORE: usize = 2;

/// The line at `offset` and those before it; `None` if there is none, or the binary does not print so far.
pub(super) fn excerpt(binary: &[u8], offset: u64) -> Option<Excerpt> {
    if offset > FARTHEST {
        return None;
    }
    let mut window = Window { target: offset, lines: Vec::new(), done: false };
    // The printer is stopped by an error behind the position, and stops by itself where the binary is damaged.
    let _ = wasmprinter::Config::new().print(binary, &mut window);
    let marked = window.lines.iter().rposition(|line| line.offset.is_some_and(|at| at <= offset))?;
    window.lines.truncate(marked + 1);
    let lines = window.lines.split_off(marked.saturating_sub(BEFORE));
    let indent = |line: &Line| line.text.len() - line.text.trim_start().len();
    let margin = lines.iter().map(indent).min().unwrap_or(0);
    let last = lines.last()?;
    let text = last.text.trim();
    if text.is_empty() {
        return None;
    }
    let length = text.find(' ').unwrap_or(text.len());
    let label = |line: &Line| line.offset.map_or_else(String::new, |at| format!("{at:#x}"));
    Some(Excerpt {
        column: indent(last) - margin,
        length,
        marked: lines.len() - 1,
        lines: lines.iter().map(|line| (label(line), line.text[margin..].trim_end().to_owned())).collect(),
    })
}

struct Line {
    offset: Option<u64>,
    text: String,
}

struct Window {
    target: u64,
    lines: Vec<Line>,
    done: bool,
}

impl Print for Window {
    fn write_str(&mut self, text: &str) -> io::Result<()> {
        if self.done {
            return Err(io::Error::other("far enough"));
        }
        if let Some(line) = self.lines.last_mut() {
            line.text.push_str(text);
        }
        Ok(())
    }

    fn start_line(&mut self, offset: Option<u64>) {
        if offset.is_some_and(|offset| offset > self.target) {
            self.done = true;
            return;
        }
        if self.lines.len() > 4 * BEFORE {
            self.lines.drain(..2 * BEFORE);
        }
        self.lines.push(Line { offset, text: String::new() });
    }
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn the_instruction_at_the_offset_is_marked() {
        // (module (func i32.const 1 drop unreachable))
        let binary = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x08\x01\x06\0\x41\x01\x1a\0\x0b";
        let offset = binary.len() as u64 - 2;
        let excerpt = excerpt(binary, offset).unwrap();
        let texts: Vec<_> = excerpt.lines.iter().map(|(label, text)| format!("{label} {text}")).collect();
        assert_eq!(texts, ["0x17 i32.const 1", "0x19 drop", "0x1a unreachable"]);
        assert_eq!((excerpt.marked, excerpt.column, excerpt.length), (2, 0, 11));
    }

    #[test]
    fn a_damaged_binary_shows_what_precedes_the_damage() {
        assert_eq!(excerpt(b"\0asm", 4), None);
        assert_eq!(excerpt(b"", 0), None);
    }
}
