//! Types of the guest's, for a debugger of 64-bit programs.
//!
//! A pointer of the guest is four bytes, an offset in linear memory; no debugger follows that by itself. A *variable* that is a
//! pointer is described as what it means, an address of the process, which its location computes: then it is a pointer like any
//! other. A pointer *in memory*, in a structure or an array, has no location of its own to compute with. For gdb it is an array without a
//! length whose data are where the pointer points to (`DW_AT_data_location`): gdb prints that as an address, as a string if it is one of
//! characters, and takes it for a pointer in expressions. lldb does not know this; there it is the plain number.

use std::collections::{HashMap, HashSet};

use gimli::AttributeValue as Read;
use gimli::constants as dw;
use gimli::write::{AttributeValue, Expression, Unit, UnitEntryId};

use super::compose::Shown;
use super::context::ContextLayout;
use super::sections::{Base, runtime};
use super::string;
use crate::Debugger;
use crate::guest::{Entry, Guest};

/// Names and qualifiers that are followed to the type under them.
const MAX_QUALIFIERS: usize = 64;

/// How deep namespaces, structures and variants are followed into each other: what is deeper is as if it stood alone.
const MAX_NESTING: usize = 64;

/// Where a value of a type is.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Form {
    /// In a variable, whose location can compute.
    Variable,
    /// In memory, alone or in something larger.
    Memory,
    /// In something larger that is not in memory: in registers, or nowhere. gdb cannot compute where data are that have no place, and
    /// ends if it tries.
    Register,
}

/// The types of one unit.
pub(super) struct Types<'a, 'g> {
    guest: &'a Guest<'g>,
    context: &'a ContextLayout,
    debugger: Debugger,
    known: HashMap<(Entry, Form), UnitEntryId>,
    scopes: HashMap<Entry, UnitEntryId>,
    pending: Vec<(Entry, Form, UnitEntryId)>,
    void: Option<UnitEntryId>,
    holds_pointers: HashMap<Entry, bool>,
    /// How many scopes are being made, each for one in it.
    nesting: usize,
}

impl<'a, 'g> Types<'a, 'g> {
    pub(super) fn new(guest: &'a Guest<'g>, context: &'a ContextLayout, debugger: Debugger) -> Self {
        let (known, scopes, pending) = (HashMap::new(), HashMap::new(), Vec::new());
        Self {
            guest,
            context,
            debugger,
            known,
            scopes,
            pending,
            void: None,
            holds_pointers: HashMap::new(),
            nesting: 0,
        }
    }

    /// How values of a type are shown.
    pub(super) fn shown(&self, ty: Entry) -> Shown {
        let (_, tag) = self.peel(ty);
        if is_pointer(tag) { Shown::Pointer } else { Shown::Plain }
    }

    /// Bytes of a value of a type, in the guest; 0 if it is not known.
    pub(super) fn bytes(&self, ty: Entry) -> u64 {
        let (ty, tag) = self.peel(ty);
        let die = self.guest.die(ty);
        let stated = die.and_then(|die| die.attr_value(dw::DW_AT_byte_size)?.udata_value());
        let address = u64::from(self.guest.unit(ty.unit).header.address_size());
        stated.unwrap_or(if is_pointer(tag) || tag == dw::DW_TAG_subroutine_type { address } else { 0 })
    }

    /// The type under names and qualifiers; pointers to functions, which are numbers, count as functions.
    fn peel(&self, ty: Entry) -> (Entry, gimli::DwTag) {
        let mut at = ty;
        for _ in 0..MAX_QUALIFIERS {
            let Some(die) = self.guest.die(at) else { break };
            let tag = die.tag();
            let next = self.guest.reference(at.unit, &die, dw::DW_AT_type);
            match next {
                Some(next) if is_qualifier(tag) => at = next,
                Some(next) if is_pointer(tag) && self.is_function(next) => {
                    return (at, dw::DW_TAG_subroutine_type);
                }
                _ => return (at, tag),
            }
        }
        (at, dw::DW_TAG_unspecified_type)
    }

