//! Links relocatable objects into an image, for [`compile_image`](crate::compile_image) and for whoever has objects from elsewhere.
//!
//! An image is position independent and needs no relocation when it is loaded, so the linker accepts less than others:
//! code, constants, unwind and debug information, x86-64, the small code model, every function hidden, and of the
//! outside world only the [library calls](wootz_vm_abi::libcall). Writable data, absolute addresses in code or
//! constants, thread-local storage and any other undefined symbol are errors with their place. `docs/image.md` has the
//! layout and what becomes of each relocation.
//!
//! ```
//! use object::{Object as _, ObjectSection as _};
//! use wootz_codegen_llvm::{CompileOptions, TRIPLE, compile_object, link};
//! use wootz_wasm_ir::Module;
//!
//! let module = Module::new(r#"(module (func (export "f")) (data "hello"))"#.as_bytes())?;
//! let object = compile_object(&module, &CompileOptions::default())?;
//! let image = link::link(&[&object], &link::ImageParts {
//!     target: TRIPLE,
//!     cpu_features: &[],
//!     declarations: module.declarations(),
//!     module: module.bytes(),
//!     memory_plans: &[],
//!     fuel: false,
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
//! | `unwind` | close `.eh_frame`, make its search table |
//! | `debug` | sources and variables instead of LLVM's debug information, if wanted |
//! | `info` | the module information and the address map |
//! | `write` | the ELF file |

mod debug;
mod error;
mod info;
mod input;
mod layout;
mod relocate;
mod symbols;
mod unwind;
mod write;

pub use debug::DebugParts;
pub use error::{LinkError, Place, RelocationProblem};

use wootz_vm_abi::image;
use wootz_vm_abi::plan::MemoryPlan;
use wootz_wasm_ir::Declarations;

/// What an image says of its module besides its code.
#[derive(Copy, Clone, Debug)]
pub struct ImageParts<'a> {
    /// Target triple, as LLVM writes it.
    pub target: &'a str,
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
    let objects = input::read(objects)?;
    let symbols = symbols::resolve(&objects)?;
    let mut layout = layout::lay_out(&objects, &symbols)?;
    relocate::apply(&objects, &symbols, &mut layout)?;
    layout.write_stubs()?;
    unwind::write_search_table(&mut layout)?;
    let info = info::image_info(&objects, &symbols, &layout, parts)?;
    let map = info::address_map(&layout)?;
    let debug = parts.debug.map(|debug| debug::replace(&mut layout, debug)).transpose()?;
    let contents = info::Contents::new(&info, &map, debug.as_ref(), parts)?;
    let mut image = write::image(&objects, &symbols, &layout, &contents)?;
    image::seal(&mut image);
    Ok(image)
}
