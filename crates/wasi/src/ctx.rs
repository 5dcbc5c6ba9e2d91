//! What a guest may see and do: arguments, environment, standard streams, directories, clocks, randomness.
//!
//! A new context grants nothing but clocks and random numbers: no arguments, no environment, empty streams, no directory.

use std::fmt;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use wasi_common::pipe::{ReadPipe, WritePipe};
use wasi_common::random::Deterministic;
use wasi_common::{StringArrayError, Table, WasiFile, sync};

/// The state behind one guest's WASI calls: its open files among it.
///
/// While there is a second handle of that state, by [`share`](Self::share), `fd_fdstat_set_flags` fails with `notsup`.
pub struct WasiCtx(pub(crate) wasi_common::WasiCtx);

impl WasiCtx {
    /// Starts a context that grants nothing yet.
    pub fn builder() -> WasiCtxBuilder {
        WasiCtxBuilder::default()
    }

    /// Another handle of the same state, for another thread of the guest: what one opens, all can use.
    #[must_use]
    pub fn share(&self) -> Self {
        Self(self.0.clone())
    }
}

impl fmt::Debug for WasiCtx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasiCtx").finish_non_exhaustive()
    }
}

/// Why a context cannot be made.
#[derive(Debug)]
pub enum BuildError {
    /// An argument or a variable contains a zero byte, with which strings end.
    ZeroByte {
        /// The string.
        string: String,
    },
    /// A variable's name is empty or contains `=`.
    VariableName {
        /// The name.
        name: String,
    },
    /// The arguments or the environment do not fit in 32-bit addresses.
    TooLarge,
    /// A directory cannot be opened.
    Directory {
        /// Its path on the host.
        host: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ZeroByte { string } => write!(f, "{string:?} contains a zero byte"),
            Self::VariableName { name } => write!(f, "{name:?} cannot name an environment variable"),
            Self::TooLarge => f.write_str("the arguments or the environment exceed 4 GiB"),
            Self::Directory { host, error } => {
                write!(f, "cannot open the directory {}: {error}", host.display())
            }
        }
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Directory { error, .. } => Some(error),
            _ => None,
        }
    }
}

impl From<StringArrayError> for BuildError {
    fn from(_: StringArrayError) -> Self {
        Self::TooLarge
    }
}

/// Makes a [`WasiCtx`], step by step.
///
/// ```
/// use wootz_wasi::WasiCtx;
///
/// let ctx = WasiCtx::builder()
///     .arg("filter")?
///     .env("LANG", "C")?
///     .stdin(&b"some text"[..])
///     .inherit_stdout()
///     .preopened_dir(std::env::temp_dir(), "/tmp")?
///     .build();
/// # Ok::<(), wootz_wasi::BuildError>(())
/// ```
#[must_use]
pub struct WasiCtxBuilder(wasi_common::WasiCtx);

impl Default for WasiCtxBuilder {
    fn default() -> Self {
        Self(wasi_common::WasiCtx::new(
            sync::random_ctx(),
            sync::clocks_ctx(),
            sync::sched_ctx(),
            Table::new(),
        ))
    }
}

impl fmt::Debug for WasiCtxBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasiCtxBuilder").finish_non_exhaustive()
    }
}

impl WasiCtxBuilder {
    /// Adds an argument. The first is by convention the program's name.
    ///
    /// # Errors
    /// If it contains a zero byte, or the arguments together are too large.
    pub fn arg(mut self, arg: impl AsRef<str>) -> Result<Self, BuildError> {
        self.0.push_arg(without_zero(arg.as_ref())?)?;
        Ok(self)
    }

    /// Adds several arguments.
    ///
    /// # Errors
    /// As [`Self::arg`].
    pub fn args(self, args: impl IntoIterator<Item: AsRef<str>>) -> Result<Self, BuildError> {
        args.into_iter().try_fold(self, Self::arg)
    }

    /// Adds an environment variable.
    ///
    /// # Errors
    /// If the name is empty or contains `=`, either contains a zero byte, or the environment is too large.
    pub fn env(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Result<Self, BuildError> {
        let (name, value) = (without_zero(name.as_ref())?, without_zero(value.as_ref())?);
        if name.is_empty() || name.contains('=') {
            return Err(BuildError::VariableName { name: name.to_owned() });
        }
        self.0.push_env(name, value)?;
        Ok(self)
    }

    /// Reads standard input from `reader`; a byte slice is one.
    pub fn stdin(self, reader: impl Read + Send + Sync + 'static) -> Self {
        self.set_stdin(ReadPipe::new(reader))
    }

    /// Writes standard output to `writer`, an [`OutputBuffer`](crate::OutputBuffer) for example.
    pub fn stdout(self, writer: impl Write + Send + Sync + 'static) -> Self {
        self.set_stdout(WritePipe::new(writer))
    }

    /// Writes standard error to `writer`.
    pub fn stderr(self, writer: impl Write + Send + Sync + 'static) -> Self {
        self.set_stderr(WritePipe::new(writer))
    }

    /// Gives the guest this process's standard input.
    pub fn inherit_stdin(self) -> Self {
        self.set_stdin(sync::stdio::stdin())
    }

    /// Gives the guest this process's standard output.
    pub fn inherit_stdout(self) -> Self {
        self.set_stdout(sync::stdio::stdout())
    }

    /// Gives the guest this process's standard error.
    pub fn inherit_stderr(self) -> Self {
        self.set_stderr(sync::stdio::stderr())
    }

    /// Gives the guest the three standard streams of this process.
    pub fn inherit_stdio(self) -> Self {
        self.inherit_stdin().inherit_stdout().inherit_stderr()
    }

    /// Lets the guest use everything below the directory `host`, under the name `guest`. No path leads out of it.
    ///
    /// # Errors
    /// If `host` is not a directory that can be opened, or `guest` contains a zero byte.
    pub fn preopened_dir(self, host: impl AsRef<Path>, guest: impl AsRef<str>) -> Result<Self, BuildError> {
        let guest = without_zero(guest.as_ref())?;
        let host = host.as_ref();
        let dir = sync::Dir::open_ambient_dir(host, sync::ambient_authority())
            .map_err(|error| BuildError::Directory { host: host.to_owned(), error })?;
        let dir = Box::new(sync::dir::Dir::from_cap_std(dir));
        // The table refuses an entry only when all 2^32 descriptors are in use.
        self.0.push_preopened_dir(dir, guest).map_err(|_| BuildError::TooLarge)?;
        Ok(self)
    }

    /// Makes `random_get` repeat `bytes` for ever, for runs that must be the same each time. Nothing repeats zero.
    pub fn random_cycle(self, bytes: &[u8]) -> Self {
        let bytes = if bytes.is_empty() { vec![0] } else { bytes.to_vec() };
        *self.0.random.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
            Box::new(Deterministic::new(bytes));
        self
    }

    /// The context.
    pub fn build(self) -> WasiCtx {
        WasiCtx(self.0)
    }

    fn set_stdin(self, file: impl WasiFile + 'static) -> Self {
        self.0.set_stdin(Box::new(file));
        self
    }

    fn set_stdout(self, file: impl WasiFile + 'static) -> Self {
        self.0.set_stdout(Box::new(file));
        self
    }

    fn set_stderr(self, file: impl WasiFile + 'static) -> Self {
        self.0.set_stderr(Box::new(file));
        self
    }
}

fn without_zero(string: &str) -> Result<&str, BuildError> {
    if string.contains('\0') {
        return Err(BuildError::ZeroByte { string: string.to_owned() });
    }
    Ok(string)
}