    fn is_function(&self, ty: Entry) -> bool {
        let mut at = ty;
        for _ in 0..MAX_QUALIFIERS {
            let Some(die) = self.guest.die(at) else { return false };
            match self.guest.reference(at.unit, &die, dw::DW_AT_type) {
                Some(next) if is_qualifier(die.tag()) => at = next,
                _ => return die.tag() == dw::DW_TAG_subroutine_type,
            }
        }
        false
    }

    /// Whether a value has pointers in it.
    pub(super) fn holds_pointers(&mut self, ty: Entry) -> bool {
        let (ty, _) = self.peel(ty);
        if let Some(known) = self.holds_pointers.get(&ty) {
            return *known;
        }
        let (mut seen, mut open, mut found) = (HashSet::new(), vec![ty], false);
        while let Some(at) = open.pop().filter(|_| !found) {
            let (at, tag) = self.peel(at);
            if !seen.insert(at) {
                continue;
            }
            found = is_pointer(tag);
            if tag == dw::DW_TAG_array_type {
                open.extend(self.guest.ty(at));
            } else if !is_pointer(tag) {
                // Members, and what is in the variants of an enumeration.
                open.extend(
                    self.guest.children(at).into_iter().flat_map(|child| self.parts(child, MAX_NESTING)),
                );
            }
        }
        self.holds_pointers.insert(ty, found);
        found
    }

