//! Process-wide initialisation of LLVM.

use std::ffi::CStr;
use std::sync::OnceLock;

use inkwell::targets::{InitializationConfig, Target};
use llvm_sys::support::LLVMParseCommandLineOptions;

/// Options that exist only on LLVM's command line. The first is the program's name.
///
/// The cmov converter turns a load that feeds a select into one behind a branch, volatile or not, and its trap is lost
/// (llvm-project issue 219814, not fixed in 22.1). Strength reduction of loops takes a tenth of the time of compiling, and code is not
/// slower without it (`docs/decisions/0048-no-strength-reduction.md`).
const OPTIONS: [&CStr; 3] = [c"wootz", c"-x86-cmov-converter-force-mem-operand=false", c"-disable-lsr"];

static INIT: OnceLock<()> = OnceLock::new();

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
        let arguments = OPTIONS.map(CStr::as_ptr);
        // SAFETY: the array holds as many NUL-terminated strings as its length says; LLVM copies what it keeps. The
        // options are written only here, once, and no other thread reads them before `INIT` is set.
        unsafe {
            LLVMParseCommandLineOptions(arguments.len() as i32, arguments.as_ptr(), std::ptr::null());
        }
    });
}
