//! Modules that another process has compiled: scripts run where there is no compiler.
//!
//! A script that runs with a [`Recorder`] leaves what its compiler answered in a folder; one that runs with [`Prepared`]
//! finds the same answers there. Images are loaded from their files.
//!
//! ```text
//! KEY.image      what a module was compiled to
//! KEY.valid      empty: a module is valid
//! KEY.refused    a module is refused: kind, offset, message, a line each
//! KEY.failed     a module cannot be compiled: the message
//! ```
//!
//! KEY is a digest of the module and of what was asked for.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{fs, io};

use wootz_engine::{Compile, Compiled, Config, Error, ModuleError, ModuleErrorKind, Source};

/// What a compiler may be asked for.
#[derive(Copy, Clone, Hash)]
enum Task {
    Validate,
    Compile,
}

/// The path of an answer, without its ending.
fn place(folder: &Path, task: Task, module: Source<'_>) -> PathBuf {
    let mut digest = DefaultHasher::new();
    match module {
        Source::Any(bytes) => (task, false, bytes).hash(&mut digest),
        Source::Binary(bytes) => (task, true, bytes).hash(&mut digest),
    }
    folder.join(format!("{:016x}", digest.finish()))
}

const IMAGE: &str = "image";
const VALID: &str = "valid";
const REFUSED: &str = "refused";
const FAILED: &str = "failed";

const KINDS: [ModuleErrorKind; 5] = [
    ModuleErrorKind::Text,
    ModuleErrorKind::Malformed,
    ModuleErrorKind::Invalid,
    ModuleErrorKind::Unsupported,
    ModuleErrorKind::Limit,
];

/// A compiler whose answers are written down.
#[derive(Debug)]
pub struct Recorder<C> {
    compiler: C,
    folder: PathBuf,
}

impl<C: Compile> Recorder<C> {
    /// A compiler that leaves its answers in a folder that exists.
    pub fn new(compiler: C, folder: impl Into<PathBuf>) -> Self {
        Self { compiler, folder: folder.into() }
    }

    fn keep<T>(
        &self,
        task: Task,
        module: Source<'_>,
        answer: &Result<T, Error>,
        good: impl FnOnce(&Path, &T) -> io::Result<()>,
    ) -> Result<(), Error> {
        let place = place(&self.folder, task, module);
        let written = match answer {
            Ok(answer) => good(&place, answer),
            Err(Error::Module(ModuleError { kind, offset, message })) => {
                let kind = KINDS.iter().position(|known| known == kind).unwrap_or(0);
                fs::write(place.with_extension(REFUSED), format!("{kind}\n{offset}\n{message}"))
            }
            Err(error) => fs::write(place.with_extension(FAILED), error.to_string()),
        };
        written.map_err(|error| Error::Compile(Box::new(error)))
    }
}

impl<C: Compile> Compile for Recorder<C> {
    fn version(&self) -> String {
        self.compiler.version()
    }

    fn validate(&self, module: Source<'_>, config: &Config) -> Result<(), Error> {
        let answer = self.compiler.validate(module, config);
        self.keep(Task::Validate, module, &answer, |place, ()| fs::write(place.with_extension(VALID), ""))?;
        answer
    }

    fn compile(&self, module: Source<'_>, config: &Config) -> Result<Compiled, Error> {
        let answer = self.compiler.compile(module, config);
        self.keep(Task::Compile, module, &answer, |place, compiled| {
            let path = place.with_extension(IMAGE);
            match compiled {
                Compiled::Bytes(bytes) => fs::write(path, bytes),
                Compiled::File(file) => fs::copy(file, path).map(drop),
            }
        })?;
        answer
    }
}

/// The answers of a [`Recorder`], as a compiler that is not there.
#[derive(Debug)]
pub struct Prepared {
    folder: PathBuf,
}

impl Prepared {
    /// The answers in a folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// What went wrong, or that nobody asked.
    fn error(place: &Path) -> Error {
        if let Ok(text) = fs::read_to_string(place.with_extension(REFUSED)) {
            let mut lines = text.splitn(3, '\n');
            let mut number = || lines.next().and_then(|line| line.parse::<u64>().ok()).unwrap_or(0);
            let (kind, offset) = (number(), number());
            let kind = KINDS[kind as usize % KINDS.len()];
            return ModuleError::new(kind, offset, lines.next().unwrap_or_default()).into();
        }
        let text = fs::read_to_string(place.with_extension(FAILED));
        Error::Compile(text.unwrap_or_else(|_| "the module was not compiled beforehand".into()).into())
    }
}

impl Compile for Prepared {
    fn version(&self) -> String {
        "compiled beforehand".into()
    }

    fn validate(&self, module: Source<'_>, _: &Config) -> Result<(), Error> {
        let place = place(&self.folder, Task::Validate, module);
        if place.with_extension(VALID).exists() { Ok(()) } else { Err(Self::error(&place)) }
    }

    fn compile(&self, module: Source<'_>, _: &Config) -> Result<Compiled, Error> {
        let place = place(&self.folder, Task::Compile, module);
        let image = place.with_extension(IMAGE);
        if image.exists() { Ok(Compiled::File(image)) } else { Err(Self::error(&place)) }
    }
}

#[cfg(test)]
mod tests {
    use wootz::{Engine, Llvm};

    use super::{Config, Prepared, Recorder};
    use crate::run;

    const SCRIPT: &str = r#"
        (module (func (export "f") (param i32) (result i32) (i32.div_s (i32.const 6) (local.get 0))))
        (assert_return (invoke "f" (i32.const 2)) (i32.const 3))
        (assert_trap (invoke "f" (i32.const 0)) "integer divide by zero")
        (assert_invalid (module (func (result i32))) "type mismatch")
        (assert_malformed (module quote "(func") "unexpected end")
        (assert_return (invoke "f" (i32.const 2)) (i32.const 4))"#;

    #[test]
    fn a_script_runs_the_same_without_its_compiler() {
        let folder = std::env::temp_dir().join(format!("wootz-prepared-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let engine = |compiler| wootz_engine::Engine::with_compiler(&Config::new(), compiler);
        let unprepared =
            run(&wootz_engine::Engine::with_compiler(&Config::new(), Prepared::new(&folder)), SCRIPT);
        let recorded = run(&engine(Recorder::new(Llvm, &folder)), SCRIPT);
        let prepared =
            run(&wootz_engine::Engine::with_compiler(&Config::new(), Prepared::new(&folder)), SCRIPT);
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!((recorded.passed, recorded.failed.len()), (5, 1));
        assert_eq!(recorded, prepared);
        assert_eq!(recorded, run(&Engine::new(&Config::new()), SCRIPT));
        assert!(unprepared.failed[0].message.contains("not compiled beforehand"), "{unprepared:?}");
    }
}
