//! The module that a command works on: read from a file or from standard input, decoded, or refused with a report.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wootz_engine::{ModuleError, ModuleErrorKind};
use wootz_wasm_ir::Module;
use wootz_wasm_ir::decode::Options;

use crate::exit::Exit;
use crate::report::{Outcome, Report};
use crate::source::Source;

/// A module's bytes, binary or text, and what to call them.
#[derive(Clone, Debug)]
pub struct Input {
    /// The path as given, or `<stdin>`.
    pub name: String,
    /// What the file holds.
    pub bytes: Arc<[u8]>,
    /// The file and its length, if it is an image in a file: then only its first bytes were read, since it can be mapped.
    pub image: Option<(Arc<File>, u64)>,
    /// The binary, with line tables, of text that is only a part of a module.
    encoded: Option<Arc<[u8]>>,
    limit: usize,
}

impl Input {
    /// Reads a file, or standard input for `-`, up to `limit` bytes.
    pub fn read(path: &Path, limit: usize) -> Outcome<Self> {
        let stdin = path.as_os_str() == "-";
        let name = if stdin { "<stdin>".to_owned() } else { path.display().to_string() };
        // One byte more than allowed tells "too large" without reading a file of any size.
        let most = (limit as u64).saturating_add(1);
        let mut bytes = Vec::new();
        let mut image = None;
        let read = if stdin {
            io::stdin().lock().take(most).read_to_end(&mut bytes).map(drop)
        } else {
            File::open(path).and_then(|file| {
                image = read_unless_image(file, most, &mut bytes)?;
                Ok(())
            })
        };
        read.map_err(|error| unreadable(&name, path, &error))?;
        if bytes.len() > limit {
            return Err(Report::new(Exit::BadModule, format!("the module is larger than {limit} bytes"))
                .at(name)
                .help("--max-module-size raises the limit"));
        }
        Ok(Self { name, bytes: bytes.into(), image, encoded: None, limit })
    }

    /// Text that becomes a part of a module.
    pub fn fragment(name: String, text: &str) -> Self {
        Self { name, bytes: text.as_bytes().into(), image: None, encoded: None, limit: usize::MAX }
    }

    /// The same text, with the module that it became a part of: a binary with line tables.
    #[must_use]
    pub fn encoded_as(&self, binary: &[u8]) -> Self {
        Self { encoded: Some(binary.into()), ..self.clone() }
    }

    /// The binary with line tables, if the text is only a part of the module.
    pub fn encoded(&self) -> Option<&[u8]> {
        self.encoded.as_deref()
    }

    /// Whether it is text.
    pub fn is_text(&self) -> bool {
        !self.bytes.starts_with(b"\0asm") && !self.is_image()
    }

    /// Whether it is an image, or some other ELF file.
    pub fn is_image(&self) -> bool {
        self.bytes.starts_with(ELF)
    }

    /// Whether a file begins as an image does; not one that cannot be read.
    pub fn begins_as_image(path: &Path) -> bool {
        let mut first = Vec::new();
        let read = File::open(path).and_then(|file| file.take(ELF.len() as u64).read_to_end(&mut first));
        read.is_ok() && first == ELF
    }

    /// Decodes and validates the module.
    pub fn decode(&self) -> Outcome<Module> {
        if self.is_image() {
            return Err(Report::new(Exit::BadModule, "not a WebAssembly module, but machine code")
                .at(self.name.clone())
                .help("only `wootz run` takes images"));
        }
        let options = Options {
            max_module_size: self.limit as u64,
            path: Some(PathBuf::from(&self.name)),
            ..Options::default()
        };
        Module::with_options(self.bytes.clone(), &options).map_err(|error| self.refusal(&error))
    }

    /// The report of a module that is refused, while it is decoded or later.
    pub fn refusal(&self, error: &ModuleError) -> Box<Report> {
        match error.kind {
            ModuleErrorKind::Text => self.text_refusal(error),
            ModuleErrorKind::Malformed if self.is_text() && !self.is_printable() => {
                self.not_a_module(&error.message)
            }
            ModuleErrorKind::Malformed if self.bytes.is_empty() => {
                Report::new(Exit::BadModule, "the module is empty").at(self.name.clone())
            }
            ModuleErrorKind::Malformed => {
                self.refusal_at(error, "malformed module").help("the file may be truncated or damaged")
            }
            ModuleErrorKind::Invalid => self.refusal_at(error, "invalid module"),
            ModuleErrorKind::Unsupported => self
                .refusal_at(error, "unsupported module")
                .help("compile the module without this feature: wootz does not have it yet"),
            ModuleErrorKind::Limit => self.refusal_at(error, "module exceeds a limit"),
        }
    }

    /// Whether it can be shown as text.
    fn is_printable(&self) -> bool {
        std::str::from_utf8(&self.bytes)
            .is_ok_and(|text| !text.contains(|c: char| c.is_control() && !c.is_whitespace()))
    }

    fn text_refusal(&self, error: &ModuleError) -> Box<Report> {
        // The message brings its own excerpt, of lines as long as they are: ours are cut.
        let (message, _) = error.message.split_once("\n").unwrap_or((&error.message, ""));
        if !self.is_printable() {
            return self.not_a_module(message);
        }
        let source = Source::new(self);
        let report = Report::new(Exit::BadModule, message);
        report.at(source.place_in_text(error.offset)).excerpt(source.excerpt_of_text(error.offset))
    }

    fn not_a_module(&self, reason: &str) -> Box<Report> {
        Report::new(Exit::BadModule, "not a WebAssembly module")
            .at(self.name.clone())
            .note(format!("it does not start with \"\\0asm\" and cannot be read as text: {reason}"))
    }

    fn refusal_at(&self, error: &ModuleError, what: &str) -> Box<Report> {
        // Some messages of the decoder are padded to columns.
        let message: Vec<_> = error.message.split(' ').filter(|word| !word.is_empty()).collect();
        let report = Report::new(Exit::BadModule, format!("{what}: {}", message.join(" ")));
        let source = Source::new(self);
        let place = source.place(error.offset);
        let place = if self.is_text() {
            format!("{place} (offset {:#x} of the binary)", error.offset)
        } else {
            place
        };
        report.at(place).excerpt(source.excerpt(error.offset))
    }
}

/// First bytes of an image, as of every ELF file.
const ELF: &[u8] = b"\x7fELF";

/// Reads a file, but of an image that can be mapped only the first bytes, and returns that one with its length.
fn read_unless_image(mut file: File, most: u64, bytes: &mut Vec<u8>) -> io::Result<Option<(Arc<File>, u64)>> {
    (&mut file).take(ELF.len() as u64).read_to_end(bytes)?;
    let metadata = file.metadata()?;
    if bytes.starts_with(ELF) && metadata.is_file() {
        return Ok(Some((Arc::new(file), metadata.len())));
    }
    file.take(most.saturating_sub(bytes.len() as u64)).read_to_end(bytes)?;
    Ok(None)
}

fn unreadable(name: &str, path: &Path, error: &io::Error) -> Box<Report> {
    let report = Report::new(Exit::NoInput, format!("cannot read {name}: {error}"));
    match error.kind() {
        io::ErrorKind::NotFound => report.help("check the path; - reads the module from standard input"),
        io::ErrorKind::IsADirectory => report.help("a module is a file"),
        _ if path.is_dir() => report.help("a module is a file"),
        _ => report,
    }
}
