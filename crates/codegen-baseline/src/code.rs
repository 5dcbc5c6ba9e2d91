//! The machine code of one function while it is written: bytes, labels, and the distances that are not known yet.

use cranelift_assembler_x64::{CodeSink, Constant, DeferredTarget, KnownOffset, TrapCode as AssemblerTrap};
use wootz_vm_abi::lazy::DataReference;
use wootz_vm_abi::trap::TrapCode;

use crate::machine::{Amode, Cond, Gp, Kind, Reg, Xm, emit};

/// A place in the code, which may not be known yet.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Label(u32);

/// Of a label without a place.
const UNBOUND: u32 = u32::MAX;

/// A field of 32 bits for the distance to a label.
struct Fixup {
    at: u32,
    label: Label,
    /// Where the distance is from.
    from: u32,
}

/// Code under construction.
#[derive(Default)]
pub(crate) struct Code {
    pub(crate) bytes: Vec<u8>,
    pub(crate) references: Vec<DataReference>,
    labels: Vec<u32>,
    fixups: Vec<Fixup>,
}

impl CodeSink for Code {
    fn put1(&mut self, value: u8) {
        self.bytes.push(value);
    }

    fn put2(&mut self, value: u16) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    fn put4(&mut self, value: u32) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    fn put8(&mut self, value: u64) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    fn add_trap(&mut self, _: AssemblerTrap) {}

    /// What follows in the field is how many bytes of the instruction come after it, negative.
    fn use_target(&mut self, target: DeferredTarget) {
        let at = self.here();
        match target {
            DeferredTarget::Constant(Constant(offset)) => {
                self.references.push(DataReference { at, to: i64::from(offset) });
            }
            DeferredTarget::Label(label) => {
                self.fixups.push(Fixup { at, label: Label(label.0), from: at + 4 });
            }
            DeferredTarget::None => {}
        }
    }

    fn known_offset(&self, _: KnownOffset) -> i32 {
        0
    }
}

impl Code {
    /// Where the next instruction begins.
    pub(crate) fn here(&self) -> u32 {
        self.bytes.len() as u32
    }

    /// A label without a place.
    pub(crate) fn label(&mut self) -> Label {
        self.labels.push(UNBOUND);
        Label(self.labels.len() as u32 - 1)
    }

    /// The label is here.
    pub(crate) fn bind(&mut self, label: Label) {
        self.labels[label.0 as usize] = self.here();
    }

    /// An operand at a label, addressed from the instruction.
    pub(crate) fn at_label(label: Label) -> Amode {
        Amode::RipRelative { target: DeferredTarget::Label(cranelift_assembler_x64::Label(label.0)) }
    }

    /// An operand in the module's data, addressed from the instruction.
    pub(crate) fn in_data(offset: usize) -> Amode {
        Amode::RipRelative { target: DeferredTarget::Constant(Constant(offset as u32)) }
    }

    /// Goes on at a label.
    pub(crate) fn jump(&mut self, label: Label) {
        match self.short_distance(label) {
            Some(distance) => self.bytes.extend_from_slice(&[0xeb, distance]),
            None => {
                self.put1(0xe9);
                self.distance(label);
            }
        }
    }

    /// Goes on at a label if the flags say so.
    pub(crate) fn branch(&mut self, cond: Cond, label: Label) {
        match self.short_distance(label) {
            Some(distance) => self.bytes.extend_from_slice(&[0x70 | cond as u8, distance]),
            None => {
                self.bytes.extend_from_slice(&[0x0f, 0x80 | cond as u8]);
                self.distance(label);
            }
        }
    }

    /// A jump over a few bytes: where its distance has to be patched by [`land`](Self::land).
    pub(crate) fn skip_if(&mut self, cond: Cond) -> Skip {
        self.bytes.extend_from_slice(&[0x70 | cond as u8, 0]);
        Skip(self.here())
    }

    /// The same in any case.
    pub(crate) fn skip(&mut self) -> Skip {
        self.bytes.extend_from_slice(&[0xeb, 0]);
        Skip(self.here())
    }

    /// A skip ends here.
    ///
    /// # Panics
    /// If that is too far for it.
    pub(crate) fn land(&mut self, skip: Skip) {
        let distance = i8::try_from(self.here() - skip.0).expect("a skip is over a few bytes");
        self.bytes[skip.0 as usize - 1] = distance as u8;
    }

    /// Loads a register.
    pub(crate) fn load(&mut self, reg: Reg, place: Amode, kind: Kind) {
        match kind {
            Kind::I32 => emit!(*self, movl_rm(Gp(reg), place)),
            Kind::I64 => emit!(*self, movq_rm(Gp(reg), place)),
            Kind::F32 => emit!(*self, vmovss_d(Xm(reg - 16), place)),
            Kind::F64 => emit!(*self, vmovsd_d(Xm(reg - 16), place)),
            Kind::V128 => emit!(*self, vmovups_a(Xm(reg - 16), place)),
        }
    }

    /// Stores a register.
    pub(crate) fn store(&mut self, place: Amode, kind: Kind, reg: Reg) {
        match kind {
            Kind::I32 => emit!(*self, movl_mr(place, Gp(reg))),
            Kind::I64 => emit!(*self, movq_mr(place, Gp(reg))),
            Kind::F32 => emit!(*self, vmovss_c_m(place, Xm(reg - 16))),
            Kind::F64 => emit!(*self, vmovsd_c_m(place, Xm(reg - 16))),
            Kind::V128 => emit!(*self, vmovups_b(place, Xm(reg - 16))),
        }
    }

    /// The trap instruction with a code, as LLVM's `ubsantrap` writes it.
    pub(crate) fn trap(&mut self, code: TrapCode) {
        self.bytes.extend_from_slice(&[0x67, 0x0f, 0xb9, 0x40, code as u8]);
    }

    /// An entry of a table of distances: that of a label from a place.
    pub(crate) fn table_entry(&mut self, label: Label, from: u32) {
        self.fixups.push(Fixup { at: self.here(), label, from });
        self.put4(0);
    }

    /// Fills in the distances to labels, all of which have a place now.
    pub(crate) fn resolve(&mut self) {
        for Fixup { at, label, from } in self.fixups.drain(..) {
            let target = self.labels[label.0 as usize];
            debug_assert_ne!(target, UNBOUND, "every label that is used has a place");
            let Some(field) = self.bytes[at as usize..].first_chunk_mut() else { continue };
            let addend = u32::from_le_bytes(*field);
            *field = target.wrapping_sub(from).wrapping_add(addend).to_le_bytes();
        }
        for reference in &mut self.references {
            let field = self.bytes[reference.at as usize..].first_chunk_mut();
            if let Some(field) = field {
                // The distance counts from the instruction's end.
                reference.to += i64::from(i32::from_le_bytes(*field)) - 4;
                *field = [0; 4];
            }
        }
    }

    fn short_distance(&self, label: Label) -> Option<u8> {
        let target = self.labels[label.0 as usize];
        let distance = i64::from(target) - i64::from(self.here() + 2);
        (target != UNBOUND).then(|| i8::try_from(distance).ok().map(|distance| distance as u8)).flatten()
    }

    fn distance(&mut self, label: Label) {
        let at = self.here();
        self.fixups.push(Fixup { at, label, from: at + 4 });
        self.put4(0);
    }
}

/// A short jump whose end is not known yet.
pub(crate) struct Skip(u32);
