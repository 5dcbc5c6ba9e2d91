//! What was entered in a session, for `:undo`: one text in one piece, since a session may have many thousands of short entries.

/// Entries, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    text: String,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Log {
    /// Adds one.
    pub(super) fn push(&mut self, entry: &str) {
        self.text.push_str(entry);
        self.ends.push(self.text.len());
    }

    /// Takes the last.
    pub(super) fn pop(&mut self) -> Option<String> {
        self.ends.pop()?;
        Some(self.text.split_off(self.ends.last().copied().unwrap_or(0)))
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.text[start..*end])
    }
}

#[cfg(test)]
mod tests {
    use super::Log;

    #[test]
    fn the_last_is_taken_first() {
        let mut log = Log::default();
        ["a", "", "$é"].into_iter().for_each(|entry| log.push(entry));
        assert_eq!(log.iter().collect::<Vec<_>>(), ["a", "", "$é"]);
        assert_eq!(log.pop().as_deref(), Some("$é"));
        assert_eq!(log.pop().as_deref(), Some(""));
        log.push("b");
        assert_eq!(log.iter().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!([log.pop(), log.pop(), log.pop()], [Some("b".into()), Some("a".into()), None]);
    }
}
