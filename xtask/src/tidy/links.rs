//! Links between our Markdown files: every relative target exists, and so does the heading after a `#`.

use std::path::{Component, Path, PathBuf};

use super::Violation;

/// The violations of all Markdown files, given as path and text; `exists` answers for paths relative to the root.
pub(super) fn check(files: &[(String, String)], exists: &dyn Fn(&Path) -> bool) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (path, text) in files {
        for (line, target) in targets(text) {
            if let Some(message) = broken(path, &target, files, exists) {
                violations.push(Violation::at(path, line, message));
            }
        }
    }
    violations
}

fn broken(
    from: &str,
    target: &str,
    files: &[(String, String)],
    exists: &dyn Fn(&Path) -> bool,
) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, heading) =
        target.split_once('#').map_or((target, None), |(file, heading)| (file, Some(heading)));
    let path = if file.is_empty() {
        PathBuf::from(from)
    } else {
        match resolve(Path::new(from).parent().unwrap_or(Path::new("")), file) {
            Some(path) => path,
            None => return Some(format!("the link `{target}` leads out of the repository")),
        }
    };
    if !exists(&path) {
        return Some(format!("the link `{target}` leads nowhere: there is no {}", path.display()));
    }
    let heading = heading?;
    let (_, text) = files.iter().find(|(name, _)| Path::new(name) == path)?;
    let found = headings(text).iter().any(|title| anchor(title) == heading);
    (!found).then(|| format!("the link `{target}` leads nowhere: {} has no such heading", path.display()))
}

/// `target` seen from `folder`, without `.` and `..`.
fn resolve(folder: &Path, target: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for component in folder.join(target).components() {
        match component {
            Component::Normal(name) => path.push(name),
            Component::ParentDir => {
                if !path.pop() {
                    return None;
                }
            }
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(path)
}

/// The lines outside fenced code blocks, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            return None;
        }
        (!fenced).then_some((index + 1, line))
    })
}

/// Every link target with its line: `[text](target)`, and `[label]: target` at the start of a line.
fn targets(text: &str) -> Vec<(usize, String)> {
    let mut targets = Vec::new();
    for (number, line) in prose(text) {
        let line = without_code(line);
        for (at, _) in line.match_indices("](") {
            let rest = &line[at + 2..];
            if let Some(end) = rest.find([')', ' ']) {
                targets.push((number, rest[..end].to_owned()));
            }
        }
        if let Some((label, target)) = line.split_once("]: ")
            && label.starts_with('[')
            && let Some(target) = target.split_whitespace().next()
        {
            targets.push((number, target.to_owned()));
        }
    }
    targets
}

/// The line with everything between backticks blanked.
fn without_code(line: &str) -> String {
    let mut inside = false;
    line.chars()
        .map(|character| {
            inside ^= character == '`';
            if inside { ' ' } else { character }
        })
        .collect()
}

fn headings(text: &str) -> Vec<&str> {
    let titles = prose(text).filter(|(_, line)| line.starts_with('#'));
    titles.map(|(_, line)| line.trim_start_matches('#').trim()).collect()
}

/// The anchor that renderers of Markdown give a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|&c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::check;

    fn messages(text: &str) -> Vec<String> {
        let files = [
            ("docs/traps.md".to_owned(), text.to_owned()),
            (
                "README.md".to_owned(),
                "# Wootz\n## Exit codes, in `wootz`\n```\n# no heading\n```\n".to_owned(),
            ),
        ];
        let exists =
            |path: &Path| ["docs/traps.md", "README.md", "crates"].iter().any(|p| Path::new(p) == path);
        check(&files, &exists).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn targets_must_exist() {
        assert_eq!(messages("[a](../README.md), [b](traps.md) and [c](../crates)\n"), [""; 0]);
        assert_eq!(
            messages("[web](https://webassembly.org) `[code](none)`\n```\n[fenced](none)\n```\n"),
            [""; 0]
        );
        assert!(
            messages("\n[a](threads.md)\n")[0]
                .contains("docs/traps.md:2: the link `threads.md` leads nowhere")
        );
        assert!(messages("[a](../../other)\n")[0].contains("out of the repository"));
        assert!(messages("[label]: gone.md\n")[0].contains("gone.md"));
    }

    #[test]
    fn headings_must_exist() {
        assert_eq!(messages("# One two\n[a](#one-two) [b](../README.md#exit-codes-in-wootz)\n"), [""; 0]);
        assert!(messages("[a](#one)\n")[0].contains("no such heading"));
        assert!(messages("[a](../README.md#no-heading)\n")[0].contains("no such heading"));
    }
}
