//! What the harness is given: an image taken apart, and an instance of it, laid out as `vm-abi` says.

use std::mem::offset_of;

use anyhow::{Context, Result, bail, ensure};
use object::LittleEndian as LE;
use object::elf;
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader};
use wootz_vm_abi::builtin::Builtin;
use wootz_vm_abi::context::{
    ModuleShape, Place, VMCONTEXT_MAGIC, VMContext, VMContextLayout, VMFuncRef, VMFunctionImport,
    VMHostContext, VMMemory, VMStoreContext, VMTable,
};
use wootz_vm_abi::image::{self, ImageInfo};
use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::{ConstExpr, ConstOp, EntityIndex, FuncIndex, MemoryIndex, SegmentMode, TypeIndex};

/// Library calls by their number in the harness.
const LIBCALLS: [&str; 3] = ["memcpy", "memmove", "memset"];
/// Functions of WASI preview 1 by their number in the harness.
const HOSTS: [&str; 12] = [
    "args_get",
    "args_sizes_get",
    "fd_close",
    "fd_fdstat_get",
    "fd_fdstat_set_flags",
    "fd_prestat_dir_name",
    "fd_prestat_get",
    "fd_read",
    "fd_seek",
    "fd_write",
    "path_open",
    "proc_exit",
];
/// Builtins by their number in the harness.
const BUILTINS: [Builtin; 3] = [Builtin::memory_grow, Builtin::memory_fill, Builtin::memory_copy];
/// Pages that a memory may grow to, if it does not say less.
const MOST_PAGES: u64 = 1 << 12;
/// Stack that compiled code may use, and what it leaves to the harness.
const STACK: u64 = 1 << 20;
/// Bytes that no access leaves: 32 bits of address and 32 of offset.
const RESERVATION: u64 = 1 << 33;

/// What an address in the context is relative to, by its number in the harness.
#[derive(Copy, Clone)]
enum Base {
    Context = 0,
    Image = 1,
    Memory = 2,
    Stack = 3,
    /// The number of a function in [`HOSTS`].
    Host = 4,
    /// The same in [`BUILTINS`].
    Builtin = 5,
}

/// A job: numbers of 64 bits, and bytes padded to such.
#[derive(Default)]
pub(super) struct Job {
    bytes: Vec<u8>,
    calls: Vec<u8>,
    call_count: u64,
    image: Vec<u8>,
    text: u64,
}

/// The context and what it points to.
#[derive(Default)]
struct Blob {
    bytes: Vec<u8>,
    relocations: Vec<(usize, Base, u64)>,
}

impl Blob {
    fn set(&mut self, at: usize, value: u64) {
        self.bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }

    fn point(&mut self, at: usize, base: Base, addend: u64) {
        self.relocations.push((at, base, addend));
    }

    /// Room behind what is there.
    fn room(&mut self, bytes: usize) -> usize {
        let at = self.bytes.len().next_multiple_of(16);
        self.bytes.resize(at + bytes, 0);
        at
    }
}

fn number(bytes: &mut Vec<u8>, value: u64) {
    bytes.extend(value.to_le_bytes());
}

fn numbers(bytes: &mut Vec<u8>, values: [u64; 3]) {
    values.into_iter().for_each(|value| number(bytes, value));
}

fn padded(bytes: &mut Vec<u8>, contents: &[u8]) {
    bytes.extend(contents);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
}

impl Job {
    /// An instance of an image, or why the harness cannot have one. A program is given its arguments.
    pub(super) fn new(image: Vec<u8>, args: &[&str]) -> Result<Self> {
        let mut job = Self { image, ..Self::default() };
        let info = job.image_parts()?;
        let declarations = &info.declarations;
        ensure!(declarations.memories.len() < 2, "it has several memories");
        let mut memory_writes = Vec::new();
        let blob = job.context(&info, &mut memory_writes)?;
        number(&mut job.bytes, blob.bytes.len() as u64);
        padded(&mut job.bytes, &blob.bytes);
        number(&mut job.bytes, RESERVATION);
        number(&mut job.bytes, memory_length(&info));
        job.bytes.extend(memory_writes);
        number(&mut job.bytes, blob.relocations.len() as u64);
        for (at, base, addend) in blob.relocations {
            numbers(&mut job.bytes, [at as u64, base as u64, addend]);
        }
        job.surroundings(&info, args);
        if let Some(start) = declarations.start {
            job.call(&info, start, &[])?;
        }
        Ok(job)
    }

