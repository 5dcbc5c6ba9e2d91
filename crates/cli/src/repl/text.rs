//! What a session reads of a text before it is parsed: its tokens, whether it is complete, its fields, what it mentions.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use wast::lexer::{Lexer, Token, TokenKind};

/// The tokens of a text, without space and comments.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, wast::Error> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let is_space =
        |kind| matches!(kind, TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment);
    lexer.iter(0).filter(|token| !token.as_ref().is_ok_and(|token| is_space(token.kind))).collect()
}

/// Whether more lines have to follow: a parenthesis is open.
pub(super) fn is_open(text: &str) -> bool {
    let count = |tokens: Vec<Token>, kind| tokens.iter().filter(|token| token.kind == kind).count();
    tokens(text)
        .is_ok_and(|tokens| count(tokens.clone(), TokenKind::LParen) > count(tokens, TokenKind::RParen))
}

/// Keywords that start a field of a module, and no instruction.
const FIELDS: &[&str] = &[
    "type", "rec", "import", "func", "table", "memory", "global", "export", "start", "elem", "data", "tag",
    "module",
];

/// Whether the text is fields of a module, and not an expression.
pub(super) fn is_fields(text: &str, tokens: &[Token]) -> bool {
    matches!(tokens, [open, keyword, ..]
        if open.kind == TokenKind::LParen && FIELDS.contains(&keyword.src(text)))
}

/// Where the fields stand, in a text that parses as fields.
pub(super) fn fields(text: &str, tokens: &[Token]) -> Vec<Range<usize>> {
    let inside = usize::from(tokens.get(1).is_some_and(|keyword| keyword.src(text) == "module"));
    let (mut depth, mut start, mut fields) = (0, 0, Vec::new());
    for token in tokens {
        match token.kind {
            TokenKind::LParen => {
                if depth == inside {
                    start = token.offset;
                }
                depth += 1;
            }
            TokenKind::RParen => {
                depth = depth.saturating_sub(1);
                if depth == inside {
                    fields.push(start..token.offset + 1);
                }
            }
            _ => {}
        }
    }
    // The parenthesis of `(module` itself ends at depth 0.
    fields
}

/// What a text may refer to.
#[derive(Clone, Debug, Default)]
pub(super) struct Mentions {
    /// Identifiers, without the dollar sign.
    pub(super) names: BTreeSet<String>,
    /// Those after `ref.func`.
    pub(super) references: BTreeSet<String>,
    /// Whether a number may be an index of something in the session.
    pub(super) indices: bool,
}

impl Mentions {
    /// What the tokens of a text mention.
    pub(super) fn of(text: &str, tokens: &[Token]) -> Self {
        let mut mentions = Self::default();
        let mut keyword = "";
        let mut previous = None;
        for token in tokens {
            let word = token.src(text);
            match token.kind {
                TokenKind::Keyword => keyword = word,
                TokenKind::Id => {
                    let name = token.id(text).map_or_else(|_| word.to_owned(), Cow::into_owned);
                    if keyword == "ref.func" && previous == Some(TokenKind::Keyword) {
                        mentions.references.insert(name.clone());
                    }
                    mentions.names.insert(name);
                }
                TokenKind::Integer(_) => {
                    mentions.indices |= previous == Some(TokenKind::RParen) || !takes_numbers(keyword);
                }
                _ => {}
            }
            previous = Some(token.kind);
        }
        mentions
    }
}

/// Whether numbers after a keyword are no indices of functions, tables, memories or globals. In doubt they are.
fn takes_numbers(keyword: &str) -> bool {
    let starts = ["local.", "br", "i8x16", "i16x8", "i32x4", "i64x2", "f32x4", "f64x2"];
    keyword.ends_with(".const")
        || keyword.contains("lane")
        || ["memory", "table", "type", "pagesize", "i32", "i64"].contains(&keyword)
        || starts.iter().any(|start| keyword.starts_with(start))
}

/// A name as an identifier of the text format.
pub(super) fn identifier(name: &str) -> String {
    if is_identifier(name) {
        return format!("${name}");
    }
    let mut out = String::from("$\"");
    for c in name.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out + "\""
}

