//! The map of `perf`: start, size and name of each function, in hexadecimal, one in each line (Linux, tools/perf/Documentation/jit-interface.txt).

use std::fs::File;
use std::io::{self, Write};

use super::FunctionCode;

pub(super) struct PerfMap(File);

impl PerfMap {
    pub(super) fn create() -> io::Result<Self> {
        File::create(format!("/tmp/perf-{}.map", std::process::id())).map(Self)
    }

    pub(super) fn write(&mut self, function: &FunctionCode<'_>) -> io::Result<()> {
        let FunctionCode { address, bytes, name } = function;
        // At once: a process that is killed leaves a good file.
        self.0.write_all(format!("{address:x} {:x} {name}\n", bytes.len()).as_bytes())
    }
}
