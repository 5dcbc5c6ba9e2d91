//! Files that appear whole or not at all.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::{fs, io, process};

/// What the name of a file ends with until it is whole.
pub const UNFINISHED: &str = "part";

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
