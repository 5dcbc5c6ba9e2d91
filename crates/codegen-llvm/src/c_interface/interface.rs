//! What a module's header declares and its object defines, in C's terms.

use wootz_wasm_ir::{Declarations, EntityIndex, FuncType, GlobalType, HeapType, ValType};

use super::names::{Names, sanitise};
use crate::error::CompileError;
use crate::link::LinkedImportPlace;

/// Modules of WASI preview 1, whose functions the runtime gives.
const WASI: [&str; 2] = ["wasi_snapshot_preview1", "wasi_unstable"];

/// Bytes of a pointer.
const POINTER: usize = 8;

/// A value's type in C.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum CType {
    I32,
    I64,
    F32,
    F64,
    V128,
    /// `void *`.
    ExternRef,
    /// `wootz_func_t *`.
    FuncRef,
}

impl CType {
    fn new(ty: ValType) -> Result<Self, CompileError> {
        Ok(match ty {
            ValType::I32 => Self::I32,
            ValType::I64 => Self::I64,
            ValType::F32 => Self::F32,
            ValType::F64 => Self::F64,
            ValType::V128 => Self::V128,
            ValType::Ref(ty) => match ty.heap {
                HeapType::Extern | HeapType::NoExtern => Self::ExternRef,
                HeapType::Func | HeapType::NoFunc | HeapType::Concrete(_) => Self::FuncRef,
                _ => return Err(CompileError::NoCForm(format!("a value of type {ty}"))),
            },
        })
    }

    /// Its name, with a space where a declared name may follow.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::I32 => "int32_t ",
            Self::I64 => "int64_t ",
            Self::F32 => "float ",
            Self::F64 => "double ",
            Self::V128 => "wootz_v128_t ",
            Self::ExternRef => "void *",
            Self::FuncRef => "wootz_func_t *",
        }
    }

    /// Bytes of a value.
    pub(super) fn size(self) -> usize {
        match self {
            Self::I32 | Self::F32 => 4,
            Self::I64 | Self::F64 | Self::ExternRef | Self::FuncRef => 8,
            Self::V128 => 16,
        }
    }

    /// Its alignment: a `wootz_v128_t` is a union with 64-bit integers.
    fn align(self) -> usize {
        self.size().min(8)
    }
}

/// A function's type in C.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Signature {
    pub(super) params: Vec<CType>,
    pub(super) results: Vec<CType>,
}

impl Signature {
    fn new(ty: &FuncType) -> Result<Self, CompileError> {
        let types = |types: &[ValType]| types.iter().map(|ty| CType::new(*ty)).collect::<Result<_, _>>();
        Ok(Self { params: types(&ty.params)?, results: types(&ty.results)? })
    }

    /// The only result.
    pub(super) fn single_result(&self) -> Option<CType> {
        if let [result] = self.results[..] { Some(result) } else { None }
    }

    /// Whether there are results in a structure.
    pub(super) fn has_result_struct(&self) -> bool {
        self.results.len() > 1
    }

    /// Offset of each result in their structure, and its size.
    pub(super) fn result_struct(&self) -> (Vec<usize>, usize) {
        let mut end = 0usize;
        let place = |ty: &CType| {
            let offset = end.next_multiple_of(ty.align());
            end = offset + ty.size();
            offset
        };
        let offsets = self.results.iter().map(place).collect();
        (offsets, end.next_multiple_of(8))
    }

    /// Slots that a call takes.
    pub(super) fn slots(&self) -> usize {
        self.params.len().max(self.results.len())
    }
}

/// A C function, or a group of them, for something that the runtime numbers.
#[derive(Debug)]
pub(super) struct Item {
    /// Its first C name.
    pub(super) c_name: String,
    /// What it is called in the module, for a comment.
    pub(super) title: String,
    /// Its number for the runtime: an export's position, or behind those an import's.
    pub(super) number: u32,
    pub(super) kind: ItemKind,
}

#[derive(Debug)]
pub(super) enum ItemKind {
    Function(Signature),
    /// `NAME` and `NAME_grow`.
    Memory,
    /// `NAME`, and `NAME_set` if it is mutable.
    Global {
        ty: CType,
        mutable: bool,
    },
    /// Nothing: a table.
    Nothing,
}

/// A field of the structure of imports.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) c_name: String,
    pub(super) title: String,
    pub(super) offset: usize,
    /// The import's number.
    pub(super) import: usize,
    pub(super) kind: FieldKind,
}

#[derive(Debug)]
pub(super) enum FieldKind {
    /// With the name of its structure of results.
    Function(Signature, String),
    /// The initial value of a global.
    Global(CType),
}

/// What the header declares.
#[derive(Debug)]
pub(super) struct Interface {
    /// Starts every name.
    pub(super) prefix: String,
    pub(super) items: Vec<Item>,
    pub(super) fields: Vec<Field>,
    /// Offset of the pointer to the WASI configuration, if the module imports WASI.
    pub(super) wasi: Option<usize>,
    /// The imports that are WASI's.
    wasi_imports: Vec<usize>,
    /// Bytes of the structure of imports.
    pub(super) imports_size: usize,
    import_count: usize,
}

