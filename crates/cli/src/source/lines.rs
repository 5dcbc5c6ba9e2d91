//! Line and column of each instruction of a module written as text.

use std::path::Path;

use gimli::{EndianSlice, LittleEndian, SectionId};
use wast::Wat;
use wast::core::{EncodeOptions, GenerateDwarf};
use wast::parser::{self, ParseBuffer};
use wootz_wasm_ir::WasmOffset;

use super::Excerpt;
use crate::input::Input;

/// Widest line of an excerpt, in columns.
const WIDTH: usize = 100;

/// Offset in the module, line and column of each instruction, by offset.
#[derive(Debug)]
pub(super) struct LineTable {
    rows: Vec<Row>,
}

#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Row {
    offset: u64,
    line: usize,
    column: usize,
}

impl LineTable {
    /// The table of a module's text; `None` for a binary, or for text that does not encode.
    pub(super) fn of(input: &Input) -> Option<Self> {
        if let Some(binary) = input.encoded() {
            return Self::read(binary);
        }
        if !input.is_text() {
            return None;
        }
        let text = std::str::from_utf8(&input.bytes).ok()?;
        let mut lexer = wast::lexer::Lexer::new(text);
        lexer.allow_confusing_unicode(true);
        let mut buffer = ParseBuffer::new_with_lexer(lexer).ok()?;
        buffer.track_instr_spans(true);
        let mut wat = parser::parse::<Wat<'_>>(&buffer).ok()?;
        let path = Path::new("module.wat");
        let Wat::Module(module) = &mut wat else { return None };
        let binary =
            EncodeOptions::new().dwarf(path, text, GenerateDwarf::Lines).encode_module(module).ok()?;
        Self::read(&binary)
    }

    /// Offset and line of each instruction, by offset.
    pub(super) fn lines(&self) -> Vec<(WasmOffset, u32)> {
        let row = |row: &Row| Some((row.offset.try_into().ok()?, row.line.try_into().ok()?));
        self.rows.iter().filter_map(row).collect()
    }

    fn read(binary: &[u8]) -> Option<Self> {
        let sections = sections(binary);
        let code = sections.iter().find(|section| section.id == CODE)?.start as u64;
        let load = |id: SectionId| {
            let named = |section: &&Section<'_>| section.id == CUSTOM && section.name == id.name().as_bytes();
            let bytes = sections.iter().find(named).map_or(&[][..], |section| section.bytes);
            Ok::<_, gimli::Error>(EndianSlice::new(bytes, LittleEndian))
        };
        let dwarf = gimli::Dwarf::load(load).ok()?;
        let mut rows = Vec::new();
        let mut units = dwarf.units();
        while let Some(header) = units.next().ok()? {
            let unit = dwarf.unit(header).ok()?;
            let Some(program) = unit.line_program.clone() else { continue };
            let mut program = program.rows();
            while let Some((_, row)) = program.next_row().ok()? {
                let (Some(line), false) = (row.line(), row.end_sequence()) else { continue };
                let column = match row.column() {
                    gimli::ColumnType::LeftEdge => 1,
                    gimli::ColumnType::Column(column) => column.get() as usize,
                };
                rows.push(Row { offset: code + row.address(), line: line.get() as usize, column });
            }
        }
        rows.sort_unstable();
        Some(Self { rows })
    }

    /// Line and column, from 1, of the last instruction that starts at or before `offset`.
    pub(super) fn lookup(&self, offset: u64) -> Option<(usize, usize)> {
        let next = self.rows.partition_point(|row| row.offset <= offset);
        self.rows.get(next.checked_sub(1)?).map(|row| (row.line, row.column))
    }
}

const CUSTOM: u8 = 0;
const CODE: u8 = 10;

/// A section of a binary that this program encoded itself.
struct Section<'a> {
    id: u8,
    /// Offset of its contents.
    start: usize,
    /// Name, of a custom section.
    name: &'a [u8],
    /// Contents, after the name.
    bytes: &'a [u8],
}