/// Bytes as a string of the text format.
pub(super) fn string(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for byte in bytes {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(*byte)]),
            0x20..0x7f => out.push(char::from(*byte)),
            byte => out.push_str(&format!("\\{byte:02x}")),
        }
    }
    out + "\""
}

/// Whether a name can stand behind a dollar sign as it is.
fn is_identifier(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-./:<=>?@\\^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(allowed)
}

/// Whether a word is the name of an earlier result: `$1`, `$_`.
pub(super) fn is_result(word: &str) -> bool {
    let name = word.strip_prefix('$').unwrap_or("");
    name == "_" || (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()))
}

/// An expression in which a result that stands where an instruction may is written out: `$1` as `(global.get $1)`.
pub(super) fn with_results(text: &str, tokens: &[Token]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    let mut immediates = 0;
    for token in tokens {
        let word = token.src(text);
        match token.kind {
            TokenKind::Keyword => immediates = count_immediates(word),
            TokenKind::Id if immediates > 0 => immediates -= 1,
            TokenKind::Id if is_result(word) => {
                out.push_str(&text[copied..token.offset]);
                out.push_str("(global.get ");
                out.push_str(word);
                out.push(')');
                copied = token.offset + word.len();
            }
            TokenKind::LParen | TokenKind::RParen => immediates = 0,
            _ => {}
        }
    }
    out + &text[copied..]
}

/// How many identifiers after a keyword belong to it.
fn count_immediates(keyword: &str) -> usize {
    let one = [
        "local.",
        "global.",
        "call",
        "return_call",
        "ref.func",
        "br",
        "block",
        "loop",
        "if",
        "elem.",
        "data.",
    ];
    match keyword {
        "br_table" => usize::MAX,
        "br_on_null" | "br_on_non_null" => 1,
        _ if one.iter().any(|start| keyword.starts_with(start)) => 1,
        _ if keyword.starts_with("table.") || keyword.starts_with("memory.") => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_parentheses_want_more() {
        assert!(is_open("(func $f"));
        assert!(is_open("(func (; ) ;)"));
        assert!(!is_open("(func \"(\")"));
        assert!(!is_open("i32.const 1 ;; ("));
        assert!(!is_open("(a))"));
    }

    #[test]
    fn fields_are_no_expressions() {
        let is = |text: &str| is_fields(text, &tokens(text).unwrap());
        assert!(is("(func $f)") && is("(module)") && is("(; one ;) (memory 1)"));
        assert!(!is("(memory.size)") && !is("i32.const 1") && !is(""));
        let split = |text: &'static str| -> Vec<_> {
            fields(text, &tokens(text).unwrap()).into_iter().map(|range| &text[range]).collect()
        };
        assert_eq!(split("(func $f (nop)) ;; x\n (memory 1)"), ["(func $f (nop))", "(memory 1)"]);
        assert_eq!(split("(module $m (func) (memory 1))"), ["(func)", "(memory 1)"]);
    }

    #[test]
    fn results_are_written_out_where_an_instruction_may_stand() {
        let out = |text: &str| with_results(text, &tokens(text).unwrap());
        assert_eq!(out("$_"), "(global.get $_)");
        assert_eq!(out("(i32.add $1 $2)"), "(i32.add (global.get $1) (global.get $2))");
        assert_eq!(out("(call $f $1)"), "(call $f (global.get $1))");
        assert_eq!(out("global.get $1 drop $2"), "global.get $1 drop (global.get $2)");
        assert_eq!(out("(call $1 (local.get $2))"), "(call $1 (local.get $2))");
        assert_eq!(out("(i32.const 1) $3"), "(i32.const 1) (global.get $3)");
    }

    #[test]
    fn mentions_are_names_and_perhaps_indices() {
        let of = |text: &str| Mentions::of(text, &tokens(text).unwrap());
        let mentions = of("(func $f (local $x i32) (call $g (ref.func $h) (i32.const 3)))");
        assert!(["f", "g", "h", "x"].iter().all(|name| mentions.names.contains(*name)) && !mentions.indices);
        assert_eq!(mentions.references.iter().collect::<Vec<_>>(), ["h"]);
        assert!(of("(call 0)").indices && of("(elem (i32.const 0) 1)").indices);
        assert!(!of("(v128.const i32x4 1 2 3 4) (local.get 0)").indices);
    }
}
