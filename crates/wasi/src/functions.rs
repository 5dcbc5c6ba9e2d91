//! Every function of the interface, in one table: name, signature, call.
//!
//! A signature written wrong does not compile: the call hands its parameters to the generated function of that name.

use std::cell::UnsafeCell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use wasi_common::I32Exit;
use wasi_common::snapshots::preview_0::wasi_unstable;
use wasi_common::snapshots::preview_1::types::Errno;
use wasi_common::snapshots::preview_1::wasi_snapshot_preview1;
use wiggle::{GuestError, GuestMemory};
use wootz_runtime::ValRaw;
use wootz_wasm_types::{FuncType, ValType};

use crate::{Error, Exit, WasiCtx};

/// The modules that a guest may import from: preview 1, and what came before it with the same signatures.
pub const MODULES: [&str; 2] = ["wasi_snapshot_preview1", "wasi_unstable"];

/// The name under which a guest exports the memory that addresses refer to.
pub const MEMORY: &str = "memory";

/// A function of the interface.
pub struct Function {
    module: &'static str,
    name: &'static str,
    params: &'static [Param],
    results: &'static [ValType],
    call: fn(&mut wasi_common::WasiCtx, &mut GuestMemory<'_>, &mut [ValRaw]) -> wiggle::error::Result<()>,
}

/// The caller's memory, aligned to 8 bytes.
#[derive(Debug)]
pub enum Bytes<'a> {
    /// One that nobody else uses during the call.
    Own(&'a mut [u8]),
    /// One that other threads use at the same time.
    Shared(&'a [UnsafeCell<u8>]),
}

impl<'a, M: AsMut<[u8]> + ?Sized> From<&'a mut M> for Bytes<'a> {
    fn from(bytes: &'a mut M) -> Self {
        Self::Own(bytes.as_mut())
    }
}

/// A parameter: an address is passed as an `i32`, but needs a memory.
#[derive(Copy, Clone, PartialEq, Eq)]
enum Param {
    I32,
    I64,
    Address,
}

/// A parameter that comes out of a slot.
trait Slot {
    fn get(slot: ValRaw) -> Self;
}

impl Slot for i32 {
    fn get(slot: ValRaw) -> Self {
        slot.get_i32()
    }
}

impl Slot for i64 {
    fn get(slot: ValRaw) -> Self {
        slot.get_i64()
    }
}

macro_rules! param {
    (i32) => {
        Param::I32
    };
    (i64) => {
        Param::I64
    };
    (addr) => {
        Param::Address
    };
}

macro_rules! results {
    (errno) => {
        &[ValType::I32]
    };
    (never) => {
        &[]
    };
}

macro_rules! call {
    // The library refuses exit codes from 126 up; a guest's code is its own.
    ($module:ident proc_exit($code:ident)) => {
        |_, _, slots| Err(wiggle::error::Error::new(I32Exit(Slot::get(slots[0]))))
    };
    ($module:ident $name:ident($($param:ident),*)) => {
        |ctx, memory, slots| {
            #[allow(unused_mut, unused_variables, reason = "a function without parameters takes none")]
            let mut arguments = slots.iter().copied();
            $(let $param = Slot::get(arguments.next().expect("a slot for each parameter"));)*
            let call = $module::$name(ctx, memory $(, $param)*);
            let errno: i32 = wiggle::run_in_dummy_executor(call)??;
            slots[0] = ValRaw::i32(errno);
            Ok(())
        }
    };
}

macro_rules! table {
    ($module:ident: $($name:ident($($param:ident: $ty:ident),*) -> $result:ident;)*) => {
        &[$(Function {
            module: stringify!($module),
            name: stringify!($name),
            params: &[$(param!($ty)),*],
            results: results!($result),
            call: call!($module $name($($param),*)),
        },)*]
    };
}

/// The functions that both modules have, then those of one.
macro_rules! functions {
    ($module:ident: $($own:tt)*) => {
        table! {
            $module:
            args_get(argv: addr, argv_buf: addr) -> errno;
            args_sizes_get(count: addr, size: addr) -> errno;
            environ_get(environ: addr, environ_buf: addr) -> errno;
            environ_sizes_get(count: addr, size: addr) -> errno;
            clock_res_get(clock: i32, resolution: addr) -> errno;
            clock_time_get(clock: i32, precision: i64, time: addr) -> errno;
            fd_advise(fd: i32, offset: i64, len: i64, advice: i32) -> errno;
            fd_allocate(fd: i32, offset: i64, len: i64) -> errno;
            fd_close(fd: i32) -> errno;
            fd_datasync(fd: i32) -> errno;
            fd_fdstat_get(fd: i32, stat: addr) -> errno;
            fd_fdstat_set_flags(fd: i32, flags: i32) -> errno;
            fd_fdstat_set_rights(fd: i32, base: i64, inheriting: i64) -> errno;
            fd_filestat_get(fd: i32, stat: addr) -> errno;
            fd_filestat_set_size(fd: i32, size: i64) -> errno;
            fd_filestat_set_times(fd: i32, atim: i64, mtim: i64, flags: i32) -> errno;
            fd_pread(fd: i32, iovs: addr, count: i32, offset: i64, read: addr) -> errno;
            fd_prestat_get(fd: i32, prestat: addr) -> errno;
            fd_prestat_dir_name(fd: i32, path: addr, len: i32) -> errno;
            fd_pwrite(fd: i32, iovs: addr, count: i32, offset: i64, written: addr) -> errno;
            fd_read(fd: i32, iovs: addr, count: i32, read: addr) -> errno;
            fd_readdir(fd: i32, buf: addr, len: i32, cookie: i64, used: addr) -> errno;
            fd_renumber(fd: i32, to: i32) -> errno;
            fd_seek(fd: i32, offset: i64, whence: i32, position: addr) -> errno;
            fd_sync(fd: i32) -> errno;
            fd_tell(fd: i32, position: addr) -> errno;
            fd_write(fd: i32, iovs: addr, count: i32, written: addr) -> errno;
            path_create_directory(fd: i32, path: addr, len: i32) -> errno;
            path_filestat_get(fd: i32, flags: i32, path: addr, len: i32, stat: addr) -> errno;
            path_filestat_set_times(fd: i32, lookup: i32, path: addr, len: i32, atim: i64, mtim: i64, flags: i32)
                -> errno;
            path_link(old_fd: i32, flags: i32, old: addr, old_len: i32, new_fd: i32, new: addr, new_len: i32)
                -> errno;
            path_open(
                fd: i32, lookup: i32, path: addr, len: i32, oflags: i32, base: i64, inheriting: i64, flags: i32, opened: addr
            ) -> errno;
            path_readlink(fd: i32, path: addr, len: i32, buf: addr, buf_len: i32, used: addr) -> errno;
            path_remove_directory(fd: i32, path: addr, len: i32) -> errno;
            path_rename(fd: i32, old: addr, old_len: i32, new_fd: i32, new: addr, new_len: i32) -> errno;
            path_symlink(old: addr, old_len: i32, fd: i32, new: addr, new_len: i32) -> errno;
            path_unlink_file(fd: i32, path: addr, len: i32) -> errno;
            poll_oneoff(subscriptions: addr, events: addr, count: i32, stored: addr) -> errno;
            proc_exit(code: i32) -> never;
            proc_raise(signal: i32) -> errno;
            sched_yield() -> errno;
            random_get(buf: addr, len: i32) -> errno;
            sock_recv(fd: i32, iovs: addr, count: i32, flags: i32, read: addr, out_flags: addr) -> errno;
            sock_send(fd: i32, iovs: addr, count: i32, flags: i32, written: addr) -> errno;
            sock_shutdown(fd: i32, how: i32) -> errno;
            $($own)*
        }
    };
}

static PREVIEW_1: &[Function] = functions! {
    wasi_snapshot_preview1:
    sock_accept(fd: i32, flags: i32, accepted: addr) -> errno;
};
static UNSTABLE: &[Function] = functions! { wasi_unstable: };

/// Every function of every module of [`MODULES`].
pub fn functions() -> impl Iterator<Item = &'static Function> {
    PREVIEW_1.iter().chain(UNSTABLE)
}