impl Interface {
    pub(super) fn new(declarations: &Declarations, prefix: &str) -> Result<Self, CompileError> {
        let prefix = sanitise(prefix);
        let mut names = Names::default();
        for own in ["_t", "_new", "_free", "_imports_t"] {
            names.claim(&format!("{prefix}{own}"));
        }
        let mut interface = Self {
            prefix,
            items: Vec::new(),
            fields: Vec::new(),
            wasi: None,
            wasi_imports: Vec::new(),
            imports_size: POINTER,
            import_count: declarations.imports.len(),
        };
        for (number, export) in declarations.exports.iter().enumerate() {
            interface.add_item(declarations, &mut names, &export.name, number, export.item)?;
        }
        interface.add_imports(declarations, &mut names)?;
        Ok(interface)
    }

    fn add_item(
        &mut self,
        declarations: &Declarations,
        names: &mut Names,
        name: &str,
        number: usize,
        item: EntityIndex,
    ) -> Result<(), CompileError> {
        let (kind, endings): (_, &[&str]) = match item {
            EntityIndex::Function(func) => {
                (ItemKind::Function(Signature::new(declarations.signature(func))?), &["", "_results_t"])
            }
            EntityIndex::Memory(_) => (ItemKind::Memory, &["", "_grow"]),
            EntityIndex::Global(global) => {
                let GlobalType { content, mutable } = declarations.globals[global].ty;
                (ItemKind::Global { ty: CType::new(content)?, mutable }, &["", "_set"])
            }
            EntityIndex::Table(_) => (ItemKind::Nothing, &[]),
            EntityIndex::Tag(_) => return Err(CompileError::NoCForm("an exception tag".into())),
        };
        let wanted = format!("{}_{}", self.prefix, name.replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
        let c_name = names.claim_all(&wanted, endings);
        self.items.push(Item { c_name, title: name.into(), number: number as u32, kind });
        Ok(())
    }

    fn add_imports(&mut self, declarations: &Declarations, names: &mut Names) -> Result<(), CompileError> {
        let mut fields = Names::default();
        for own in ["user", "wasi"] {
            fields.claim(own);
        }
        for (import, declared) in declarations.imports.iter().enumerate() {
            let title = format!("{}.{}", declared.module, declared.name);
            let kind = match declared.item {
                EntityIndex::Function(_) if WASI.contains(&declared.module.as_str()) => {
                    if self.wasi.is_none() {
                        self.wasi = Some(self.place(POINTER, POINTER));
                    }
                    self.wasi_imports.push(import);
                    continue;
                }
                EntityIndex::Function(func) => {
                    let signature = Signature::new(declarations.signature(func))?;
                    FieldKind::Function(signature, String::new())
                }
                EntityIndex::Global(global) => {
                    FieldKind::Global(CType::new(declarations.globals[global].ty.content)?)
                }
                EntityIndex::Memory(_) | EntityIndex::Table(_) | EntityIndex::Tag(_) => {
                    let number = declarations.exports.len() + import;
                    self.add_item(declarations, names, &title, number, declared.item)?;
                    continue;
                }
            };
            let c_name = fields.claim(&sanitise(&format!("{}_{}", declared.module, declared.name)));
            let (offset, kind) = match kind {
                FieldKind::Function(signature, _) => {
                    let results = names.claim(&format!("{}_{c_name}_results_t", self.prefix));
                    (self.place(POINTER, POINTER), FieldKind::Function(signature, results))
                }
                FieldKind::Global(ty) => {
                    let number = declarations.exports.len() + import;
                    self.add_item(declarations, names, &title, number, declared.item)?;
                    (self.place(ty.size(), ty.align()), FieldKind::Global(ty))
                }
            };
            self.fields.push(Field { c_name, title, offset, import, kind });
        }
        self.imports_size = self.imports_size.next_multiple_of(POINTER);
        Ok(())
    }

    /// Room for a field of the structure of imports.
    fn place(&mut self, size: usize, align: usize) -> usize {
        let offset = self.imports_size.next_multiple_of(align);
        self.imports_size = offset + size;
        offset
    }

    /// Where the runtime finds each import.
    pub(super) fn linked_imports(&self) -> Vec<LinkedImportPlace> {
        let mut places = vec![LinkedImportPlace::default(); self.import_count];
        for import in &self.wasi_imports {
            places[*import].offset = self.wasi;
        }
        for field in &self.fields {
            let thunk = matches!(field.kind, FieldKind::Function(..)).then(|| thunk_name(field.import));
            places[field.import] = LinkedImportPlace { thunk, offset: Some(field.offset) };
        }
        places
    }

    /// Whether the program gives anything.
    pub(super) fn has_imports(&self) -> bool {
        self.wasi.is_some() || !self.fields.is_empty()
    }
}

/// Symbol of the function that calls an imported one, local to the object.
pub(super) fn thunk_name(import: usize) -> String {
    format!("import[{import}]")
}
