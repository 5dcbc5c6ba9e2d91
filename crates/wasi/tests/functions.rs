//! The functions over plain bytes: no compiled code, no store.

use std::fs;

use wootz_runtime::{CheckStrategy, MemorySettings, SharedMemory, ValRaw};
use wootz_wasi::{BuildError, Bytes, Error, Exit, MODULES, OutputBuffer, WasiCtx, function, functions};

const SUCCESS: i32 = 0;
const BADF: i32 = 8;
const INVAL: i32 = 28;
const NOENT: i32 = 44;
const NOTSUP: i32 = 58;
const NOTCAPABLE_OR_PERM: [i32; 2] = [63, 76];

/// A guest without code: its memory and its context.
struct Guest {
    storage: Vec<u8>,
    start: usize,
    ctx: WasiCtx,
    module: &'static str,
}

impl Guest {
    const SIZE: usize = 1 << 16;

    fn new(ctx: WasiCtx) -> Self {
        let storage = vec![0; Self::SIZE + 8];
        let start = storage.as_ptr().align_offset(8);
        Self { storage, start, ctx, module: MODULES[0] }
    }

    fn memory(&mut self) -> &mut [u8] {
        &mut self.storage[self.start..][..Self::SIZE]
    }

    fn put(&mut self, address: usize, bytes: &[u8]) {
        self.memory()[address..][..bytes.len()].copy_from_slice(bytes);
    }

    fn put_words(&mut self, address: usize, words: &[u32]) {
        for (i, word) in words.iter().enumerate() {
            self.put(address + 4 * i, &word.to_le_bytes());
        }
    }

    fn word(&mut self, address: usize) -> u32 {
        u32::from_le_bytes(self.memory()[address..][..4].try_into().unwrap())
    }

    fn long(&mut self, address: usize) -> u64 {
        u64::from_le_bytes(self.memory()[address..][..8].try_into().unwrap())
    }

    fn bytes(&mut self, address: usize, len: usize) -> Vec<u8> {
        self.memory()[address..][..len].to_vec()
    }

    /// Calls a function with its arguments as 64-bit values, and returns its errno.
    fn call(&mut self, name: &str, arguments: &[i64]) -> Result<i32, Error> {
        let function = function(self.module, name).unwrap();
        assert_eq!(function.ty().params.len(), arguments.len(), "{function:?}");
        let mut slots: Vec<_> = arguments.iter().map(|&argument| ValRaw::i64(argument)).collect();
        slots.resize(slots.len().max(1), ValRaw(0));
        let memory = &mut self.storage[self.start..][..Self::SIZE];
        function.call(&mut self.ctx, memory, &mut slots)?;
        Ok(slots[0].get_i32())
    }

    fn errno(&mut self, name: &str, arguments: &[i64]) -> i32 {
        self.call(name, arguments).unwrap()
    }

    /// Opens a path below the first preopened directory, for reading and writing.
    fn open(&mut self, path: &str, oflags: i64) -> Result<i64, i32> {
        self.put(1024, path.as_bytes());
        let rights = 1 << 1 | 1 << 6 | 1 << 2 | 1 << 5;
        let errno = self.errno("path_open", &[3, 0, 1024, path.len() as i64, oflags, rights, 0, 0, 512]);
        if errno == SUCCESS { Ok(i64::from(self.word(512))) } else { Err(errno) }
    }
}

#[test]
fn both_modules_have_every_function_with_the_same_signature() {
    let of = |module| functions().filter(move |function| function.module() == module);
    assert_eq!(of(MODULES[0]).count(), 46);
    assert_eq!(of(MODULES[1]).count(), 45, "all but sock_accept");
    for unstable in of(MODULES[1]) {
        let stable = function(MODULES[0], unstable.name()).unwrap();
        assert_eq!(stable.ty(), unstable.ty(), "{stable:?}");
    }
    assert_eq!(function("wasi_unstable", "proc_exit").unwrap().ty().to_string(), "(i32) -> ()");
    assert_eq!(
        function("wasi_snapshot_preview1", "path_open").unwrap().ty().to_string(),
        "(i32, i32, i32, i32, i32, i64, i64, i32, i32) -> (i32)"
    );
    assert!(function("wasi_snapshot_preview1", "fd_fly").is_none());
    assert!(function("env", "fd_write").is_none());
}