/// The function of a module by its name, if there is one.
pub fn function(module: &str, name: &str) -> Option<&'static Function> {
    functions().find(|function| function.module == module && function.name == name)
}

impl Function {
    /// The module to import it from.
    pub fn module(&self) -> &'static str {
        self.module
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its signature.
    pub fn ty(&self) -> FuncType {
        let params = self.params.iter().map(|param| match param {
            Param::I32 | Param::Address => ValType::I32,
            Param::I64 => ValType::I64,
        });
        FuncType::new(params, self.results.iter().copied())
    }

    /// Whether it reads or writes the caller's memory.
    pub fn needs_memory(&self) -> bool {
        self.params.contains(&Param::Address)
    }

    /// Calls it over the caller's memory. `slots` holds the arguments, then the result.
    ///
    /// # Errors
    /// [`Error::Exit`] from `proc_exit`, [`Error::Failed`] where the interface says that the call traps.
    ///
    /// # Panics
    /// If there are fewer slots than parameters and results.
    pub fn call<'a>(
        &self,
        ctx: &mut WasiCtx,
        memory: impl Into<Bytes<'a>>,
        slots: &mut [ValRaw],
    ) -> Result<(), Error> {
        assert!(slots.len() >= self.params.len().max(self.results.len()), "too few slots for {}", self.name);
        let mut memory = match memory.into() {
            Bytes::Own(bytes) => GuestMemory::Unshared(bytes),
            Bytes::Shared(cells) => GuestMemory::Shared(cells),
        };
        // A file older than 1970 and a poll with a coarse clock make the library panic: that must not reach the host.
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.call)(&mut ctx.0, &mut memory, slots)))
            .map_err(|_| self.failed("internal error"))?;
        if let Err(error) = outcome {
            slots[0] = ValRaw::i32(self.errno(error)?);
        }
        Ok(())
    }

    /// The `errno` for an error that the library would trap on although the interface has a number for it.
    fn errno(&self, error: wiggle::error::Error) -> Result<i32, Error> {
        if let Some(exit) = error.downcast_ref::<I32Exit>() {
            return Err(Error::Exit(Exit(exit.0)));
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Ok(errno_of(error.kind()) as i32);
        }
        let error = error.downcast::<GuestError>().map_err(|error| self.failed(format!("{error:#}")))?;
        let error = innermost(error);
        let message = error.to_string();
        match wasi_common::Error::from(error).downcast() {
            Ok(errno) => Ok(errno as i32),
            Err(_) => Err(self.failed(message)),
        }
    }

    fn failed(&self, message: impl Into<String>) -> Error {
        Error::Failed { function: self.name, message: message.into() }
    }
}

