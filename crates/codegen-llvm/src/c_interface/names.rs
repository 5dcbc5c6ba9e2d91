//! Identifiers of C for names of WebAssembly, which may be any text.

use std::collections::BTreeSet;

/// Words of C and C++ that a sanitised name with an underscore could be.
const RESERVED: &[&str] = &[
    "_Alignas",
    "_Alignof",
    "_Atomic",
    "_Bool",
    "_Complex",
    "_Generic",
    "_Imaginary",
    "_Noreturn",
    "_Static_assert",
    "_Thread_local",
    "and_eq",
    "char16_t",
    "char32_t",
    "char8_t",
    "co_await",
    "co_return",
    "co_yield",
    "const_cast",
    "dynamic_cast",
    "not_eq",
    "or_eq",
    "reinterpret_cast",
    "static_assert",
    "static_cast",
    "thread_local",
    "wchar_t",
    "xor_eq",
];

/// The letters, digits and underscores of a name; an underscore for each other character, and before a digit at the start.
pub(super) fn sanitise(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let text: String = name.chars().map(letter).collect();
    if text.starts_with(|c: char| c.is_ascii_digit()) || text.is_empty() { format!("_{text}") } else { text }
}

/// Names that are given out, each once.
#[derive(Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// The wanted identifier, or where that is taken the first of it with `_2`, `_3` and so on that is free.
    pub(super) fn claim(&mut self, wanted: &str) -> String {
        self.claim_all(wanted, &[""])
    }

    /// The same for an identifier of which all those with these endings are to be free.
    pub(super) fn claim_all(&mut self, wanted: &str, endings: &[&str]) -> String {
        let numbered = (2u32..).map(|number| format!("{wanted}_{number}"));
        let mut candidates = std::iter::once(wanted.to_owned()).chain(numbered);
        let free = |name: &String| {
            !RESERVED.contains(&name.as_str())
                && endings.iter().all(|end| !self.0.contains(&format!("{name}{end}")))
        };
        let name = candidates.find(free).unwrap_or_default();
        self.0.extend(endings.iter().map(|ending| format!("{name}{ending}")));
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_becomes_an_identifier() {
        for (name, identifier) in
            [("add", "add"), ("", "_"), ("2nd", "_2nd"), ("a.b-c", "a_b_c"), ("größe", "gr__e"), ("*/", "__")]
        {
            assert_eq!(sanitise(name), identifier);
        }
    }

    #[test]
    fn names_are_given_out_once() {
        let mut names = Names::default();
        assert_eq!(names.claim("a"), "a");
        assert_eq!(names.claim("a"), "a_2");
        assert_eq!(names.claim("a_2"), "a_2_2");
        assert_eq!(names.claim_all("b", &["", "_t"]), "b");
        assert_eq!(names.claim_all("b_t", &[""]), "b_t_2");
        assert_eq!(names.claim("_Bool"), "_Bool_2");
    }
}
