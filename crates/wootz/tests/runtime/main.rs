//! The runtime under compiled code: traps, host functions, linking, threads, in every mode of compilation.
//!
//! These tests stand here because the runtime itself must not know the compiler. They use its API, not this crate's.

mod host;
mod images;
mod instances;
mod interrupts;
mod memories;
mod stack;
mod threads;
mod traps;

use wootz_codegen_llvm::{CompileOptions, Cpu, OptLevel, compile_image};
use wootz_runtime::{
    CallError, CheckStrategy, Extern, Func, Image, Instance, InstantiateError, Store, StoreConfig, TrapCode,
    Val,
};

/// How a module is compiled.
#[derive(Copy, Clone, PartialEq, Debug)]
struct Mode {
    opt: OptLevel,
    checks: CheckStrategy,
}

const MODES: [Mode; 4] = [
    Mode { opt: OptLevel::O0, checks: CheckStrategy::Guard },
    Mode { opt: OptLevel::O0, checks: CheckStrategy::Explicit },
    Mode { opt: OptLevel::O2, checks: CheckStrategy::Guard },
    Mode { opt: OptLevel::O2, checks: CheckStrategy::Explicit },
];

/// The mode of tests to which the mode makes no difference.
const USUAL: Mode = MODES[0];

impl Mode {
    fn options(self) -> CompileOptions {
        CompileOptions {
            opt: self.opt,
            checks: self.checks,
            cpu: Cpu::Native,
            verify: true,
            ..CompileOptions::default()
        }
    }

    fn image(self, wat: &str) -> Image {
        let module =
            wootz_wasm_ir::Module::new(wat.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{wat}"));
        let image = compile_image(&module, &self.options()).unwrap_or_else(|error| panic!("{error}\n{wat}"));
        Image::load(&image).unwrap()
    }

    fn store(self) -> Store {
        Store::new(StoreConfig { checks: self.checks, ..StoreConfig::default() }, Box::new(()))
    }

    fn instantiate(self, wat: &str, imports: &[Extern]) -> (Store, Instance) {
        let mut store = self.store();
        let instance = self.add(&mut store, wat, imports).unwrap();
        (store, instance)
    }

    fn add(self, store: &mut Store, wat: &str, imports: &[Extern]) -> Result<Instance, InstantiateError> {
        Instance::new(store, &self.image(wat), imports)
    }
}

fn func(store: &Store, instance: Instance, name: &str) -> Func {
    let export = instance.export(store, name).unwrap_or_else(|| panic!("no export {name}"));
    export.into_func().unwrap_or_else(|| panic!("{name} is not a function"))
}

fn call(store: &mut Store, instance: Instance, name: &str, args: &[Val]) -> Result<Vec<Val>, CallError> {
    func(store, instance, name).call(store, args)
}

/// Whether this process is there for one test only. If not, such a process is started, and the test is what that says: other
/// tests take memory at the same time.
fn alone(test: &str) -> bool {
    const ALONE: &str = "WOOTZ_RUNTIME_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let this = std::env::current_exe().unwrap();
    let output = std::process::Command::new(this).args(["--exact", test]).env(ALONE, "").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{}\n{text}", output.status);
    false
}

/// Calls what traps a million times, without the process growing.
fn trap_a_million_times(store: &mut Store, func: &Func, code: TrapCode) {
    let before = resident_pages();
    for _ in 0..1_000_000 {
        match func.call_raw(store, &mut []) {
            Err(CallError::Trap(trap)) => assert_eq!(trap.code, code),
            other => panic!("{other:?}"),
        }
    }
    let grown = resident_pages().saturating_sub(before);
    assert!(grown < 5000, "{grown} more pages after a million traps");
}

/// Pages of this process that are in memory.
fn resident_pages() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse().unwrap()
}

/// Names of a trap's frames, innermost first.
fn names(error: &CallError) -> Vec<&str> {
    let frames = match error {
        CallError::Trap(trap) => &trap.frames,
        CallError::Host { frames, .. } => frames,
        CallError::Arguments(error) => panic!("{error}"),
    };
    frames.iter().map(|frame| frame.name.as_deref().unwrap_or("?")).collect()
}