/// The number for an error of the host's system that the library has none for.
fn errno_of(error: io::ErrorKind) -> Errno {
    match error {
        io::ErrorKind::ReadOnlyFilesystem => Errno::Rofs,
        io::ErrorKind::CrossesDevices => Errno::Xdev,
        io::ErrorKind::ExecutableFileBusy => Errno::Txtbsy,
        io::ErrorKind::Unsupported => Errno::Notsup,
        _ => Errno::Io,
    }
}

/// The error without the function's name and the step around it.
fn innermost(error: GuestError) -> GuestError {
    match error {
        GuestError::InFunc { err, .. } => innermost(*err),
        error => error,
    }
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}{}", self.module, self.name, self.ty())
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::function;
    use crate::Error;

    /// What the guest gets for an error that the library would trap on.
    fn errno(error: io::Error) -> Result<i32, Error> {
        let error = wasi_common::Error::trap(wiggle::error::Error::new(error).context("Unknown OS error"));
        let error = error.downcast().expect_err("a trap");
        function("wasi_snapshot_preview1", "path_rename").unwrap().errno(error)
    }

    #[test]
    fn every_error_of_the_system_has_a_number() {
        assert_eq!(errno(io::ErrorKind::CrossesDevices.into()).unwrap(), 75);
        assert_eq!(errno(io::ErrorKind::ReadOnlyFilesystem.into()).unwrap(), 69);
        assert_eq!(errno(io::ErrorKind::ExecutableFileBusy.into()).unwrap(), 74);
        assert_eq!(
            errno(io::Error::from_raw_os_error(25)).unwrap(),
            29,
            "anything else is an input/output error"
        );
    }

    #[test]
    fn other_errors_end_the_guest_with_their_message() {
        let function = function("wasi_snapshot_preview1", "path_rename").unwrap();
        let error = function.errno(wiggle::error::Error::msg("the reason")).unwrap_err();
        assert_eq!(error.to_string(), "path_rename: the reason");
    }
}