#[test]
fn arguments_and_environment_are_strings_in_memory() {
    let ctx = WasiCtx::builder().args(["prog", "-x"]).unwrap().env("A", "1").unwrap().build();
    let mut guest = Guest::new(ctx);
    assert_eq!(guest.errno("args_sizes_get", &[0, 4]), SUCCESS);
    assert_eq!((guest.word(0), guest.word(4)), (2, 8));
    assert_eq!(guest.errno("args_get", &[16, 100]), SUCCESS);
    assert_eq!((guest.word(16), guest.word(20)), (100, 105));
    assert_eq!(guest.bytes(100, 8), b"prog\0-x\0");
    assert_eq!(guest.errno("environ_sizes_get", &[0, 4]), SUCCESS);
    assert_eq!((guest.word(0), guest.word(4)), (1, 4));
    assert_eq!(guest.errno("environ_get", &[16, 200]), SUCCESS);
    assert_eq!(guest.bytes(200, 4), b"A=1\0");
}

#[test]
fn standard_streams_are_what_the_host_says() {
    let (output, errors) = (OutputBuffer::new(), OutputBuffer::new());
    let ctx =
        WasiCtx::builder().stdin(&b"some input"[..]).stdout(output.clone()).stderr(errors.clone()).build();
    let mut guest = Guest::new(ctx);
    guest.put_words(0, &[100, 4, 200, 100]);
    assert_eq!(guest.errno("fd_read", &[0, 0, 1, 64]), SUCCESS);
    assert_eq!(guest.word(64), 4);
    assert_eq!(guest.bytes(100, 4), b"some");
    guest.put(200, b"!\n");
    guest.put_words(12, &[2]);
    assert_eq!(guest.errno("fd_write", &[1, 0, 2, 64]), SUCCESS);
    assert_eq!(guest.word(64), 6);
    assert_eq!(guest.errno("fd_write", &[2, 8, 1, 64]), SUCCESS);
    assert_eq!(output.contents(), b"some!\n");
    assert_eq!(errors.contents(), b"!\n");
}

#[test]
fn a_new_context_grants_nothing() {
    let mut guest = Guest::new(WasiCtx::builder().build());
    assert_eq!(guest.errno("args_sizes_get", &[0, 4]), SUCCESS);
    assert_eq!(guest.word(0), 0);
    assert_eq!(guest.errno("fd_prestat_get", &[3, 0]), BADF);
    assert_eq!(guest.open("file", 0), Err(BADF));
    guest.put_words(0, &[100, 4]);
    assert_eq!(guest.errno("fd_read", &[0, 0, 1, 64]), SUCCESS);
    assert_eq!(guest.word(64), 0, "standard input is empty");
}

