//! Which places on the operand stack a module's DWARF says that variables are in: the translator writes down what those hold.

use std::sync::Arc;

use gimli::constants as dw;
use gimli::{Operation, UnitHeader};
use wootz_wasm_ir::{DescribedOperand, Module};

use super::Guest;
use crate::Bytes;

/// The places, by the offset from which on each holds what is meant. Found out once for a module.
pub fn described_operands(module: &Module) -> Arc<[DescribedOperand]> {
    module.described_operands(|| {
        let Some(guest) = Guest::read(module) else { return Vec::new() };
        let mut found = Vec::new();
        for (unit, (header, _)) in guest.units.iter().enumerate() {
            // What is malformed is left out, as everywhere.
            let _ = guest.read_operands(unit, header, &mut found);
        }
        found.sort_unstable();
        found.dedup();
        found
    })
}

impl<'a> Guest<'a> {
    fn read_operands(
        &self,
        unit: usize,
        header: &UnitHeader<Bytes<'a>>,
        found: &mut Vec<DescribedOperand>,
    ) -> gimli::Result<()> {
        let data = self.unit(unit);
        let mut entries = data.entries();
        while let Some(entry) = entries.next_dfs()? {
            let Some(location) = entry.attr_value(dw::DW_AT_location) else { continue };
            let Some(mut list) = self.dwarf.attr_locations(data, location)? else { continue };
            while let Some(entry) = list.next()? {
                let Some(offsets) = self.offsets(entry.range.begin, entry.range.end) else { continue };
                let mut operations = entry.data.operations(header.encoding());
                while let Some(operation) = operations.next()? {
                    if let Operation::WasmStack { index } = operation {
                        found.push((offsets.start, index));
                    }
                }
            }
        }
        Ok(())
    }
}
