//! What the bodies of a module do with its tables and functions, besides calling them: for [`FixedTables`](crate::FixedTables) and
//! [`PrivateFunctions`](crate::PrivateFunctions).

use std::collections::BTreeSet;

use wasmparser::{BinaryReader, FunctionBody, Operator};

use crate::{FuncIndex, Module, TableIndex};

/// What all bodies together do.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) struct Uses {
    /// Tables that an instruction writes to or makes longer.
    pub(crate) written: BTreeSet<TableIndex>,
    /// Tables whose elements an instruction takes out, other than to call them.
    pub(crate) read: BTreeSet<TableIndex>,
    /// Functions that `ref.func` names.
    pub(crate) referenced: BTreeSet<FuncIndex>,
}

impl Uses {
    /// Reads all bodies of a module.
    pub(crate) fn find(module: &Module) -> Self {
        let mut uses = Self::default();
        for range in &*module.bodies {
            uses.add(&module.bytes()[range.start as usize..range.end as usize]);
        }
        uses
    }

    /// Adds what a validated body does.
    fn add(&mut self, body: &[u8]) {
        let body = FunctionBody::new(BinaryReader::new(body, 0));
        let operators = body.get_operators_reader().into_iter().flatten();
        for operator in operators.map_while(Result::ok) {
            match operator {
                Operator::TableSet { table }
                | Operator::TableGrow { table }
                | Operator::TableFill { table }
                | Operator::TableInit { table, .. } => {
                    self.written.insert(TableIndex(table));
                }
                Operator::TableCopy { dst_table, src_table } => {
                    self.written.insert(TableIndex(dst_table));
                    self.read.insert(TableIndex(src_table));
                }
                Operator::TableGet { table } => {
                    self.read.insert(TableIndex(table));
                }
                Operator::RefFunc { function_index } => {
                    self.referenced.insert(FuncIndex(function_index));
                }
                _ => {}
            }
        }
    }
}
