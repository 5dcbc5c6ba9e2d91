//! Names that people type: functions by index or name, and what they may have meant.

use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::{Declarations, FuncIndex};

use crate::exit::Exit;
use crate::report::{Outcome, Report};

/// The function that a user names by index, by name in the name section, or by export.
pub fn find_function(declarations: &Declarations, text: &str) -> Outcome<FuncIndex> {
    let text = text.strip_prefix('$').unwrap_or(text);
    if let Ok(index) = text.parse::<u32>() {
        if (index as usize) < declarations.functions.len() {
            return Ok(FuncIndex(index));
        }
        let message = format!("the module has no function {index}");
        let count = declarations.functions.len();
        return Err(
            Report::new(Exit::Usage, message).note(format!("it has {count} functions, numbered from 0"))
        );
    }
    let named = declarations.functions.keys().find(|func| declarations.function_name(*func) == Some(text));
    let found = named.or_else(|| exported(declarations, text));
    found.ok_or_else(|| {
        let report = Report::new(Exit::Usage, format!("the module has no function named \"{text}\""));
        let names = declarations.functions.keys().filter_map(|func| declarations.function_name(func));
        match closest(text, names) {
            Some(similar) => report.help(format!("did you mean \"{similar}\"?")),
            None => report.help("a function may be given by its index, too: wootz inspect FILE counts them"),
        }
    })
}

/// The function that has a body, or a report that it is imported.
pub fn find_defined_function(declarations: &Declarations, text: &str) -> Outcome<FuncIndex> {
    let func = find_function(declarations, text)?;
    if declarations.is_imported_function(func) {
        let message = format!("function {} is imported and has no body", func.index());
        return Err(Report::new(Exit::Usage, message));
    }
    Ok(func)
}

fn exported(declarations: &Declarations, name: &str) -> Option<FuncIndex> {
    declarations.exports.iter().find_map(|export| match export.item {
        wootz_wasm_ir::EntityIndex::Function(func) if export.name == name => Some(func),
        _ => None,
    })
}

/// The candidate most like `name`, if one is like it at all.
pub fn closest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = 1 + name.chars().count() / 3;
    let near = candidates.map(|candidate| (strsim::levenshtein(name, candidate), candidate));
    near.filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_name_is_found_if_it_is_close() {
        let names = ["main", "memory", "factorial"];
        assert_eq!(closest("factorail", names.into_iter()), Some("factorial"));
        assert_eq!(closest("man", names.into_iter()), Some("main"));
        assert_eq!(closest("quicksort", names.into_iter()), None);
    }

    #[test]
    fn distances_count_edits() {
        assert_eq!(strsim::levenshtein("kitten", "sitting"), 3);
        assert_eq!(strsim::levenshtein("", "abc"), 3);
        assert_eq!(strsim::levenshtein("same", "same"), 0);
    }
}