fn sections(binary: &[u8]) -> Vec<Section<'_>> {
    let mut found = Vec::new();
    let mut rest = binary.get(8..).unwrap_or_default();
    while let Some((&id, after)) = rest.split_first() {
        let Some((contents, next)) = sized(after) else { break };
        let start = contents.as_ptr().addr() - binary.as_ptr().addr();
        let (name, bytes) =
            if id == CUSTOM { sized(contents).unwrap_or_default() } else { (&[][..], contents) };
        found.push(Section { id, start, name, bytes });
        rest = next;
    }
    found
}

/// Splits a vector of bytes, prefixed by its length as unsigned LEB128, from what follows it.
fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut length = 0usize;
    for (index, byte) in bytes.iter().enumerate().take(5) {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return bytes[index + 1..].split_at_checked(length);
        }
    }
    None
}

/// Line and column, from 1 and in bytes, of a byte offset in a text.
pub(super) fn position(text: &[u8], offset: u64) -> Option<(usize, usize)> {
    let before = text.get(..usize::try_from(offset).ok()?)?;
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    Some((line, before.len() - start + 1))
}

/// The line with the line before it; the mark is under the token at the column.
pub(super) fn excerpt(text: &str, line: usize, column: usize) -> Option<Excerpt> {
    let content = text.lines().nth(line.checked_sub(1)?)?;
    let start = column.saturating_sub(1).min(content.len());
    let token = content.get(start..)?;
    let token = &token[..token.find([' ', '\t', '(', ')', ';']).unwrap_or(token.len())];
    let (shown, column) = clip(&expand(content), expand(&content[..start]).chars().count());
    let mut lines = Vec::new();
    if let Some(before) = line.checked_sub(2).and_then(|before| text.lines().nth(before)) {
        lines.push(((line - 1).to_string(), clip(&expand(before), 0).0));
    }
    let marked = lines.len();
    lines.push((line.to_string(), shown));
    Some(Excerpt { lines, marked, column, length: token.chars().count() })
}

fn expand(line: &str) -> String {
    line.replace('\t', "    ")
}

/// At most [`WIDTH`] columns of a line around a column, and where the column is in them.
fn clip(line: &str, column: usize) -> (String, usize) {
    if line.chars().count() <= WIDTH {
        return (line.to_owned(), column);
    }
    let first = column.saturating_sub(WIDTH / 2);
    let part: String = line.chars().skip(first).take(WIDTH).collect();
    if first == 0 { (part + "…", column) } else { (format!("…{part}"), column - first + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_under_the_token() {
        let excerpt = excerpt("(module\n\t(func i32.div_s))", 2, 8).unwrap();
        assert_eq!(excerpt.lines[1], ("2".into(), "    (func i32.div_s))".into()));
        assert_eq!((excerpt.marked, excerpt.column, excerpt.length), (1, 10, 9));
    }

    #[test]
    fn positions_count_from_one() {
        assert_eq!(position(b"ab\nc", 0), Some((1, 1)));
        assert_eq!(position(b"ab\nc", 2), Some((1, 3)));
        assert_eq!(position(b"ab\nc", 4), Some((2, 2)));
        assert_eq!(position(b"ab\nc", 5), None);
    }

    #[test]
    fn long_lines_are_clipped_around_the_mark() {
        let line = "x".repeat(300) + " here " + &"y".repeat(300);
        let excerpt = excerpt(&line, 1, 302).unwrap();
        let shown = &excerpt.lines[0].1;
        assert!(shown.chars().count() <= WIDTH + 1);
        let marked: String = shown.chars().skip(excerpt.column).take(excerpt.length).collect();
        assert_eq!(marked, "here");
    }

    #[test]
    fn positions_out_of_the_text_have_no_excerpt() {
        assert_eq!(excerpt("a", 0, 1), None);
        assert_eq!(excerpt("a", 2, 1), None);
        assert!(excerpt("ä", 1, 2).is_none(), "inside a character");
    }
}
