//! Does what `docs/debugging.md` tells a user to do: what stands there as output is to come, in that order.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use libtest_mimic::Failed;

use crate::WOOTZ;

/// Runs the commands of all blocks of the page that are marked as `console`, on the program that stands before them.
pub(crate) fn check() -> Result<(), Failed> {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/debugging.md"))?;
    let dir = tempfile::tempdir()?;
    let mut any = false;
    for block in page.split("\n```").skip(1).step_by(2) {
        let (kind, text) = block.split_once('\n').unwrap_or((block, ""));
        match kind {
            "c" => fs::write(dir.path().join("list.c"), text)?,
            "console" => {
                any = true;
                console(text, dir.path())?;
            }
            _ => {}
        }
    }
    if any { Ok(()) } else { Err("nothing to do stands there".into()) }
}

/// Runs the commands of a block: those of a shell, and those at the prompt of the debugger that one of them starts.
fn console(text: &str, dir: &Path) -> Result<(), Failed> {
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let command = line.strip_prefix("$ ").ok_or_else(|| format!("no command: {line}"))?;
        let (mut script, mut expected) = (String::new(), Vec::new());
        while let Some(line) = lines.next_if(|line| !line.starts_with("$ ")) {
            match line.strip_prefix("(gdb) ").or_else(|| line.strip_prefix("(lldb) ")) {
                Some(command) => script += &format!("{command}\n"),
                None => expected.push(line),
            }
        }
        fs::write(dir.join("commands"), &script)?;
        // What a person answers, or sees on pages, is set here.
        let command = command
            .replace("gdb --args", "gdb -nx -batch -iex 'set debuginfod enabled off' -x commands --args");
        let command =
            command.replace("lldb-22 -O", "lldb-22 --no-lldbinit --no-use-colors -b -s commands -O");
        let output = shell(&command, dir)?;
        let mut rest = &*output;
        for line in expected.iter().map(|line| without_numbers(line)) {
            let at = rest
                .find(&line)
                .ok_or_else(|| format!("{line}\nis not in order in the output of {command}\n{output}"))?;
            rest = &rest[at + line.len()..];
        }
    }
    Ok(())
}

fn shell(command: &str, dir: &Path) -> Result<String, Failed> {
    let programs = Path::new(WOOTZ).parent().ok_or("no folder")?.display();
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("PATH={programs}:$PATH; {command}")]).stdin(Stdio::null());
    let output = shell.env("XDG_CACHE_HOME", dir.join("cache")).current_dir(dir).output()?;
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if output.status.success() {
        Ok(without_numbers(&text))
    } else {
        Err(format!("{command} failed:\n{text}").into())
    }
}

/// A text with what differs from run to run left out: numbers of more than four digits, and addresses.
fn without_numbers(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_address =
            bare.starts_with("0x") || bare.len() > 4 && bare.bytes().all(|byte| byte.is_ascii_digit());
        out.push_str(if is_address { "…" } else { bare });
        out.push_str(&word[bare.len()..]);
    }
    out
}