    /// Adds a call of a function.
    pub(super) fn call(&mut self, info: &ImageInfo, func: FuncIndex, args: &[u128]) -> Result<()> {
        let declarations = &info.declarations;
        let ty = declarations.signature(func);
        let entry = info.host_entries[declarations.functions[func].ty.index()].context("no host entry")?;
        let slots = ty.params.len().max(ty.results.len());
        number(&mut self.calls, self.text + u64::from(start(info, func)?));
        number(&mut self.calls, self.text + u64::from(entry));
        number(&mut self.calls, slots as u64);
        for index in 0..slots {
            self.calls.extend(args.get(index).copied().unwrap_or(0).to_le_bytes());
        }
        self.call_count += 1;
        Ok(())
    }

    /// The file for the harness.
    pub(super) fn finish(mut self) -> Vec<u8> {
        number(&mut self.bytes, self.call_count);
        self.bytes.extend(self.calls);
        self.bytes
    }

    /// The module information of an image.
    pub(super) fn info(image: &[u8]) -> Result<ImageInfo> {
        let header = elf::FileHeader64::<LE>::parse(image)?;
        let sections = header.sections(LE, image)?;
        let (_, section) =
            sections.section_by_name(LE, image::INFO.as_bytes()).context("no module information")?;
        Ok(ImageInfo::decode(section.data(LE, image)?)?)
    }

    fn image_parts(&mut self) -> Result<ImageInfo> {
        let info = Self::info(&self.image)?;
        let header = elf::FileHeader64::<LE>::parse(&*self.image)?;
        ensure!(header.e_machine(LE) == elf::EM_AARCH64, "the image is not for aarch64");
        let sections = header.sections(LE, &*self.image)?;
        let address = |name: &str| {
            sections.section_by_name(LE, name.as_bytes()).map_or(0, |(_, section)| section.sh_addr(LE))
        };
        self.text = address(image::TEXT);
        let headers = header.program_headers(LE, &*self.image)?;
        let segments: Vec<_> = headers.iter().filter(|header| header.p_type(LE) == elf::PT_LOAD).collect();
        let end = segments.iter().map(|segment| segment.p_vaddr(LE) + segment.p_memsz(LE)).max().unwrap_or(0);
        number(&mut self.bytes, end + 1);
        number(&mut self.bytes, segments.len() as u64);
        for segment in segments {
            let contents = segment.data(LE, &*self.image).ok().context("a segment lies outside")?;
            let protection = match segment.p_flags(LE) {
                flags if flags == elf::PF_R | elf::PF_X => 1 | 4,
                flags if flags == elf::PF_R => 1,
                _ => 1 | 2,
            };
            numbers(&mut self.bytes, [segment.p_vaddr(LE), contents.len() as u64, protection]);
            padded(&mut self.bytes, contents);
        }
        number(&mut self.bytes, address(image::LIBCALLS));
        number(&mut self.bytes, info.libcalls.len() as u64);
        for name in &info.libcalls {
            let known = LIBCALLS.iter().position(|known| known == name);
            number(&mut self.bytes, known.with_context(|| format!("it calls {name}"))? as u64);
        }
        Ok(info)
    }

    fn context(&self, info: &ImageInfo, memory_writes: &mut Vec<u8>) -> Result<Blob> {
        let declarations = &info.declarations;
        let layout = VMContextLayout::new(&ModuleShape::new(declarations));
        let mut blob = Blob::default();
        blob.room(layout.size());
        let store = blob.room(size_of::<VMStoreContext>());
        // A call of any other builtin is a fault at address 0.
        let builtins = blob.room(Builtin::ALL.len() * 8);
        for (number, builtin) in (0..).zip(BUILTINS) {
            blob.point(builtins + builtin as usize * 8, Base::Builtin, number);
        }
        self.imports(info, &layout, &mut blob, store)?;
        let types = blob.room(declarations.types.len() * 4);
        blob.set(offset_of!(VMContext, magic), VMCONTEXT_MAGIC);
        blob.point(offset_of!(VMContext, store), Base::Context, store as u64);
        blob.point(offset_of!(VMContext, builtins), Base::Context, builtins as u64);
        blob.point(offset_of!(VMContext, type_ids), Base::Context, types as u64);
        blob.point(store + offset_of!(VMStoreContext, stack_limit), Base::Stack, STACK.wrapping_neg());
        let type_id = |ty: TypeIndex| {
            let equal = declarations.types.iter().find(|(_, other)| **other == declarations.types[ty]);
            equal.map_or(ty.index(), |(first, _)| first.index()) as u32
        };
        for ty in declarations.types.keys() {
            let at = types + ty.index() * 4;
            blob.bytes[at..at + 4].copy_from_slice(&type_id(ty).to_le_bytes());
        }
        for func in layout.shape().func_refs.functions() {
            let at = layout.func_ref(*func).context("it has a place")?;
            let ty = declarations.functions[*func].ty;
            let entry = info.host_entries[ty.index()].context("no host entry")?;
            let code = self.text + u64::from(start(info, *func)?);
            blob.point(at + offset_of!(VMFuncRef, code), Base::Image, code);
            blob.point(at + offset_of!(VMFuncRef, callee), Base::Context, 0);
            blob.point(at + offset_of!(VMFuncRef, host_entry), Base::Image, self.text + u64::from(entry));
            let id = at + offset_of!(VMFuncRef, type_id);
            blob.bytes[id..id + 4].copy_from_slice(&type_id(ty).to_le_bytes());
        }
        let mut values: Vec<Value> = Vec::new();
        for (index, global) in declarations.globals.iter() {
            let Place::Inline(at) = layout.global(index) else { bail!("a global is elsewhere") };
            let value = evaluate(global.init.as_ref().context("no initial value")?, &values)?;
            value.write(&mut blob, at, &layout)?;
            values.push(value);
        }
        tables(info, &layout, &mut blob, &values)?;
        memories(self, info, &layout, &mut blob, &values, memory_writes)?;
        Ok(blob)
    }

