//! Tells `perf`, the profiler of Linux, which code of this process is which function.
//!
//! One file for the process, written as code comes in. What cannot be written is lost: code runs without.

mod jit_dump;
mod lines;
mod perf_map;

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use wootz_wasm_types::{Declarations, FuncIndex};

use jit_dump::JitDump;
pub(crate) use lines::Row;
use perf_map::PerfMap;

/// How `perf` is told.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum Profiler {
    /// Names: `/tmp/perf-PID.map`, which `perf report` reads by itself.
    PerfMap,
    /// Names, code, and source lines where images have debug information: `jit-PID.dump` in the current directory, for `perf inject --jit`.
    /// The recording needs the clock `-k mono`.
    JitDump,
}

impl Profiler {
    /// Writes the file for all code that this process loads from now on.
    ///
    /// # Errors
    /// If it cannot be made, or if this process has started the other one before.
    pub fn start(self) -> io::Result<()> {
        let mut started = started();
        match &*started {
            Some(known) if known.profiler() == self => return Ok(()),
            Some(_) => return Err(io::Error::other("another profiler has been started")),
            None => {}
        }
        *started = Some(match self {
            Self::PerfMap => Writer::PerfMap(PerfMap::create()?),
            Self::JitDump => Writer::JitDump(JitDump::create()?),
        });
        IS_STARTED.store(true, Ordering::Release);
        Ok(())
    }
}

static IS_STARTED: AtomicBool = AtomicBool::new(false);

enum Writer {
    PerfMap(PerfMap),
    JitDump(JitDump),
}

impl Writer {
    fn profiler(&self) -> Profiler {
        match self {
            Self::PerfMap(_) => Profiler::PerfMap,
            Self::JitDump(_) => Profiler::JitDump,
        }
    }
}

fn started() -> MutexGuard<'static, Option<Writer>> {
    static STARTED: Mutex<Option<Writer>> = Mutex::new(None);
    STARTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether anyone wants to be told; asked for every image that is loaded.
pub(crate) fn is_started() -> bool {
    IS_STARTED.load(Ordering::Acquire)
}

/// The code of a function.
pub(crate) struct FunctionCode<'a> {
    pub(crate) address: usize,
    pub(crate) bytes: &'a [u8],
    pub(crate) name: &'a str,
}

/// Tells about new code, and the lines it is from, by address.
pub(crate) fn tell<'a>(functions: impl IntoIterator<Item = FunctionCode<'a>>, rows: &[Row]) {
    let Some(writer) = &mut *started() else { return };
    for function in functions {
        let end = function.address + function.bytes.len();
        let part = |address: usize| rows.partition_point(|row| row.address < address as u64);
        let written = match writer {
            Writer::PerfMap(map) => map.write(&function),
            Writer::JitDump(dump) => dump.write(&function, &rows[part(function.address)..part(end)]),
        };
        if written.is_err() {
            return;
        }
    }
}

/// Tells about an image whose code is at `text`: the ranges in it are those of the functions that `declarations` defines.
pub(crate) fn tell_image(
    image: &[u8],
    base: usize,
    text: (usize, &[u8]),
    ranges: &[Range<u32>],
    declarations: &Declarations,
) {
    let (address, code) = text;
    let names = names(declarations);
    let functions = ranges.iter().zip(&names).filter_map(|(range, name)| {
        let bytes = code.get(range.start as usize..range.end as usize)?;
        Some(FunctionCode { address: address + range.start as usize, bytes, name })
    });
    tell(functions, &lines::rows(image, base).unwrap_or_default());
}

/// What the functions that a module defines are called in a profile.
pub(crate) fn names(declarations: &Declarations) -> Vec<String> {
    declarations.defined_functions().map(|func| name(declarations, func)).collect()
}

fn name(declarations: &Declarations, func: FuncIndex) -> String {
    let name = declarations.function_name(func).map_or_else(|| format!("wasm[{}]", func.0), str::to_owned);
    // One line, since lines end names.
    let name: String = name.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    match &declarations.names.module {
        Some(module) => format!("{}!{name}", module.replace(char::is_control, "?")),
        None => name,
    }
}
