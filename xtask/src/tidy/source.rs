//! A Rust source split, for the rules, into code, comments and string literals.
//!
//! This is a lexer for exactly one question: in which of the three does a byte stand? It knows nested block comments,
//! raw strings and the difference between a lifetime and a character.

/// A source file line by line. Both views keep every line's number; what belongs to the other view is blank.
pub(crate) struct Source {
    /// Code without comments and without the contents of literals.
    pub(crate) code: Vec<String>,
    /// The text of comments.
    pub(crate) comments: Vec<String>,
}

#[derive(Copy, Clone, PartialEq, Eq)]
enum State {
    Code,
    LineComment,
    BlockComment { depth: usize },
    Text,
    RawText { hashes: usize },
    Character,
}

impl Source {
    pub(crate) fn new(text: &str) -> Self {
        let characters: Vec<char> = text.chars().collect();
        let mut lexer = Lexer { characters: &characters, at: 0, state: State::Code };
        let mut source = Self { code: vec![String::new()], comments: vec![String::new()] };
        while lexer.at < characters.len() {
            let start = lexer.at;
            let view = lexer.step();
            for &character in &characters[start..lexer.at] {
                source.push(character, view);
            }
        }
        source
    }

    fn push(&mut self, character: char, view: View) {
        if character == '\n' {
            self.code.push(String::new());
            self.comments.push(String::new());
            return;
        }
        let (code, comment) = match view {
            View::Code => (character, ' '),
            View::Comment => (' ', character),
            View::Literal => (' ', ' '),
        };
        let last = self.code.len() - 1;
        self.code[last].push(code);
        self.comments[last].push(comment);
    }
}

#[derive(Copy, Clone, PartialEq, Eq)]
enum View {
    Code,
    Comment,
    Literal,
}

struct Lexer<'a> {
    characters: &'a [char],
    at: usize,
    state: State,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> char {
        self.characters.get(self.at + ahead).copied().unwrap_or('\0')
    }

    /// Moves past one piece and says where it belongs.
    fn step(&mut self) -> View {
        match self.state {
            State::Code => self.code(),
            State::LineComment => {
                if self.peek(0) == '\n' {
                    self.state = State::Code;
                }
                self.at += 1;
                View::Comment
            }
            State::BlockComment { depth } => self.block_comment(depth),
            State::Text => self.literal('"'),
            State::Character => self.literal('\''),
            State::RawText { hashes } => self.raw_text(hashes),
        }
    }

    fn code(&mut self) -> View {
        match (self.peek(0), self.peek(1)) {
            ('/', '/') => {
                self.state = State::LineComment;
                self.at += 2;
                View::Comment
            }
            ('/', '*') => {
                self.state = State::BlockComment { depth: 1 };
                self.at += 2;
                View::Comment
            }
            ('"', _) => self.open(State::Text, 1),
            ('\'', second) if second == '\\' || self.peek(2) == '\'' => self.open(State::Character, 1),
            ('r', '"' | '#') if !self.after_word() && self.raw_hashes(1).is_some() => {
                let hashes = self.raw_hashes(1).unwrap_or(0);
                self.open(State::RawText { hashes }, hashes + 2)
            }
            _ => {
                self.at += 1;
                View::Code
            }
        }
    }

    fn open(&mut self, state: State, length: usize) -> View {
        self.state = state;
        self.at += length;
        View::Literal
    }

    /// Whether the character before belongs to a word that `r` ends. The `b` and `c` of `br"…"`, `cr"…"` do not count.
    fn after_word(&self) -> bool {
        let is_word = |at: usize| self.characters[at].is_alphanumeric() || self.characters[at] == '_';
        let Some(before) = self.at.checked_sub(1) else { return false };
        if matches!(self.characters[before], 'b' | 'c') {
            return before > 0 && is_word(before - 1);
        }
        is_word(before)
    }

    /// How many hashes stand between `ahead` and a quotation mark.
    fn raw_hashes(&self, ahead: usize) -> Option<usize> {
        let hashes = (0..).take_while(|&count| self.peek(ahead + count) == '#').count();
        (self.peek(ahead + hashes) == '"').then_some(hashes)
    }

    fn block_comment(&mut self, depth: usize) -> View {
        match (self.peek(0), self.peek(1)) {
            ('*', '/') => {
                self.state = if depth == 1 { State::Code } else { State::BlockComment { depth: depth - 1 } };
                self.at += 2;
            }
            ('/', '*') => {
                self.state = State::BlockComment { depth: depth + 1 };
                self.at += 2;
            }
            _ => self.at += 1,
        }
        View::Comment
    }

    fn literal(&mut self, end: char) -> View {
        if self.peek(0) == '\\' {
            self.at = (self.at + 2).min(self.characters.len());
            return View::Literal;
        }
        if self.peek(0) == end {
            self.state = State::Code;
        }
        self.at += 1;
        View::Literal
    }

    fn raw_text(&mut self, hashes: usize) -> View {
        if self.peek(0) == '"' && (1..=hashes).all(|ahead| self.peek(ahead) == '#') {
            self.state = State::Code;
            self.at += hashes;
        }
        self.at += 1;
        View::Literal
    }
}

/// Where `word` stands as a whole word in `line`.
pub(crate) fn find_word(line: &str, word: &str) -> Option<usize> {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices(word).map(|(at, _)| at).find(|&at| {
        !line[..at].chars().next_back().is_some_and(is_word)
            && !line[at + word.len()..].chars().next().is_some_and(is_word)
    })
}

#[cfg(test)]
mod tests {
    use super::{Source, find_word};

    #[test]
    fn code_comments_and_literals_are_told_apart() {
        let source =
            Source::new("let a = \"// no\"; // yes\nlet b = 'x'; /* in /* nested */ */ f::<'a>();\n");
        assert_eq!(source.code[0].trim_end(), "let a =        ;");
        assert_eq!(source.comments[0].trim(), "// yes");
        assert!(source.code[1].contains("f::<'a>();"), "{}", source.code[1]);
        assert!(!source.code[1].contains("nested"));
        assert!(source.comments[1].contains("nested"));
    }

    #[test]
    fn raw_strings_and_escapes_end_where_they_should() {
        let source = Source::new("a(r#\"un\"safe\"#, \"\\\"unsafe\", b'\\'', br\"unsafe\", for_r#unsafe)\n");
        assert_eq!(source.code[0].matches("unsafe").count(), 1, "{}", source.code[0]);
        let lines = Source::new("let text = \"one\n two // three\n\"; // four");
        assert_eq!(lines.code.len(), 3);
        assert!(lines.comments[1].trim().is_empty());
        assert_eq!(lines.comments[2].trim(), "// four");
    }

    #[test]
    fn an_unfinished_file_is_no_trouble() {
        for text in ["\"", "'", "'\\", "/*", "r#\"", "\"\\", "//", ""] {
            Source::new(text);
        }
    }

    #[test]
    fn words_are_whole() {
        assert_eq!(find_word("unsafe_code unsafe {", "unsafe"), Some(12));
        assert_eq!(find_word("unsafe_code", "unsafe"), None);
    }
}
