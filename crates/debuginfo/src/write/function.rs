//! What locations need of a function of the guest's: what its frame is relative to, and the types of its locals.

use gimli::constants as dw;
use wootz_wasm_ir::{FuncIndex, ValType};

use super::Input;
use crate::guest::{Entry, Guest};

/// A function of the guest's.
pub(super) struct Function<'a> {
    pub(super) frame_base: Option<gimli::Expression<crate::Bytes<'a>>>,
    params: Vec<ValType>,
    /// One past the last local of each run after the parameters.
    runs: Vec<(u32, ValType)>,
}

impl<'a> Function<'a> {
    pub(super) fn new(guest: &Guest<'a>, input: &Input<'_>, func: FuncIndex, entry: Entry) -> Self {
        let frame_base =
            guest.die(entry).and_then(|die| die.attr_value(dw::DW_AT_frame_base)?.exprloc_value());
        let params = input.module.declarations().signature(func).params.to_vec();
        let mut end = params.len() as u32;
        let runs = input.module.local_runs(func).into_iter().map(|(count, ty)| {
            end += count;
            (end, ty)
        });
        let runs = runs.collect();
        Self { frame_base, params, runs }
    }

    /// Bytes of a local that is an integer; 0 for any other.
    pub(super) fn size(&self, local: u32) -> u8 {
        let run = || self.runs.iter().find(|(end, _)| local < *end).map(|(_, ty)| *ty);
        match self.params.get(local as usize).copied().or_else(run) {
            Some(ValType::I32) => 4,
            Some(ValType::I64) => 8,
            _ => 0,
        }
    }
}
