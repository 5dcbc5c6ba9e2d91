//! What a process takes, as the system and a debugger see it.

use std::fmt;
use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use object::read::ReadCache;
use object::{Object as _, ObjectSymbol as _};

/// What a process takes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Footprint {
    /// Bytes in memory.
    pub resident: usize,
    /// Those of them that are the process's own: no pages of files, as the code of LLVM that has run is.
    pub own: usize,
    /// Mappings, of which Linux allows 65 530.
    pub mappings: usize,
    /// Pieces of code that debuggers are shown.
    pub registrations: usize,
}

impl fmt::Display for Footprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resident, own, mappings, registrations } = self;
        write!(
            f,
            "{:>7} KiB resident, {:>6} of them its own, {mappings} mappings, {registrations} registrations",
            resident >> 10,
            own >> 10
        )
    }
}

/// A process that is looked at.
#[derive(Debug)]
pub struct Process {
    /// Its folder in `/proc`.
    folder: PathBuf,
    memory: File,
    /// The address of `__jit_debug_descriptor` in it.
    descriptor: u64,
}

impl Process {
    /// This process.
    ///
    /// # Errors
    /// As [`numbered`](Self::numbered).
    pub fn this() -> Result<Self> {
        Self::of("/proc/self".into())
    }

    /// A process, by its number.
    ///
    /// # Errors
    /// If the system does not tell of it, or if it is no program of ours.
    pub fn numbered(number: u32) -> Result<Self> {
        Self::of(format!("/proc/{number}").into())
    }

    fn of(folder: PathBuf) -> Result<Self> {
        let program = fs::read_link(folder.join("exe"))?;
        let program = program.to_str().context("the program has a name that is no text")?;
        let cache = ReadCache::new(File::open(program)?);
        let file = object::File::parse(&cache)?;
        let symbol = file.symbols().find(|symbol| symbol.name() == Ok("__jit_debug_descriptor"));
        let symbol = symbol.with_context(|| format!("{program} shows debuggers nothing"))?.address();
        let maps = fs::read_to_string(folder.join("maps"))?;
        let first = maps.lines().find(|line| line.ends_with(program)).context("the program is not mapped")?;
        let base = u64::from_str_radix(first.split('-').next().unwrap_or_default(), 16)?;
        Ok(Self { memory: File::open(folder.join("mem"))?, folder, descriptor: base + symbol })
    }

    /// What it takes now.
    ///
    /// # Errors
    /// If the system does not say, or the process does not come to rest.
    pub fn footprint(&self) -> Result<Footprint> {
        let status = fs::read_to_string(self.folder.join("status"))?;
        let bytes = |name: &str| -> Result<usize> {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().nth(1));
            Ok(number.with_context(|| format!("the status has no {name}"))?.parse::<usize>()? << 10)
        };
        let mappings = fs::read_to_string(self.folder.join("maps"))?.lines().count();
        let registrations = self.registrations()?;
        Ok(Footprint { resident: bytes("VmRSS")?, own: bytes("RssAnon")?, mappings, registrations })
    }

    /// What a debugger finds in the list that it reads (GDB manual, JIT Compilation Interface).
    fn registrations(&self) -> Result<usize> {
        // The process goes on: its background may just be changing the list.
        let mut last = None;
        for _ in 0..PATIENCE {
            let now = self.entries().ok();
            if now.is_some() && now == last {
                return Ok(now.unwrap_or_default());
            }
            last = now;
            thread::sleep(Duration::from_millis(10));
        }
        bail!("the list of registrations does not come to rest")
    }

    fn entries(&self) -> Result<usize> {
        // Behind two numbers of 32 bits and the entry that was changed last; each entry begins with the next.
        let mut entry = self.word(self.descriptor + 16)?;
        let mut count = 0;
        while entry != 0 {
            count += 1;
            ensure!(count < MOST, "the list of registrations does not end");
            entry = self.word(entry)?;
        }
        Ok(count)
    }

    fn word(&self, address: u64) -> Result<u64> {
        let mut bytes = [0; 8];
        self.memory.read_exact_at(&mut bytes, address)?;
        Ok(u64::from_le_bytes(bytes))
    }
}

/// How often to read a list that changes.
const PATIENCE: usize = 500;
/// A list that is longer is none.
const MOST: usize = 1 << 20;
