//! Resolves symbols across objects, and gives each library call that is used a slot.

use std::collections::{BTreeSet, HashMap};

use wootz_vm_abi::lazy::DATA_SYMBOL;
use wootz_vm_abi::libcall::Libcall;

use super::error::LinkError;
use super::input::{Definition, Object};

/// What a symbol stands for.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Target {
    /// An offset in an input section.
    Section { object: usize, section: usize, offset: u64 },
    /// A library call, by its slot.
    Libcall(usize),
    /// The data that a fragment has at a distance yet unknown.
    Data,
    /// Undefined in every object.
    Undefined,
    /// Nothing that a relocation can refer to.
    Nowhere,
}

/// A global symbol's definition.
#[derive(Copy, Clone, Debug)]
pub(super) struct Global {
    pub(super) object: usize,
    pub(super) symbol: usize,
}

/// All symbols, resolved.
pub(super) struct Symbols<'a> {
    /// The library calls, by slot: in the order of their declaration, whatever order the objects have.
    pub(super) libcalls: Vec<Libcall>,
    /// Definitions of the global symbols.
    pub(super) globals: HashMap<&'a [u8], Global>,
    /// For each object, what each of its symbols stands for.
    targets: Vec<Vec<Target>>,
}

impl Symbols<'_> {
    /// What a symbol of an object stands for; `None` if the object has no such symbol.
    pub(super) fn target(&self, object: usize, symbol: usize) -> Option<Target> {
        self.targets[object].get(symbol).copied()
    }
}

/// Resolves the symbols of all objects. `with_data` says whether there is data outside.
pub(super) fn resolve<'a>(objects: &[Object<'a>], with_data: bool) -> Result<Symbols<'a>, LinkError> {
    let globals = find_globals(objects)?;
    let libcalls: Vec<_> = find_libcalls(objects, &globals).into_iter().collect();
    let mut targets = Vec::with_capacity(objects.len());
    for (object, input) in objects.iter().enumerate() {
        let resolve = |symbol| match defined(objects, object, symbol) {
            Some(target) => target,
            None => {
                let name = input.symbols[symbol].name;
                match (globals.get(name), libcall(name)) {
                    (Some(global), _) => {
                        defined(objects, global.object, global.symbol).unwrap_or(Target::Nowhere)
                    }
                    (None, Some(call)) => {
                        libcalls.binary_search(&call).map_or(Target::Undefined, Target::Libcall)
                    }
                    (None, None) if with_data && name == DATA_SYMBOL.as_bytes() => Target::Data,
                    (None, None) => Target::Undefined,
                }
            }
        };
        targets.push((0..input.symbols.len()).map(resolve).collect());
    }
    Ok(Symbols { libcalls, globals, targets })
}

/// What a symbol stands for by its own definition; `None` if it is undefined.
fn defined(objects: &[Object<'_>], object: usize, symbol: usize) -> Option<Target> {
    match objects[object].symbols[symbol].definition {
        Definition::Section(section, offset) => Some(Target::Section { object, section, offset }),
        Definition::Nowhere => Some(Target::Nowhere),
        Definition::Undefined => None,
    }
}

fn find_globals<'a>(objects: &[Object<'a>]) -> Result<HashMap<&'a [u8], Global>, LinkError> {
    let mut globals: HashMap<&[u8], Global> = HashMap::new();
    for (object, input) in objects.iter().enumerate() {
        for (index, symbol) in input.symbols.iter().enumerate() {
            if !symbol.global || symbol.definition == Definition::Undefined {
                continue;
            }
            if let Some(first) = globals.insert(symbol.name, Global { object, symbol: index }) {
                let symbol = String::from_utf8_lossy(symbol.name).into_owned();
                return Err(LinkError::DuplicateSymbol { symbol, objects: [first.object, object] });
            }
        }
    }
    Ok(globals)
}

fn find_libcalls(objects: &[Object<'_>], globals: &HashMap<&[u8], Global>) -> BTreeSet<Libcall> {
    let symbols = objects.iter().flat_map(|object| &object.symbols);
    symbols
        .filter(|symbol| symbol.definition == Definition::Undefined && !globals.contains_key(symbol.name))
        .filter_map(|symbol| libcall(symbol.name))
        .collect()
}

fn libcall(name: &[u8]) -> Option<Libcall> {
    Libcall::from_name(std::str::from_utf8(name).ok()?)
}
