//! Links relocatable objects into an image, for [`compile_image`](crate::compile_image) and for whoever has objects from elsewhere.
//!
//! An image is position independent and needs no relocation when it is loaded, so the linker accepts less than others:
//! code, constants, unwind and debug information, the small code model, every function hidden, and of the
//! outside world only the [library calls](wootz_vm_abi::libcall). Writable data, absolute addresses in code or
//! constants, thread-local storage and any other undefined symbol are errors with their place. `docs/image.md` has the
//! layout and what becomes of each relocation.
//!
//! ```
//! use object::{Object as _, ObjectSection as _};
//! use wootz_codegen_llvm::{CompileOptions, Machine, compile_object, link};
//! use wootz_wasm_ir::Module;
//!
//! let module = Module::new(r#"(module (func (export "f")) (data "hello"))"#.as_bytes())?;
//! let object = compile_object(&module, &CompileOptions::default())?;
//! let image = link::link(&[&object], &link::ImageParts {
//!     machine: Machine::X86_64,
//!     cpu_features: &[],
//!     declarations: module.declarations(),
//!     module: module.bytes(),
//!     memory_plans: &[],
//!     fuel: false,
//!     counted: None,
//!     sources: &[],
//!     debug: None,
//! })?;
//! let file = object::File::parse(&*image)?;
//! let data = file.section_by_name(wootz_vm_abi::image::DATA).expect("every image has one");
//! assert_eq!(data.data()?, b"hello");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | file | phase |
//! |---|---|
//! | `input` | read the objects: sections to keep, symbols, relocations |
//! | `symbols` | resolve symbols across objects, find the library calls |
//! | `layout` | merge sections and give them addresses |
//! | `relocate` | write the value of each relocation |
//! | `machine` | what each machine has its own: kinds of relocations, stubs |
//! | `unwind` | close `.eh_frame`, make its search table |
//! | `calls` | what comes after calls, for unwinding from there |
//! | `debug` | sources and variables instead of LLVM's debug information, if wanted |
//! | `info` | the module information and the address map |
//! | `write` | the ELF file of an image |
//! | `split` | the debug information of an image in a file of its own |
//! | `object` | instead of an image, an object for the linker of a program |
//! | `fragment` | instead of an image, code for a module whose functions are compiled one by one |

mod calls;
mod debug;
mod error;
mod fragment;
mod info;
mod input;
mod layout;
mod machine;
mod object;
mod relocate;
mod split;
mod symbols;
mod unwind;
mod write;

pub use debug::DebugParts;
pub use error::{LinkError, Place, RelocationProblem};
pub(crate) use fragment::fragment;
pub use split::{SplitImage, split_debug};

use layout::{Form, Layout};
use machine::Arch;
pub(crate) use object::LinkedImportPlace;
use wootz_vm_abi::branches::CountedCode;
use wootz_vm_abi::machine::Machine;
use wootz_vm_abi::plan::MemoryPlan;
use wootz_vm_abi::seal::seal;
use wootz_wasm_ir::Declarations;

use crate::measure::Stopwatch;
use crate::report::{Phase, PhaseTimes};

/// What an image says of its module besides its code.
#[derive(Copy, Clone, Debug)]
pub struct ImageParts<'a> {
    /// The machine that the objects are for.
    pub machine: Machine,
    /// CPU features that the code needs and may not be present everywhere, by LLVM's names.
    pub cpu_features: &'a [String],
    /// The module's declarations.
    pub declarations: &'a Declarations,
    /// The module's binary, which the declarations' data segments are ranges of.
    pub module: &'a [u8],
    /// Plan of each memory, imported ones included.
    pub memory_plans: &'a [MemoryPlan],
    /// Whether the code consumes fuel.
    pub fuel: bool,
    /// The module's code, if the objects count its branches.
    pub counted: Option<CountedCode>,
    /// The lines of the module's sources, encoded [`Sources`](wootz_vm_abi::sources); empty if it has no DWARF.
    pub sources: &'a [u8],
    /// What debug information for debuggers is made from, if there is to be any.
    pub debug: Option<DebugParts<'a>>,
}