#[test]
fn files_are_found_below_the_preopened_directory_only() {
    let outer = tempfile::tempdir().unwrap();
    fs::write(outer.path().join("secret"), "s").unwrap();
    let inner = outer.path().join("inner");
    fs::create_dir(&inner).unwrap();
    fs::write(inner.join("in"), "0123456789").unwrap();

    let mut guest = Guest::new(WasiCtx::builder().preopened_dir(&inner, "/data").unwrap().build());
    assert_eq!(guest.errno("fd_prestat_get", &[3, 0]), SUCCESS);
    assert_eq!((guest.word(0), guest.word(4)), (0, 5));
    assert_eq!(guest.errno("fd_prestat_dir_name", &[3, 16, 5]), SUCCESS);
    assert_eq!(guest.bytes(16, 5), b"/data");

    let fd = guest.open("in", 0).unwrap();
    guest.put_words(0, &[100, 3]);
    assert_eq!(guest.errno("fd_seek", &[fd, -4, 2, 64]), SUCCESS);
    assert_eq!(guest.long(64), 6);
    assert_eq!(guest.errno("fd_read", &[fd, 0, 1, 64]), SUCCESS);
    assert_eq!(guest.bytes(100, 3), b"678");
    assert_eq!(guest.errno("fd_close", &[fd]), SUCCESS);
    assert_eq!(guest.errno("fd_close", &[fd]), BADF);

    const CREATE: i64 = 1;
    let fd = guest.open("out", CREATE).unwrap();
    assert_eq!(guest.errno("fd_write", &[fd, 0, 1, 64]), SUCCESS);
    assert_eq!(guest.errno("fd_close", &[fd]), SUCCESS);
    assert_eq!(fs::read(inner.join("out")).unwrap(), b"678");

    assert_eq!(guest.open("missing", 0), Err(NOENT));
    for outside in ["../secret", "/etc/passwd"] {
        let errno = guest.open(outside, 0).unwrap_err();
        assert!(NOTCAPABLE_OR_PERM.contains(&errno), "{outside}: errno {errno}");
    }
}

#[test]
fn descriptor_flags_change() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("log"), "0123").unwrap();
    let mut guest = Guest::new(WasiCtx::builder().preopened_dir(folder.path(), ".").unwrap().build());
    let fd = guest.open("log", 0).unwrap();
    const APPEND: i64 = 1;
    guest.put_words(0, &[100, 1]);
    for (flags, byte) in [(APPEND, b'a'), (0, b'b'), (APPEND, b'c')] {
        assert_eq!(guest.errno("fd_fdstat_set_flags", &[fd, flags]), SUCCESS);
        assert_eq!(guest.errno("fd_seek", &[fd, 1, 0, 64]), SUCCESS);
        guest.put(100, &[byte]);
        assert_eq!(guest.errno("fd_write", &[fd, 0, 1, 64]), SUCCESS);
    }
    assert_eq!(fs::read(folder.path().join("log")).unwrap(), b"0b23ac");
}

#[test]
fn clocks_run_and_random_bytes_vary() {
    let mut guest = Guest::new(WasiCtx::builder().build());
    const REALTIME: i64 = 0;
    const MONOTONIC: i64 = 1;
    assert_eq!(guest.errno("clock_time_get", &[REALTIME, 1, 0]), SUCCESS);
    let year_2020 = 1_577_836_800_000_000_000;
    assert!(guest.long(0) > year_2020);
    assert_eq!(guest.errno("clock_time_get", &[MONOTONIC, 1, 0]), SUCCESS);
    assert_eq!(guest.errno("clock_time_get", &[MONOTONIC, 1, 8]), SUCCESS);
    assert!(guest.long(8) >= guest.long(0));
    assert_eq!(guest.errno("clock_res_get", &[MONOTONIC, 0]), SUCCESS);
    assert_ne!(guest.long(0), 0);
    assert_eq!(guest.errno("random_get", &[0, 32]), SUCCESS);
    assert_ne!(guest.bytes(0, 16), guest.bytes(16, 16));

    let mut guest = Guest::new(WasiCtx::builder().random_cycle(&[1, 2, 3]).build());
    assert_eq!(guest.errno("random_get", &[0, 4]), SUCCESS);
    assert_eq!(guest.bytes(0, 4), [1, 2, 3, 1]);
}