    /// Imported functions: trampolines to what the harness has under their names.
    fn imports(
        &self,
        info: &ImageInfo,
        layout: &VMContextLayout,
        blob: &mut Blob,
        store: usize,
    ) -> Result<()> {
        for (index, import) in info.declarations.imports.iter().enumerate() {
            let host = HOSTS.iter().position(|name| *name == import.name);
            let host = host.filter(|_| import.module == "wasi_snapshot_preview1");
            let host = host.with_context(|| format!("it imports {}.{}", import.module, import.name))?;
            let func = FuncIndex::new(index);
            let ty = info.declarations.functions[func].ty;
            let exit = info.host_exits[ty.index()].context("no host exit")?;
            let record = blob.room(size_of::<VMHostContext>());
            blob.point(record + offset_of!(VMHostContext, callee), Base::Host, host as u64);
            blob.point(record + offset_of!(VMHostContext, store), Base::Context, store as u64);
            let at = layout.imported_function(func);
            blob.point(at + offset_of!(VMFunctionImport, code), Base::Image, self.text + u64::from(exit));
            blob.point(at + offset_of!(VMFunctionImport, callee), Base::Context, record as u64);
        }
        Ok(())
    }

    /// What the functions of the harness work with.
    fn surroundings(&mut self, info: &ImageInfo, args: &[&str]) {
        let declarations = &info.declarations;
        let layout = VMContextLayout::new(&ModuleShape::new(declarations));
        let memory = declarations.memories.values().next();
        let length = memory.and_then(|_| match layout.memory(MemoryIndex(0)) {
            Place::Inline(at) => Some(at + offset_of!(VMMemory, length)),
            Place::Pointer(_) => None,
        });
        number(&mut self.bytes, length.unwrap_or(0) as u64);
        number(&mut self.bytes, memory.and_then(|ty| ty.maximum).unwrap_or(MOST_PAGES).min(MOST_PAGES));
        number(&mut self.bytes, args.len() as u64);
        let args: Vec<u8> = args.iter().flat_map(|arg| arg.bytes().chain([0])).collect();
        number(&mut self.bytes, args.len() as u64);
        padded(&mut self.bytes, &args);
    }

    fn data(&self, info: &ImageInfo, index: usize) -> Result<Vec<u8>> {
        let header = elf::FileHeader64::<LE>::parse(&*self.image)?;
        let sections = header.sections(LE, &*self.image)?;
        let (_, section) = sections.section_by_name(LE, image::DATA.as_bytes()).context("no data")?;
        let range = &info.data[index];
        Ok(section.data(LE, &*self.image)?[range.start as usize..range.end as usize].to_vec())
    }
}

fn memory_length(info: &ImageInfo) -> u64 {
    info.declarations.memories.values().next().map_or(0, |ty| ty.minimum * ty.page_size())
}

/// A value of a constant expression.
#[derive(Copy, Clone)]
enum Value {
    Bits(u128),
    Func(FuncIndex),
}