/// Links objects into an image. The same objects in the same order give the same bytes.
///
/// The objects define `wasm[N]` for each function of the module, `host_entry[T]` and `host_exit[T]` for the types that
/// need a trampoline. Local symbols are those of their object; global ones are defined once.
///
/// # Errors
/// [`LinkError`] for an object that is malformed or asks for more than an image can give.
pub fn link(objects: &[&[u8]], parts: &ImageParts<'_>) -> Result<Vec<u8>, LinkError> {
    link_timed(objects, parts, &mut PhaseTimes::default())
}

/// The same, for whoever wants to know how long it took.
pub(crate) fn link_timed(
    objects: &[&[u8]],
    parts: &ImageParts<'_>,
    times: &mut PhaseTimes,
) -> Result<Vec<u8>, LinkError> {
    let mut watch = Stopwatch::start();
    let objects = input::read(objects, parts.machine)?;
    let symbols = symbols::resolve(&objects, false)?;
    times.add(Phase::Link, watch.lap());
    let linked = Linked::new(&objects, &symbols, parts, times)?;
    watch.lap();
    let mut image = write::image(&objects, &symbols, &linked.layout, &linked.contents)?;
    seal(&mut image);
    times.add(Phase::Link, watch.lap());
    Ok(image)
}

/// Links the objects of a module and the one with its C functions into an object for the linker of a program. The same
/// objects give the same bytes.
///
/// # Errors
/// As [`link`].
pub(crate) fn link_object(
    objects: &[&[u8]],
    c_functions: &[u8],
    imports: &[LinkedImportPlace],
    imports_size: usize,
    parts: &ImageParts<'_>,
    times: &mut PhaseTimes,
) -> Result<Vec<u8>, LinkError> {
    let mut watch = Stopwatch::start();
    let module = input::read(objects, parts.machine)?;
    let symbols = symbols::resolve(&module, false)?;
    times.add(Phase::Link, watch.lap());
    let image = Linked::new(&module, &symbols, parts, times)?;
    watch.lap();

    let all = [objects, &[c_functions]].concat();
    let objects = input::read(&all, parts.machine)?;
    let symbols = symbols::resolve(&objects, false)?;
    let arch = Arch::of(parts.machine);
    let mut layout = layout::lay_out(arch, &objects, 0, Form::Image)?;
    let mut left = Vec::new();
    relocate::apply(arch, &objects, &symbols, &mut layout, Form::Image, Some(&mut left))?;
    let object = object::write(object::Parts {
        objects: &objects,
        symbols: &symbols,
        layout: &layout,
        left,
        image: &image.layout,
        contents: &image.contents,
        debug: image.debug.as_ref(),
        imports,
        imports_size,
    });
    times.add(Phase::Link, watch.lap());
    object
}

/// An image before it is written.
struct Linked<'a> {
    layout: Layout<'a>,
    contents: info::Contents,
    /// Of the debug sections, if they are for debuggers.
    debug: Option<debug::Unsettled>,
}

impl<'a> Linked<'a> {
    fn new(
        objects: &[input::Object<'a>],
        symbols: &symbols::Symbols<'_>,
        parts: &ImageParts<'_>,
        times: &mut PhaseTimes,
    ) -> Result<Self, LinkError> {
        let mut watch = Stopwatch::start();
        let arch = Arch::of(parts.machine);
        let mut layout = layout::lay_out(arch, objects, symbols.libcalls.len() as u64, Form::Image)?;
        relocate::apply(arch, objects, symbols, &mut layout, Form::Image, None)?;
        layout.write_stubs()?;
        unwind::write_search_table(&mut layout)?;
        let info = info::image_info(objects, symbols, &layout, parts)?;
        times.add(Phase::Link, watch.lap());
        let map = info::address_map(&layout)?;
        let debug = parts.debug.map(|debug| debug::replace(&mut layout, debug)).transpose()?;
        times.add(Phase::DebugInfo, watch.lap());
        let addresses = debug.as_ref().map(|debug| &debug.addresses);
        let contents = info::Contents::new(&info, map, addresses, parts)?;
        times.add(Phase::Link, watch.lap());
        Ok(Self { layout, contents, debug })
    }
}