#[test]
fn proc_exit_carries_its_code() {
    let mut guest = Guest::new(WasiCtx::builder().build());
    for module in MODULES {
        guest.module = module;
        for code in [0, 3, 255, -1] {
            match guest.call("proc_exit", &[code]) {
                Err(Error::Exit(exit)) => assert_eq!(exit, Exit(code as i32)),
                other => panic!("{module}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_pointer_outside_the_memory_traps_with_a_message() {
    let mut guest = Guest::new(WasiCtx::builder().arg("a").unwrap().build());
    let end = Guest::SIZE as i64;
    // The list of io vectors, a buffer it points to, the result, wrapping addresses, an unaligned one.
    guest.put_words(0, &[u32::MAX, 4]);
    guest.put_words(16, &[(end - 2) as u32, 4]);
    guest.put_words(32, &[100, u32::MAX]);
    for arguments in [
        [1, end, 1, 64],
        [1, end - 8, 2, 64],
        [1, 0, 1, 64],
        [1, 16, 1, 64],
        [1, 32, 1, 64],
        [1, 40, 0, end - 2],
        [1, -8, 1, 64],
        [1, 0, -1, 64],
        [1, 2, 1, 64],
    ] {
        let error = guest.call("fd_write", &arguments).expect_err(&format!("{arguments:?}"));
        let message = error.to_string();
        assert!(matches!(error, Error::Failed { function: "fd_write", .. }), "{message}");
        assert!(message.starts_with("fd_write: Pointer "), "{message}");
    }
    assert!(matches!(guest.call("args_get", &[0, end - 1]), Err(Error::Failed { .. })));
    assert!(matches!(guest.call("random_get", &[end - 4, 8]), Err(Error::Failed { .. })));
}

#[test]
fn invalid_values_are_errors_that_the_guest_sees() {
    let mut guest = Guest::new(WasiCtx::builder().build());
    assert_eq!(guest.errno("clock_time_get", &[77, 1, 0]), INVAL);
    assert_eq!(guest.errno("fd_seek", &[1, 0, 9, 0]), INVAL);
    assert_eq!(guest.errno("fd_fdstat_set_flags", &[1, 0x7fff]), INVAL);
    assert_eq!(guest.errno("fd_write", &[99, 0, 0, 64]), BADF);
    assert_eq!(guest.errno("poll_oneoff", &[0, 0, 0, 64]), INVAL);
}

#[test]
fn no_function_panics_on_any_argument() {
    let directory = tempfile::tempdir().unwrap();
    let values = [0, 1, 3, 8, 0xfff0, 0xffff, 0x1_0000, i64::from(i32::MAX), -1];
    for function in functions().filter(|function| function.name() != "poll_oneoff") {
        let builder = WasiCtx::builder().arg("a").unwrap().preopened_dir(directory.path(), "/").unwrap();
        let mut guest = Guest::new(builder.build());
        guest.module = function.module();
        let count = function.ty().params.len();
        for round in 0..60 {
            // A fixed pseudo-random walk over the values.
            let arguments: Vec<_> =
                (0..count).map(|i| values[(round * 7 + i * (round + 3)) % values.len()]).collect();
            if let Err(Error::Failed { message, .. }) = guest.call(function.name(), &arguments) {
                assert_ne!(message, "internal error", "{function:?} {arguments:?}");
            }
        }
    }
}

#[test]
fn the_builder_refuses_what_a_guest_could_not_be_given() {
    let builder = WasiCtx::builder;
    assert!(matches!(builder().arg("a\0b"), Err(BuildError::ZeroByte { .. })));
    assert!(matches!(builder().env("", "x"), Err(BuildError::VariableName { .. })));
    assert!(matches!(builder().env("A=B", "x"), Err(BuildError::VariableName { .. })));
    assert!(matches!(builder().env("A", "\0"), Err(BuildError::ZeroByte { .. })));
    let error = builder().preopened_dir("/no/such/directory", "/").err().unwrap().to_string();
    assert_eq!(error, "cannot open the directory /no/such/directory: No such file or directory (os error 2)");
    let file = tempfile::NamedTempFile::new().unwrap();
    assert!(matches!(builder().preopened_dir(file.path(), "/"), Err(BuildError::Directory { .. })));
}

/// A shared memory and a guest that has it.
struct SharedGuest {
    memory: SharedMemory,
    ctx: WasiCtx,
}

impl SharedGuest {
    fn call(&mut self, name: &str, arguments: &[i64]) -> Result<i32, Error> {
        let mut slots: Vec<_> = arguments.iter().map(|&argument| ValRaw::i64(argument)).collect();
        let function = function(MODULES[0], name).unwrap();
        function.call(&mut self.ctx, Bytes::Shared(self.memory.cells()), &mut slots)?;
        Ok(slots[0].get_i32())
    }

    fn put(&self, address: u64, bytes: &[u8]) {
        self.memory.write(address, bytes).unwrap();
    }

    fn get<const N: usize>(&self, address: u64) -> [u8; N] {
        let mut bytes = [0; N];
        self.memory.read(address, &mut bytes).unwrap();
        bytes
    }
}

#[test]
fn a_shared_memory_serves_as_any_other() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "contents").unwrap();
    let output = OutputBuffer::new();
    let ctx = WasiCtx::builder()
        .arg("prog")
        .unwrap()
        .stdin(&b"input"[..])
        .stdout(output.clone())
        .preopened_dir(folder.path(), "/")
        .unwrap()
        .random_cycle(&[7])
        .build();
    let ty = wootz_wasm_types::MemoryType {
        memory64: false,
        shared: true,
        minimum: 1,
        maximum: Some(1),
        page_size_log2: 16,
    };
    let memory = SharedMemory::new(ty, CheckStrategy::Guard, &MemorySettings::default()).unwrap();
    let mut guest = SharedGuest { memory, ctx };

    assert_eq!(guest.call("args_get", &[16, 100]).unwrap(), SUCCESS);
    assert_eq!(&guest.get::<5>(100), b"prog\0");
    assert_eq!(guest.call("random_get", &[200, 3]).unwrap(), SUCCESS);
    assert_eq!(guest.get(200), [7, 7, 7, 0]);
    // One vector at 0: eight bytes at 300.
    guest.put(0, &[44, 1, 0, 0, 8, 0, 0, 0]);
    assert_eq!(guest.call("fd_read", &[0, 0, 1, 8]).unwrap(), SUCCESS);
    assert_eq!((guest.get(8), &guest.get::<8>(300)), ([5, 0, 0, 0], b"input\0\0\0"));
    assert_eq!(guest.call("fd_write", &[1, 0, 1, 8]).unwrap(), SUCCESS);
    assert_eq!(output.contents(), b"input\0\0\0");
    guest.put(400, b"file");
    assert_eq!(guest.call("path_open", &[3, 0, 400, 4, 0, 1 << 1 | 1 << 2, 0, 0, 8]).unwrap(), SUCCESS);
    let file = i64::from(u32::from_le_bytes(guest.get(8)));

    // What one thread opens, another reads, until one closes it.
    let other = guest.ctx.share();
    let mut other = SharedGuest { memory: guest.memory.clone(), ctx: other };
    assert_eq!(other.call("fd_pread", &[file, 0, 1, 3, 8]).unwrap(), SUCCESS);
    assert_eq!(&other.get::<5>(300), b"tents");
    assert_eq!(other.call("fd_readdir", &[3, 500, 200, 0, 8]).unwrap(), SUCCESS);
    assert_eq!(other.call("fd_fdstat_set_flags", &[file, 1]).unwrap(), NOTSUP);
    assert_eq!(other.call("fd_close", &[file]).unwrap(), SUCCESS);
    assert_eq!(guest.call("fd_read", &[file, 0, 1, 8]).unwrap(), BADF);

    let outside = guest.call("fd_write", &[1, 65532, 1, 8]).unwrap_err();
    assert!(matches!(&outside, Error::Failed { function: "fd_write", .. }), "{outside}");
}
