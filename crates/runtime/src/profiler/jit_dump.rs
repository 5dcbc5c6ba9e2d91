//! The dump of code that `perf inject --jit` reads (Linux, tools/perf/Documentation/jitdump-specification.txt).

use std::fs::File;
use std::fs::OpenOptions;
use std::io::{self, Write};

use super::{FunctionCode, Row};
use crate::sys::memory::Mapping;
use crate::sys::signals::current_thread;

const MAGIC: u32 = 0x4a69_5444;
const VERSION: u32 = 1;
/// ELF's number of x86-64.
const MACHINE: u32 = 62;
/// Bytes in front of the records.
const HEADER: u32 = 40;
/// Bytes in front of what a record says.
const RECORD: usize = 16;

/// Kinds of records.
const CODE_LOAD: u32 = 0;
const DEBUG_INFO: u32 = 2;

pub(super) struct JitDump {
    file: File,
    /// The first page, mapped as code: that is how `perf` learns of the file.
    _mark: Mapping,
    loaded: u64,
}

impl JitDump {
    pub(super) fn create() -> io::Result<Self> {
        let name = format!("jit-{}.dump", std::process::id());
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(name)?;
        let mut header = Fields::default();
        for field in [MAGIC, VERSION, HEADER, MACHINE, 0, std::process::id()] {
            header.u32(field);
        }
        header.u64(now());
        header.u64(0);
        file.write_all(&header.0)?;
        Ok(Self { _mark: Mapping::of_code_in(&file)?, file, loaded: 0 })
    }

    pub(super) fn write(&mut self, function: &FunctionCode<'_>, rows: &[Row]) -> io::Result<()> {
        let FunctionCode { address, bytes, name } = function;
        let mut records = Vec::new();
        // Lines come before the code that they are for.
        if !rows.is_empty() {
            let mut lines = Fields::default();
            lines.u64(*address as u64);
            lines.u64(rows.len() as u64);
            for row in rows {
                lines.u64(row.address);
                lines.u32(row.line);
                lines.u32(0);
                lines.text(&row.file);
            }
            records.extend(lines.record(DEBUG_INFO));
        }
        let mut load = Fields::default();
        load.u32(std::process::id());
        load.u32(current_thread().0 as u32);
        load.u64(*address as u64);
        load.u64(*address as u64);
        load.u64(bytes.len() as u64);
        load.u64(self.loaded);
        load.text(name);
        load.0.extend_from_slice(bytes);
        records.extend(load.record(CODE_LOAD));
        self.loaded += 1;
        self.file.write_all(&records)
    }
}

/// Nanoseconds of the clock that `-k mono` names.
fn now() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// Fields in the byte order of this machine.
#[derive(Default)]
struct Fields(Vec<u8>);

impl Fields {
    fn u32(&mut self, value: u32) {
        self.0.extend(value.to_ne_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.0.extend(value.to_ne_bytes());
    }

    /// Text, up to a NUL.
    fn text(&mut self, text: &str) {
        self.0.extend(text.bytes().filter(|byte| *byte != 0).chain([0]));
    }

    /// A record that says this.
    fn record(mut self, kind: u32) -> Vec<u8> {
        let size = (RECORD + self.0.len()).next_multiple_of(8);
        let mut record = Self::default();
        record.u32(kind);
        record.u32(size as u32);
        record.u64(now());
        record.0.append(&mut self.0);
        record.0.resize(size, 0);
        record.0
    }
}