    fn parts(&self, child: Entry, depth: usize) -> Vec<Entry> {
        match self.guest.die(child).map(|die| die.tag()) {
            Some(dw::DW_TAG_member | dw::DW_TAG_inheritance) => self.guest.ty(child).into_iter().collect(),
            Some(dw::DW_TAG_variant_part | dw::DW_TAG_variant) if depth > 0 => self
                .guest
                .children(child)
                .into_iter()
                .flat_map(|inner| self.parts(inner, depth - 1))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Whether a function that returns this type returns it in a register, as the debugger expects.
    pub(super) fn is_scalar(&self, ty: Entry) -> bool {
        let (_, tag) = self.peel(ty);
        matches!(tag, dw::DW_TAG_base_type | dw::DW_TAG_enumeration_type | dw::DW_TAG_subroutine_type)
            || is_pointer(tag)
    }

    /// A type, to be completed by [`finish`](Self::finish).
    pub(super) fn get(&mut self, unit: &mut Unit, ty: Entry, form: Form) -> UnitEntryId {
        let (peeled, tag) = self.peel(ty);
        // A name of a pointer in memory goes: gdb does not see through it to the data.
        let (ty, form) = match form {
            Form::Variable if is_pointer(tag) => (ty, form),
            Form::Memory | Form::Register if is_pointer(tag) => (peeled, form),
            Form::Register if self.debugger == Debugger::Gdb && self.holds_pointers(ty) => (ty, form),
            _ => (ty, Form::Memory),
        };
        if let Some(known) = self.known.get(&(ty, form)) {
            return *known;
        }
        let own = self.guest.die(ty).map_or(dw::DW_TAG_unspecified_type, |die| die.tag());
        let tag = match (form, self.debugger) {
            _ if self.peel(ty).1 == dw::DW_TAG_subroutine_type && is_pointer(own) => dw::DW_TAG_base_type,
            (Form::Memory, Debugger::Gdb) if is_pointer(own) => dw::DW_TAG_array_type,
            (Form::Memory | Form::Register, _) if is_pointer(own) => dw::DW_TAG_base_type,
            _ if own == dw::DW_TAG_ptr_to_member_type => dw::DW_TAG_base_type,
            _ => own,
        };
        let parent = self.scope(unit, ty);
        let id = unit.add(parent, tag);
        self.known.insert((ty, form), id);
        self.pending.push((ty, form, id));
        id
    }

    /// Completes all types that were asked for, and those that they need.
    pub(super) fn finish(&mut self, unit: &mut Unit) {
        while let Some((ty, form, id)) = self.pending.pop() {
            self.complete(unit, ty, form, id);
        }
    }

    /// The namespace or structure that an entry is in, as far as names need it.
    pub(super) fn scope(&mut self, unit: &mut Unit, entry: Entry) -> UnitEntryId {
        if self.nesting > MAX_NESTING {
            return unit.root();
        }
        self.nesting += 1;
        let scope = self.make_scope(unit, entry);
        self.nesting -= 1;
        scope
    }

    fn make_scope(&mut self, unit: &mut Unit, entry: Entry) -> UnitEntryId {
        let Some((parent, die)) = self.guest.parent(entry).and_then(|at| Some((at, self.guest.die(at)?)))
        else {
            return unit.root();
        };
        match die.tag() {
            dw::DW_TAG_namespace => {
                if let Some(known) = self.scopes.get(&parent) {
                    return *known;
                }
                let outer = self.scope(unit, parent);
                let id = unit.add(outer, dw::DW_TAG_namespace);
                if let Some(name) = self.guest.text(parent.unit, &die, dw::DW_AT_name) {
                    unit.get_mut(id).set(dw::DW_AT_name, string(&name));
                }
                self.scopes.insert(parent, id);
                id
            }
            dw::DW_TAG_structure_type | dw::DW_TAG_class_type | dw::DW_TAG_union_type => {
                self.get(unit, parent, Form::Memory)
            }
            _ => unit.root(),
        }
    }

    fn complete(&mut self, unit: &mut Unit, ty: Entry, form: Form, id: UnitEntryId) {
        let Some(die) = self.guest.die(ty) else { return };
        let target = self.guest.reference(ty.unit, &die, dw::DW_AT_type);
        let tag = unit.get(id).tag();
        if let Some(name) = self.guest.text(ty.unit, &die, dw::DW_AT_name) {
            unit.get_mut(id).set(dw::DW_AT_name, string(&name));
        }
        match (die.tag(), tag) {
            (own, dw::DW_TAG_base_type) if is_pointer(own) || own == dw::DW_TAG_ptr_to_member_type => {
                let bytes = self.bytes(ty).clamp(1, 8) as u8;
                let name = self.pointer_name(ty);
                let entry = unit.get_mut(id);
                entry.set(dw::DW_AT_name, string(&name));
                entry.set(dw::DW_AT_byte_size, AttributeValue::Data1(bytes));
                entry.set(dw::DW_AT_encoding, AttributeValue::Encoding(dw::DW_ATE_unsigned));
            }
            (own, dw::DW_TAG_array_type) if is_pointer(own) => {
                self.complete_pointer_in_memory(unit, ty, id, target)
            }
            (own, _) if is_pointer(own) => {
                let target = target.map(|target| self.get(unit, target, Form::Memory));
                let entry = unit.get_mut(id);
                entry.set(dw::DW_AT_byte_size, AttributeValue::Data1(8));
                if let Some(target) = target {
                    entry.set(dw::DW_AT_type, AttributeValue::UnitRef(target));
                }
            }
            (own, _) => {
                if let Some(target) = target.filter(|_| own != dw::DW_TAG_subroutine_type) {
                    let target = self.get(unit, target, form);
                    unit.get_mut(id).set(dw::DW_AT_type, AttributeValue::UnitRef(target));
                }
                self.copy(unit, &die, id);
                let points = target.is_some_and(|ty| self.shown(ty) == Shown::Pointer);
                if own == dw::DW_TAG_array_type && form == Form::Memory && points {
                    let stride = u64::from(self.guest.unit(ty.unit).header.address_size());
                    unit.get_mut(id).set(dw::DW_AT_byte_stride, AttributeValue::Udata(stride));
                }
                if form == Form::Register {
                    self.mark_name(unit, id);
                }
                self.complete_children(unit, ty, form, id);
            }
        }
    }

    fn complete_pointer_in_memory(
        &mut self,
        unit: &mut Unit,
        ty: Entry,
        id: UnitEntryId,
        target: Option<Entry>,
    ) {
        let name = self.pointer_name(ty);
        let target = match target {
            Some(target) => self.get(unit, target, Form::Memory),
            None => self.void(unit),
        };
        let bytes = u8::try_from(self.bytes(ty)).unwrap_or(4);
        let location = follow_in_memory(self.context, bytes);
        let entry = unit.get_mut(id);
        entry.set(dw::DW_AT_name, string(&name));
        entry.set(dw::DW_AT_byte_size, AttributeValue::Data1(bytes));
        entry.set(dw::DW_AT_type, AttributeValue::UnitRef(target));
        entry.set(dw::DW_AT_data_location, AttributeValue::Exprloc(location));
        unit.add(id, dw::DW_TAG_subrange_type);
    }

    /// What a pointer to nothing known points to: something without a size that can be cast.
    fn void(&mut self, unit: &mut Unit) -> UnitEntryId {
        *self.void.get_or_insert_with(|| {
            let id = unit.add(unit.root(), dw::DW_TAG_structure_type);
            let entry = unit.get_mut(id);
            entry.set(dw::DW_AT_name, string("void"));
            entry.set(dw::DW_AT_byte_size, AttributeValue::Data1(1));
            id
        })
    }

    fn pointer_name(&self, ty: Entry) -> String {
        let Some(die) = self.guest.die(ty) else { return "*".into() };
        if let Some(name) = self.guest.text(ty.unit, &die, dw::DW_AT_name) {
            return name;
        }
        let target = self.guest.reference(ty.unit, &die, dw::DW_AT_type);
        let name = target.and_then(|target| self.guest.name(target)).unwrap_or_else(|| "void".into());
        let sign = if die.tag() == dw::DW_TAG_pointer_type { "*" } else { "&" };
        format!("{name} {sign}")
    }

    /// Tells the type from the one of the same name in memory, for who asks by name.
    fn mark_name(&self, unit: &mut Unit, id: UnitEntryId) {
        if let Some(AttributeValue::String(name)) = unit.get_mut(id).get_mut(dw::DW_AT_name) {
            name.extend(b" (not in memory)");
        }
    }

    /// Copies the attributes that are numbers and flags.
    fn copy(
        &self,
        unit: &mut Unit,
        die: &gimli::DebuggingInformationEntry<crate::Bytes<'_>>,
        id: UnitEntryId,
    ) {
        for attribute in die.attrs() {
            let value = match attribute.name() {
                dw::DW_AT_encoding => match attribute.value() {
                    Read::Encoding(encoding) => AttributeValue::Encoding(encoding),
                    _ => continue,
                },
                dw::DW_AT_byte_size
                | dw::DW_AT_bit_size
                | dw::DW_AT_data_bit_offset
                | dw::DW_AT_bit_offset
                | dw::DW_AT_data_member_location
                | dw::DW_AT_byte_stride
                | dw::DW_AT_count
                | dw::DW_AT_discr_value => match attribute.udata_value() {
                    Some(value) => AttributeValue::Udata(value),
                    None => continue,
                },
                dw::DW_AT_upper_bound | dw::DW_AT_lower_bound | dw::DW_AT_const_value => {
                    match (attribute.sdata_value(), attribute.udata_value()) {
                        (Some(value), _) => AttributeValue::Sdata(value),
                        (None, Some(value)) => AttributeValue::Udata(value),
                        (None, None) => continue,
                    }
                }
                dw::DW_AT_declaration | dw::DW_AT_enum_class | dw::DW_AT_artificial => {
                    AttributeValue::FlagPresent
                }
                _ => continue,
            };
            unit.get_mut(id).set(attribute.name(), value);
        }
    }

    /// Members, bounds, enumerators. Variants of an enumeration with contents nest, so this recurses: twice at most.
    fn complete_children(&mut self, unit: &mut Unit, ty: Entry, form: Form, id: UnitEntryId) {
        let mut open: Vec<(Entry, UnitEntryId)> = vec![(ty, id)];
        let mut members: HashMap<Entry, UnitEntryId> = HashMap::new();
        let mut discriminants: Vec<(UnitEntryId, Entry)> = Vec::new();
        while let Some((outer, outer_id)) = open.pop() {
            for child in self.guest.children(outer) {
                let Some(die) = self.guest.die(child) else { continue };
                let tag = die.tag();
                let kept = matches!(
                    tag,
                    dw::DW_TAG_member
                        | dw::DW_TAG_inheritance
                        | dw::DW_TAG_subrange_type
                        | dw::DW_TAG_enumerator
                        | dw::DW_TAG_variant_part
                        | dw::DW_TAG_variant
                );
                // A static member is a variable of its own.
                if !kept || die.attr_value(dw::DW_AT_external).is_some() {
                    continue;
                }
                let id = unit.add(outer_id, tag);
                members.insert(child, id);
                if let Some(name) = self.guest.text(child.unit, &die, dw::DW_AT_name) {
                    unit.get_mut(id).set(dw::DW_AT_name, string(&name));
                }
                let target = self.guest.reference(child.unit, &die, dw::DW_AT_type);
                if let Some(target) = target.filter(|_| tag != dw::DW_TAG_subrange_type) {
                    let target = self.get(unit, target, form);
                    unit.get_mut(id).set(dw::DW_AT_type, AttributeValue::UnitRef(target));
                }
                self.copy(unit, &die, id);
                if let Some(discriminant) = self.guest.reference(child.unit, &die, dw::DW_AT_discr) {
                    discriminants.push((id, discriminant));
                }
                if matches!(tag, dw::DW_TAG_variant_part | dw::DW_TAG_variant) {
                    open.push((child, id));
                }
            }
        }
        for (part, discriminant) in discriminants {
            if let Some(member) = members.get(&discriminant) {
                unit.get_mut(part).set(dw::DW_AT_discr, AttributeValue::UnitRef(*member));
            }
        }
    }
}

fn is_qualifier(tag: gimli::DwTag) -> bool {
    matches!(
        tag,
        dw::DW_TAG_typedef
            | dw::DW_TAG_const_type
            | dw::DW_TAG_volatile_type
            | dw::DW_TAG_restrict_type
            | dw::DW_TAG_atomic_type
    )
}

fn is_pointer(tag: gimli::DwTag) -> bool {
    matches!(tag, dw::DW_TAG_pointer_type | dw::DW_TAG_reference_type | dw::DW_TAG_rvalue_reference_type)
}

/// From the place of a pointer in memory to what it points to: looks for the linear memory that the place is in. Null stays null, and
/// for a place in no memory that is known the result is an address that nothing has.
fn follow_in_memory(context: &ContextLayout, bytes: u8) -> Expression {
    let mut e = Expression::new();
    let list = runtime(Base::Memories);
    e.op(dw::DW_OP_push_object_address);
    e.op_addr(list);
    e.op_deref();
    // place, number of memories left
    let next = e.next_index();
    e.op(dw::DW_OP_dup);
    let any = e.op_bra();
    e.op(dw::DW_OP_lit0);
    e.op(dw::DW_OP_not);
    let nowhere = e.op_skip();
    e.set_target(any, e.next_index());
    e.op(dw::DW_OP_dup);
    e.op(dw::DW_OP_lit3);
    e.op(dw::DW_OP_shl);
    e.op_addr(list);
    e.op(dw::DW_OP_plus);
    e.op_deref();
    e.op(dw::DW_OP_dup);
    e.op_plus_uconst(context.memory_base);
    e.op_deref();
    // place, left, memory, base
    e.op_pick(3);
    e.op_pick(1);
    e.op(dw::DW_OP_minus);
    e.op(dw::DW_OP_dup);
    e.op(dw::DW_OP_lit0);
    e.op(dw::DW_OP_ge);
    e.op(dw::DW_OP_swap);
    e.op_pick(3);
    e.op_plus_uconst(context.memory_length);
    e.op_deref();
    e.op(dw::DW_OP_lt);
    e.op(dw::DW_OP_and);
    let found = e.op_bra();
    e.op(dw::DW_OP_drop);
    e.op(dw::DW_OP_drop);
    e.op(dw::DW_OP_lit1);
    e.op(dw::DW_OP_minus);
    let again = e.op_skip();
    e.set_target(again, next);
    e.set_target(found, e.next_index());
    e.op_pick(3);
    e.op_deref_size(bytes);
    // place, left, memory, base, pointer
    e.op(dw::DW_OP_dup);
    let not_null = e.op_bra();
    let null = e.op_skip();
    e.set_target(not_null, e.next_index());
    e.op(dw::DW_OP_plus);
    e.set_target(null, e.next_index());
    e.set_target(nowhere, e.next_index());
    e
}
