//! Names of the symbols in an object.

use std::fmt;

use wootz_wasm_ir::ir::Block;
use wootz_wasm_ir::{FuncIndex, TableIndex, TypeIndex};

/// A symbol that an object defines. Its text form is its name in the object.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Symbol {
    /// A function of the module, by its index: `wasm[N]`.
    Wasm(FuncIndex),
    /// The host-entry trampoline of a type: `host_entry[T]`.
    HostEntry(TypeIndex),
    /// The host-exit trampoline of a type: `host_exit[T]`.
    HostExit(TypeIndex),
    /// A way into a function at the head of a loop, by the block of its IR: `loop[N.B]`.
    Loop(FuncIndex, Block),
    /// The elements of a table that never change: `table[N]`.
    Table(TableIndex),
}

impl Symbol {
    /// The symbol of that name, or `None` for any other name.
    pub fn parse(name: &str) -> Option<Self> {
        let (kind, index) = name.strip_suffix(']')?.split_once('[')?;
        let (index, block) = index.split_once('.').unwrap_or((index, "0"));
        let number: u32 = index.parse().ok()?;
        let symbol = match kind {
            "wasm" => Self::Wasm(FuncIndex(number)),
            "host_entry" => Self::HostEntry(TypeIndex(number)),
            "host_exit" => Self::HostExit(TypeIndex(number)),
            "table" => Self::Table(TableIndex(number)),
            "loop" => Self::Loop(FuncIndex(number), Block(block.parse().ok()?)),
            _ => return None,
        };
        (symbol.to_string() == name).then_some(symbol)
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wasm(func) => write!(f, "wasm[{}]", func.0),
            Self::HostEntry(ty) => write!(f, "host_entry[{}]", ty.0),
            Self::HostExit(ty) => write!(f, "host_exit[{}]", ty.0),
            Self::Table(table) => write!(f, "table[{}]", table.0),
            Self::Loop(func, block) => write!(f, "loop[{}.{}]", func.0, block.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_nothing_else_parses() {
        for symbol in [
            Symbol::Wasm(FuncIndex(0)),
            Symbol::HostEntry(TypeIndex(7)),
            Symbol::HostExit(TypeIndex(u32::MAX)),
            Symbol::Loop(FuncIndex(3), Block(40)),
            Symbol::Table(TableIndex(1)),
        ] {
            assert_eq!(Symbol::parse(&symbol.to_string()), Some(symbol));
        }
        for name in [
            "",
            "wasm",
            "wasm[",
            "wasm[]",
            "wasm[01]",
            "wasm[+1]",
            "wasm[1]x",
            "code[1]",
            "wasm[1.0]",
            "loop[1]",
        ] {
            assert_eq!(Symbol::parse(name), None, "{name}");
        }
    }
}
