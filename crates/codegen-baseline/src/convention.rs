//! Where arguments and results are in the WebAssembly calling convention (`docs/calling-convention.md`).

use wootz_vm_abi::callconv;
use wootz_wasm_ir::ValType;

use crate::machine::{Gp, Kind, R8, R9, RAX, RCX, RDI, RDX, RSI, Reg, Xm, vector};

/// Integer arguments in registers, the context first. The C convention has the same.
pub(crate) const ARGUMENTS: [Gp; 6] = [RDI, RSI, RDX, RCX, R8, R9];
/// Vector arguments in registers.
const VECTOR_ARGUMENTS: u8 = 8;
/// Integer results.
const RESULTS: [Gp; 3] = [RAX, RDX, RCX];

/// Where an argument is.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Argument {
    Register(Reg),
    /// Bytes from the first stack argument.
    Stack(i32),
}

/// Where the arguments of a signature are.
#[derive(Debug)]
pub(crate) struct Arguments {
    /// Of each parameter.
    pub(crate) params: Vec<Argument>,
    /// Of the pointer to results, if they are returned through memory.
    pub(crate) results: Option<Argument>,
    /// Bytes on the stack.
    pub(crate) size: i32,
    /// Bytes that the callee pops: all of them, or none.
    pub(crate) popped: i32,
}

/// Who takes arguments from the stack.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Convention {
    /// The callee (`tailcc`): what a reference leads to, and the way into a loop.
    Wasm,
    /// The caller (C): what only calls of its module reach.
    Private,
}

impl Arguments {
    /// Of code that is handed values of these types and returns results of those.
    pub(crate) fn new(
        params: impl Iterator<Item = ValType> + Clone,
        results: &[ValType],
        convention: Convention,
    ) -> Self {
        let through_memory = callconv::are_returned_through_memory(results);
        // The context comes first.
        let (mut ints, mut vectors, mut stack) = (1, 0, 0);
        let mut place = |kind: Kind| {
            let register = if kind.is_vector() {
                vectors += 1;
                (vectors <= VECTOR_ARGUMENTS).then(|| vector(Xm(vectors - 1)))
            } else {
                ints += 1;
                ARGUMENTS.get(ints - 1).map(|gp| gp.0)
            };
            register.map_or_else(
                || {
                    let size = if kind == Kind::V128 { 16 } else { 8 };
                    stack = (stack + size - 1) / size * size + size;
                    Argument::Stack(stack - size)
                },
                Argument::Register,
            )
        };
        let places = params.clone().map(|ty| place(Kind::of(ty))).collect();
        if callconv::is_padded(params, through_memory) {
            place(Kind::F64);
        }
        let results = through_memory.then(|| place(Kind::I64));
        // 16n + 8, so that tail calls find room.
        let popped = (stack + 7) / 16 * 16 + 8;
        match convention {
            Convention::Wasm => Self { params: places, results, size: popped, popped },
            Convention::Private => Self { params: places, results, size: stack, popped: 0 },
        }
    }
}

/// Registers of results that are returned by value.
pub(crate) fn results(types: &[ValType]) -> impl Iterator<Item = (Kind, Reg)> + '_ {
    let (mut ints, mut vectors) = (0, 0);
    types.iter().map(move |ty| {
        let kind = Kind::of(*ty);
        if kind.is_vector() {
            vectors += 1;
            (kind, vector(Xm(vectors - 1)))
        } else {
            ints += 1;
            (kind, RESULTS[ints - 1].0)
        }
    })
}
