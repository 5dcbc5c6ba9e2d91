//! Process-wide initialisation of LLVM.

use std::ffi::{CStr, CString, NulError};
use std::sync::OnceLock;

use inkwell::targets::{InitializationConfig, Target};
use llvm_sys::support::LLVMParseCommandLineOptions;

/// Options that exist only on LLVM's command line. The first is the program's name.
///
/// - The cmov converter turns a load that feeds a select into one behind a branch, volatile or not, and its trap is lost
///   (llvm-project issue 219814, not fixed in 22.1).
/// - Strength reduction of loops takes a tenth of the time of compiling, and code is not slower without it
///   (`docs/decisions/0048-no-strength-reduction.md`).
/// - What LLVM has hoisted out of a loop that has no register for it is computed where it is used
///   (`docs/decisions/0060-back-into-large-loops.md`).
const OPTIONS: [&CStr; 5] = [
    c"wootz",
    c"-x86-cmov-converter-force-mem-operand=false",
    c"-disable-lsr",
    c"-sink-insts-to-avoid-spills",
    c"-cgp-max-address-users-to-scan=1000",
];

static INIT: OnceLock<()> = OnceLock::new();
/// Options that a developer gave.
static GIVEN: OnceLock<Vec<CString>> = OnceLock::new();

/// Gives options of LLVM's command line to this process, for experiments: they may change what code means. To be called once, before
/// anything is compiled; later it is without effect. LLVM's C API does not tell which options it does not know, and leaves them out.
///
/// # Errors
/// If an option contains a zero byte.
pub fn set_options(options: &[String]) -> Result<(), NulError> {
    let given = options.iter().map(|option| CString::new(option.as_str())).collect::<Result<_, _>>()?;
    let _ = GIVEN.set(given);
    Ok(())
}

/// Initialises LLVM's back ends and sets the options of this process. Idempotent and thread-safe.
pub(crate) fn init() {
    INIT.get_or_init(|| {
        let config = InitializationConfig {
            asm_parser: true,
            asm_printer: true,
            base: true,
            disassembler: true,
            info: true,
            machine_code: true,
        };
        Target::initialize_x86(&config);
        Target::initialize_aarch64(&config);
        let given = GIVEN.get().map_or(&[][..], Vec::as_slice);
        let arguments: Vec<_> =
            OPTIONS.into_iter().chain(given.iter().map(CString::as_c_str)).map(CStr::as_ptr).collect();
        // SAFETY: the array holds as many NUL-terminated strings as its length says; LLVM copies what it keeps. The
        // options are written only here, once, and no other thread reads them before `INIT` is set.
        unsafe {
            LLVMParseCommandLineOptions(arguments.len() as i32, arguments.as_ptr(), std::ptr::null());
        }
    });
}
