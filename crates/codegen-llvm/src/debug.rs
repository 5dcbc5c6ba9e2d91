//! Debug information: every instruction's WebAssembly byte offset, as the line of its debug location, and where each local is.
//!
//! One compile unit per module, one subprogram per function. The linkage name `wasm[N]` is what maps a position back; the
//! name is the one people recognise. The column is 0, a line is an instruction already; for debuggers, it tells two copies of a loop apart. The variables of a subprogram are the context,
//! declared in [`CONTEXT_LINE`], and the WebAssembly locals, each declared in the line of its index, and artificial if it keeps the value
//! that it gets in the entry block; in optimised code, the values of each local, with [names](value_name) that tell them apart. `wootz-debuginfo` reads all this back.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;

use inkwell::basic_block::BasicBlock;
use inkwell::context::Context;
use inkwell::debug_info::{
    AsDIScope, DICompileUnit, DIExpression, DIFile, DIFlags, DIFlagsConstants, DILocalVariable, DILocation,
    DIScope, DISubprogram, DISubroutineType, DIType, DWARFEmissionKind, DWARFSourceLanguage,
    DebugInfoBuilder,
};
use inkwell::module::{FlagBehavior, Module};
use inkwell::values::BasicValueEnum;
use wootz_debuginfo::{CONTEXT_LINE, local_line, value_name};
use wootz_wasm_ir::{Declarations, EntityIndex, FuncIndex, LocalIndex, ValType, WasmOffset};

use crate::error::CompileError;
use crate::llvm::append_debug_value;

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
    names.extend(declarations.names.functions.iter());
    names.retain(|_, name| !name.is_empty());
    names
}

/// How a type is encoded (DWARF version 4, section 7.8).
#[derive(Copy, Clone)]
enum Encoding {
    Float = 0x04,
    Signed = 0x05,
    Unsigned = 0x07,
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
    /// Whether subprograms have variables.
    pub(crate) has_variables: bool,
    types: RefCell<BTreeMap<String, DIType<'ctx>>>,
}

/// A value of a local, or all of them, as a variable.
#[derive(Copy, Clone)]
pub(crate) struct LocalVariable {
    pub local: LocalIndex,
    /// Where it was assigned.
    pub since: WasmOffset,
    pub ty: ValType,
    /// Whether the local is in memory as long as the function runs.
    pub is_fixed: bool,
    /// Whether it may be an argument.
    pub is_start: bool,
}

impl<'ctx> DebugInfo<'ctx> {
    pub(crate) fn new(
        context: &'ctx Context,
        module: &Module<'ctx>,
        declarations: &'ctx Declarations,
        optimised: bool,
        has_variables: bool,
        all_names: bool,
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
        let names = all_names.then(|| function_names(declarations));
        let types = RefCell::default();
        let subroutine = OnceCell::new();
        Self { builder, unit, file, subroutine, optimised, names, declarations, has_variables, types }
    }

    pub(crate) fn is_optimised(&self) -> bool {
        self.optimised
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

    /// The location of an instruction, in one of the copies of a loop.
    pub(crate) fn location(
        &self,
        context: &'ctx Context,
        scope: DIScope<'ctx>,
        offset: WasmOffset,
        copy: u32,
    ) -> DILocation<'ctx> {
        let column = if self.has_variables { copy } else { 0 };
        self.builder.create_debug_location(context, offset, column, scope, None)
    }

    /// The variable that is a function's context, in the subprogram's scope.
    pub(crate) fn context_variable(
        &self,
        scope: DIScope<'ctx>,
    ) -> Result<DILocalVariable<'ctx>, CompileError> {
        let ty = self.ty("context", 64, Encoding::Unsigned)?;
        let flags = DIFlags::ARTIFICIAL;
        Ok(self.builder.create_parameter_variable(
            scope,
            "vmctx",
            1,
            self.file,
            CONTEXT_LINE,
            ty,
            false,
            flags,
        ))
    }

    /// The variable that is a value of a local of a function, or the local, in the subprogram's scope.
    pub(crate) fn local_variable(
        &self,
        scope: DIScope<'ctx>,
        func: FuncIndex,
        variable: LocalVariable,
    ) -> Result<DILocalVariable<'ctx>, CompileError> {
        let LocalVariable { local, since, ty, is_fixed, is_start } = variable;
        let name = value_name(since);
        let (bits, encoding) = match ty {
            ValType::I32 => (32, Encoding::Signed),
            ValType::I64 => (64, Encoding::Signed),
            ValType::F32 => (32, Encoding::Float),
            ValType::F64 => (64, Encoding::Float),
            ValType::V128 => (128, Encoding::Unsigned),
            ValType::Ref(_) => (64, Encoding::Unsigned),
        };
        let ty = self.ty(&ty.to_string(), bits, encoding)?;
        let line = local_line(local);
        let flags = if is_fixed { DIFlags::ARTIFICIAL } else { DIFlags::ZERO };
        let params = self.declarations.signature(func).params.len();
        // The context is the first argument.
        let arg = local.0 + 2;
        Ok(if is_start && (local.0 as usize) < params {
            self.builder.create_parameter_variable(scope, &name, arg, self.file, line, ty, false, flags)
        } else {
            self.builder.create_auto_variable(scope, &name, self.file, line, ty, false, flags, 0)
        })
    }

    fn ty(&self, name: &str, bits: u64, encoding: Encoding) -> Result<DIType<'ctx>, CompileError> {
        if let Some(ty) = self.types.borrow().get(name) {
            return Ok(*ty);
        }
        let ty = self.builder.create_basic_type(name, bits, encoding as u32, DIFlags::ZERO);
        let ty = ty.map_err(|error| CompileError::InvalidLlvm(error.to_string()))?.as_type();
        self.types.borrow_mut().insert(name.to_owned(), ty);
        Ok(ty)
    }

    /// From the end of a block on, a variable has a value.
    pub(crate) fn append_value(
        &self,
        block: BasicBlock<'ctx>,
        value: BasicValueEnum<'ctx>,
        variable: DILocalVariable<'ctx>,
        location: DILocation<'ctx>,
    ) {
        let plain: DIExpression<'ctx> = self.builder.create_expression(Vec::new());
        append_debug_value(&self.builder, block, value, variable, plain, location);
    }

    /// Completes the information. Nothing may be added afterwards.
    pub(crate) fn finish(&self) {
        self.builder.finalize();
    }
}
