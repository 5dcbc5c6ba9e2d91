//! Debug information: every instruction's WebAssembly byte offset, as the line of its debug location.
//!
//! One compile unit per module, one subprogram per function. The linkage name `wasm[N]` is what maps a position back; the
//! name is the one people recognise. Column 0: a line is an instruction already.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use inkwell::context::Context;
use inkwell::debug_info::{
    AsDIScope, DICompileUnit, DIFile, DIFlagsConstants, DILocation, DIScope, DISubprogram, DISubroutineType,
    DWARFEmissionKind, DWARFSourceLanguage, DebugInfoBuilder,
};
use inkwell::module::{FlagBehavior, Module};
use wootz_wasm_ir::{Declarations, EntityIndex, FuncIndex, WasmOffset};

/// The DWARF version written: gdb, lldb and gimli all read it, and it needs the fewest sections and relocations.
const DWARF_VERSION: u64 = 4;

/// The name of each defined function that has one, as [`Declarations::function_name`] gives it.
fn function_names(declarations: &Declarations) -> BTreeMap<FuncIndex, &str> {
    let mut names = BTreeMap::new();
    // The first of several exports counts.
    for export in declarations.exports.iter().rev() {
        if let EntityIndex::Function(func) = export.item {
            names.insert(func, &*export.name);
        }
    }
    names.extend(declarations.names.functions.iter().map(|(func, name)| (*func, &**name)));
    names.retain(|_, name| !name.is_empty());
    names
}

/// The debug information of one module.
pub(crate) struct DebugInfo<'ctx> {
    builder: DebugInfoBuilder<'ctx>,
    unit: DICompileUnit<'ctx>,
    file: DIFile<'ctx>,
    subroutine: OnceCell<DISubroutineType<'ctx>>,
    optimised: bool,
    /// All names, unless only a few are wanted.
    names: Option<BTreeMap<FuncIndex, &'ctx str>>,
    declarations: &'ctx Declarations,
}

impl<'ctx> DebugInfo<'ctx> {
    pub(crate) fn new(
        context: &'ctx Context,
        module: &Module<'ctx>,
        declarations: &'ctx Declarations,
        optimised: bool,
        few: bool,
    ) -> Self {
        let i32 = context.i32_type();
        let flag = |name: &str, value: u64| {
            module.add_basic_value_flag(name, FlagBehavior::Warning, i32.const_int(value, false));
        };
        flag("Dwarf Version", DWARF_VERSION);
        flag("Debug Info Version", u64::from(inkwell::debug_info::debug_metadata_version()));
        let name = declarations.names.module.as_deref().unwrap_or("module.wasm");
        let (builder, unit) = module.create_debug_info_builder(
            false,
            DWARFSourceLanguage::C99,
            name,
            "",
            concat!("wootz ", env!("CARGO_PKG_VERSION")),
            optimised,
            "",
            0,
            "",
            DWARFEmissionKind::Full,
            0,
            true,
            false,
            "",
            "",
        );
        let file = unit.get_file();
        let names = (!few).then(|| function_names(declarations));
        Self { builder, unit, file, subroutine: OnceCell::new(), optimised, names, declarations }
    }

    /// The subprogram of a function that starts at a byte offset.
    pub(crate) fn subprogram(&self, func: FuncIndex, symbol: &str, start: WasmOffset) -> DISubprogram<'ctx> {
        let subroutine = *self.subroutine.get_or_init(|| {
            self.builder.create_subroutine_type(self.file, None, &[], inkwell::debug_info::DIFlags::ZERO)
        });
        let name = match &self.names {
            Some(names) => names.get(&func).copied(),
            None => self.declarations.function_name(func).filter(|name| !name.is_empty()),
        };
        let name = name.unwrap_or(symbol);
        self.builder.create_function(
            self.unit.as_debug_info_scope(),
            name,
            Some(symbol),
            self.file,
            start,
            subroutine,
            false,
            true,
            start,
            inkwell::debug_info::DIFlags::ZERO,
            self.optimised,
        )
    }

    /// The location of an instruction.
    pub(crate) fn location(
        &self,
        context: &'ctx Context,
        scope: DIScope<'ctx>,
        offset: WasmOffset,
    ) -> DILocation<'ctx> {
        self.builder.create_debug_location(context, offset, 0, scope, None)
    }

    /// Completes the information. Nothing may be added afterwards.
    pub(crate) fn finish(&self) {
        self.builder.finalize();
    }
}
