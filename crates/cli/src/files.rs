//! Files that appear whole or not at all.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::{fs, io, process};

use crate::exit::Exit;
use crate::report::{Outcome, Report, output};

/// What the name of a file ends with until it is whole.
pub const UNFINISHED: &str = "part";

/// The mode of a file that anybody may run.
pub const EXECUTABLE: u32 = 0o777;
/// The mode of one that nobody runs.
pub const PLAIN: u32 = 0o666;

/// Where the result of a module goes if nothing is said: into the current directory, under the module's name with another ending.
///
/// # Errors
/// A report, if that is the module itself.
pub fn named_after(module: &Path, ending: &str) -> Outcome<PathBuf> {
    let name = Path::new(module.file_name().unwrap_or_default());
    let result = name.with_extension(ending);
    if result == name {
        return Err(Report::new(Exit::Usage, "the result would take the place of the module")
            .help("-o OUT names a file for it"));
    }
    Ok(result)
}

/// Writes a command's result: to a file, as [`replace`] does, or to standard output if there is none.
///
/// # Errors
/// A report of what cannot be written.
pub fn write(target: Option<&Path>, bytes: &[u8], mode: u32) -> Outcome {
    let Some(path) = target else { return output(bytes) };
    replace(path, bytes, mode)
        .map_err(|error| Report::new(Exit::Output, format!("cannot write {}: {error}", path.display())))
}

/// Writes a file in one step: whoever looks finds the old one or the whole new one. The mode is less the user's mask.
///
/// # Errors
/// If it cannot be written; then there is no file, or the old one.
pub fn replace(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    // A device or a pipe is written to, not replaced.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return fs::write(path, bytes);
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.{UNFINISHED}", process::id()));
    let part = path.with_file_name(name);
    let written = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&part)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        // It may not even exist; the first error is the one to tell.
        let _ = fs::remove_file(&part);
    }
    written
}
