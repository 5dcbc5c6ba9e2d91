//! Makes objects, links them, and reads the image with other readers than the linker's.

use inkwell::OptimizationLevel;
use inkwell::context::Context;
use inkwell::memory_buffer::MemoryBuffer;
use inkwell::targets::{CodeModel, FileType, InitializationConfig, RelocMode, Target, TargetMachine};
use object::read::elf::ElfFile64;
use object::{LittleEndian, Object as _, ObjectSection as _};
use wootz_codegen_llvm::link::{ImageParts, LinkError, link};
use wootz_vm_abi::image::{self, ImageInfo};
use wootz_vm_abi::machine::Machine;
use wootz_wasm_ir::{Declarations, FuncType, FunctionDecl, TypeIndex};

/// An object from LLVM assembly, as the code generator has objects made: position independent, small code model.
pub(crate) fn assemble(assembly: &str, level: OptimizationLevel) -> Vec<u8> {
    Target::initialize_x86(&InitializationConfig::default());
    let context = Context::create();
    let mut text = assembly.as_bytes().to_vec();
    text.push(0);
    let buffer = MemoryBuffer::create_from_memory_range_copy(&text, "assembly");
    let module = context.create_module_from_ir(buffer).expect("valid LLVM assembly");
    let machine = machine(level);
    module.set_triple(&machine.get_triple());
    module.set_data_layout(&machine.get_target_data().get_data_layout());
    let object = machine.write_to_memory_buffer(&module, FileType::Object).expect("LLVM emits an object");
    object.as_slice().to_vec()
}

fn machine(level: OptimizationLevel) -> TargetMachine {
    let triple = inkwell::targets::TargetTriple::create(Machine::X86_64.triple());
    let target = Target::from_triple(&triple).expect("the x86 target is linked in");
    target
        .create_target_machine(&triple, "x86-64", "", level, RelocMode::PIC, CodeModel::Small)
        .expect("a target machine")
}

/// Declarations of a module with this many functions, none imported, all of the type with index 0.
pub(crate) fn declarations(functions: usize) -> Declarations {
    let mut declarations = Declarations::default();
    declarations.types.push(FuncType::default());
    for _ in 0..functions {
        declarations.functions.push(FunctionDecl { ty: TypeIndex(0) });
    }
    declarations
}

/// Links objects for a module of that many functions.
pub(crate) fn link_functions(objects: &[&[u8]], functions: usize) -> Result<Vec<u8>, LinkError> {
    let declarations = declarations(functions);
    let parts = ImageParts {
        machine: Machine::X86_64,
        cpu_features: &["sse4.1".into()],
        declarations: &declarations,
        module: &[],
        memory_plans: &[],
        fuel: false,
        counted: None,
        sources: &[],
        debug: None,
    };
    link(objects, &parts)
}

/// An image, read by the `object` crate.
pub(crate) struct Image<'a> {
    pub(crate) file: ElfFile64<'a, LittleEndian>,
    pub(crate) info: ImageInfo,
}

impl<'a> Image<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Self {
        let file = ElfFile64::parse(bytes).expect("the image is an ELF file");
        let info = file.section_by_name(image::INFO).expect("module information").data().expect("bytes");
        Self { info: ImageInfo::decode(info).expect("the module information decodes"), file }
    }

    /// Bytes and address of a section.
    pub(crate) fn section(&self, name: &str) -> (u64, &'a [u8]) {
        let section = self.file.section_by_name(name).unwrap_or_else(|| panic!("no section {name}"));
        (section.address(), section.data().expect("bytes"))
    }

    /// The loaded bytes at an address, whatever section they are in.
    pub(crate) fn at(&self, address: u64, len: usize) -> &'a [u8] {
        let loaded = self.file.sections().filter(|s| s.address() != 0);
        for section in loaded {
            let data = section.data().expect("bytes");
            let start = address.wrapping_sub(section.address()) as usize;
            if let Some(bytes) = start.checked_add(len).and_then(|end| data.get(start..end)) {
                return bytes;
            }
        }
        panic!("no {len} bytes at {address:#x}");
    }

    /// Where a 32-bit pc-relative field points, for an instruction that ends with the field.
    pub(crate) fn follow(&self, field: u64) -> u64 {
        let distance = i32::from_le_bytes(self.at(field, 4).try_into().expect("four bytes"));
        (field + 4).wrapping_add_signed(distance.into())
    }
}