impl Value {
    fn write(self, blob: &mut Blob, at: usize, layout: &VMContextLayout) -> Result<()> {
        match self {
            Self::Bits(bits) => blob.bytes[at..at + 16].copy_from_slice(&bits.to_le_bytes()),
            Self::Func(func) => {
                let place = layout.func_ref(func).context("a function without a reference")?;
                blob.point(at, Base::Context, place as u64);
            }
        }
        Ok(())
    }

    fn offset(self) -> Result<u64> {
        match self {
            Self::Bits(bits) => Ok(bits as u64),
            Self::Func(_) => bail!("an offset is a function"),
        }
    }
}

fn evaluate(expression: &ConstExpr, globals: &[Value]) -> Result<Value> {
    let mut stack = Vec::new();
    for op in &expression.0 {
        let value = match *op {
            ConstOp::I32(value) => Value::Bits(u128::from(value as u32)),
            ConstOp::I64(value) => Value::Bits(u128::from(value as u64)),
            ConstOp::F32(bits) => Value::Bits(bits.into()),
            ConstOp::F64(bits) => Value::Bits(bits.into()),
            ConstOp::V128(bits) => Value::Bits(bits),
            ConstOp::GlobalGet(index) => *globals.get(index.index()).context("an unknown global")?,
            ConstOp::RefNull(_) => Value::Bits(0),
            ConstOp::RefFunc(func) => Value::Func(func),
            ConstOp::Int(..) => bail!("an initial value is computed"),
        };
        stack.push(value);
    }
    stack.pop().context("an empty expression")
}

fn tables(info: &ImageInfo, layout: &VMContextLayout, blob: &mut Blob, globals: &[Value]) -> Result<()> {
    let declarations = &info.declarations;
    let mut bases = Vec::new();
    for (index, table) in declarations.tables.iter() {
        let Place::Inline(at) = layout.table(index) else { bail!("a table is elsewhere") };
        ensure!(table.init.is_none() && table.ty.minimum < 1 << 16, "a table is initialised or large");
        let length = table.ty.minimum as usize;
        let elements = blob.room(length * 8 + 16);
        blob.point(at + offset_of!(VMTable, base), Base::Context, elements as u64);
        blob.set(at + offset_of!(VMTable, length), length as u64);
        bases.push((elements, length));
    }
    for segment in declarations.elements.values() {
        let SegmentMode::Active { target, offset } = &segment.mode else { continue };
        let start = evaluate(offset, globals)?.offset()? as usize;
        let (elements, length) = bases[target.index()];
        ensure!(start + segment.items.len() <= length, "an element segment lies outside");
        for (index, item) in segment.items.iter().enumerate() {
            if let Value::Func(func) = evaluate(item, globals)? {
                let place = layout.func_ref(func).context("a function without a reference")?;
                blob.point(elements + (start + index) * 8, Base::Context, place as u64);
            }
        }
    }
    Ok(())
}

fn memories(
    job: &Job,
    info: &ImageInfo,
    layout: &VMContextLayout,
    blob: &mut Blob,
    globals: &[Value],
    writes: &mut Vec<u8>,
) -> Result<()> {
    let declarations = &info.declarations;
    if !declarations.memories.is_empty() {
        let Place::Inline(at) = layout.memory(MemoryIndex(0)) else { bail!("a memory is shared") };
        ensure!(memory_length(info) <= 1 << 30, "a memory is large");
        blob.point(at + offset_of!(VMMemory, base), Base::Memory, 0);
        blob.set(at + offset_of!(VMMemory, length), memory_length(info));
    }
    let mut active = Vec::new();
    for (index, segment) in declarations.data.iter() {
        let SegmentMode::Active { offset, .. } = &segment.mode else { continue };
        let (start, contents) = (evaluate(offset, globals)?.offset()?, job.data(info, index.index())?);
        ensure!(start + contents.len() as u64 <= memory_length(info), "a data segment lies outside");
        active.push((start, contents));
    }
    number(writes, active.len() as u64);
    for (start, contents) in active {
        number(writes, start);
        number(writes, contents.len() as u64);
        padded(writes, &contents);
    }
    Ok(())
}

/// Where the code of a function with a body starts.
fn start(info: &ImageInfo, func: FuncIndex) -> Result<u32> {
    let defined = func.index().checked_sub(info.declarations.imported_functions);
    Ok(info.functions[defined.context("an imported function is called by reference")?].start)
}

/// The function that an export gives.
pub(super) fn exported(info: &ImageInfo, name: &str) -> Option<FuncIndex> {
    let export = info.declarations.exports.iter().find(|export| export.name == name)?;
    if let EntityIndex::Function(func) = export.item { Some(func) } else { None }
}
