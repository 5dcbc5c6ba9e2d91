//! Moves of several values as if all happened at once.

use crate::function::Function;
use crate::machine::{Kind, REGS, Reg, SCRATCH, XSCRATCH, vector};
use crate::registers::Source;

/// A value on its way to the slot of a block parameter.
pub(crate) struct Move {
    pub(crate) source: Source,
    pub(crate) kind: Kind,
    /// The parameter whose slot it is read from.
    pub(crate) reads: Option<u32>,
}

impl Function<'_> {
    /// Moves values to registers that are all different, none of them a scratch register but the second one of each class. What registers hold
    /// afterwards is for the caller to know. Uses the first scratch registers.
    pub(crate) fn move_to_registers(&mut self, moves: Vec<(Reg, Source, Kind)>) {
        let mut readers = [0u32; REGS];
        let (mut pending, mut others) = (Vec::new(), Vec::new());
        for (to, source, kind) in moves {
            match source {
                Source::Register(from) if from == to => {}
                Source::Register(from) => {
                    readers[from as usize] += 1;
                    pending.push((to, from, kind));
                }
                Source::Slot(_) | Source::Constant(_) | Source::Place(_) => others.push((to, source, kind)),
            }
        }
        while !pending.is_empty() {
            let ready = pending.iter().position(|(to, ..)| readers[*to as usize] == 0);
            if let Some(ready) = ready {
                let (to, from, kind) = pending.swap_remove(ready);
                self.move_to(to, Source::Register(from), kind);
                readers[from as usize] -= 1;
                continue;
            }
            // Only cycles are left: what the first move overwrites is kept elsewhere.
            let (to, _, kind) = pending[0];
            let holder = if kind.is_vector() { vector(XSCRATCH) } else { SCRATCH.0 };
            let wide = if kind.is_vector() { kind } else { Kind::I64 };
            self.move_to(holder, Source::Register(to), wide);
            for (_, from, _) in pending.iter_mut().filter(|(_, from, _)| *from == to) {
                *from = holder;
            }
            readers[holder as usize] = std::mem::take(&mut readers[to as usize]);
        }
        for (to, source, kind) in others {
            self.move_to(to, source, kind);
        }
    }
}
