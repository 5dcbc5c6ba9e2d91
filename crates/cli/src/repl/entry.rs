//! One entry, read: composed, validated, and its fields taken apart for the session to keep.

use std::collections::BTreeSet;
use std::ops::Range;

use wast::core::{ElemKind, ElemPayload, ModuleField};
use wast::lexer::{Token, TokenKind};
use wast::parser::{self, ParseBuffer};
use wootz_cli::input::Input;
use wootz_cli::report::{Outcome, Report};
use wootz_wasm_ir::{EntityIndex, ErrorKind, FuncIndex, Module};

use super::compose::{Composed, Definition, Entry, FieldList, Import, Kind, compose};
use super::scope::{Class, Field, Scope, is_simple};
use super::text::{Mentions, fields, identifier, tokens};

/// An expression, composed.
pub(super) struct Expression {
    pub(super) input: Input,
    pub(super) module: Module,
    pub(super) composed: Composed,
    pub(super) results: Vec<wootz::ValType>,
}

/// Fields that are read and validated.
pub(super) struct NewFields {
    pub(super) input: Input,
    pub(super) composed: Composed,
    pub(super) module: Module,
    pub(super) fields: Vec<Field>,
    /// Where each stands in the text.
    pub(super) ranges: Vec<Range<usize>>,
}

impl NewFields {
    /// Reads fields for a session that has a scope.
    ///
    /// # Errors
    /// The report of what is wrong with them.
    pub(super) fn read(scope: &Scope, input: &Input, text: &str) -> Outcome<Self> {
        let tokens = tokens(text).map_err(|error| refusal(input, &error))?;
        let mentions = Mentions::of(text, &tokens);
        let ranges = fields(text, &tokens);
        let given = scope.given(&mentions, &defined(text, &ranges));
        let mut direct = BTreeSet::new();
        loop {
            let composed = compose(&input.name, text, Entry::Fields(&direct), &given);
            let mut composed = composed.map_err(|error| refusal(input, &error))?;
            let input = input.encoded_as(&composed.binary);
            let module = Module::from_binary(&composed.binary[..]).map_err(|error| input.refusal(&error))?;
            let fields = ranges
                .iter()
                .enumerate()
                .map(|(number, range)| field(&text[range.clone()], number, &composed));
            let fields = fields.collect();
            composed.binary = Vec::new();
            let new = Self { input, composed, module, fields, ranges: ranges.clone() };
            // Functions whose types only a module can say are defined without an import.
            let declarations = new.module.declarations();
            let complex = new.composed.definitions.iter().filter(|definition| {
                let item = new.item(definition);
                definition.redirected
                    && matches!(item, EntityIndex::Function(func) if !is_simple(declarations, func))
            });
            let before = direct.len();
            direct.extend(complex.map(|definition| definition.field));
            if direct.len() == before {
                return Ok(new);
            }
        }
    }

    /// The report of a name that a field must not have.
    pub(super) fn refuse(&self, field: usize, name: &str, message: String) -> Box<Report> {
        let text = std::str::from_utf8(&self.input.bytes).unwrap_or_default();
        let offset = self.ranges.get(field).map_or(0, |range| mention(text, range, name));
        self.input.refusal(&wootz::ModuleError::new(ErrorKind::Text, offset as u64, message))
    }

    /// What a definition is in the module.
    pub(super) fn item(&self, definition: &Definition) -> EntityIndex {
        let label = definition.field.to_string();
        let exports = &self.module.declarations().exports;
        let export = exports.iter().find(|export| export.name == label);
        export.map_or(EntityIndex::Function(FuncIndex(0)), |export| export.item)
    }
}

/// Where a text mentions a name first, within a range of it; else the start of the range.
pub(super) fn mention(text: &str, range: &Range<usize>, name: &str) -> usize {
    let tokens = tokens(&text[range.clone()]).unwrap_or_default();
    let is_it = |token: &&Token| {
        token.kind == TokenKind::Id && token.id(&text[range.clone()]).is_ok_and(|id| id == name)
    };
    range.start + tokens.iter().find(is_it).map_or(0, |token| token.offset)
}

/// What the fields define under a name of their own, from the first tokens of each.
fn defined(text: &str, ranges: &[Range<usize>]) -> Vec<(Kind, String)> {
    let name = |range: &Range<usize>| {
        let field = &text[range.clone()];
        let tokens = tokens(field).ok()?;
        let kind = match tokens.get(1)?.src(field) {
            "func" => Kind::Function,
            "table" => Kind::Table,
            "memory" => Kind::Memory,
            "global" => Kind::Global,
            _ => return None,
        };
        let id = tokens.get(2).filter(|token| token.kind == TokenKind::Id)?;
        Some((kind, id.id(field).ok()?.into_owned()))
    };
    ranges.iter().filter_map(name).collect()
}

fn field(text: &str, number: usize, composed: &Composed) -> Field {
    let imported = composed
        .imports
        .iter()
        .any(|import| matches!(import, Import::Outside { field, .. } if *field == number));
    let class = if composed.types.contains(&number) {
        Class::Type
    } else if imported {
        Class::Import
    } else {
        Class::Other
    };
    let tokens = tokens(text).unwrap_or_default();
    let mentions = Mentions::of(text, &tokens);
    let name = composed.definitions.iter().find(|definition| definition.field == number);
    let name = name.and_then(|definition| definition.name.as_deref());
    let text = match (name, tokens.get(1), tokens.get(2)) {
        // Known by its export: others name it so.
        (Some(name), Some(keyword), Some(next)) if !next.src(text).starts_with('$') => {
            let (before, after) = text.split_at(keyword.offset + keyword.src(text).len());
            format!("{before} {}{after}", identifier(name))
        }
        _ => text.to_owned(),
    };
    Field { takes_any_type: takes_any_type(&text), text, mentions, class }
}

/// Whether a field stays right if the functions that it mentions get other types.
fn takes_any_type(text: &str) -> bool {
    let Ok(buffer) = ParseBuffer::new(text) else { return false };
    let field = parser::parse::<FieldList<'_>>(&buffer).ok().and_then(|fields| fields.0.into_iter().next());
    match field {
        Some(ModuleField::Export(_)) => true,
        Some(ModuleField::Elem(elem)) => {
            matches!((&elem.kind, &elem.payload), (ElemKind::Active { .. }, ElemPayload::Indices(_)))
        }
        _ => false,
    }
}

/// The report of a text that does not parse.
pub(super) fn refusal(input: &Input, error: &wast::Error) -> Box<Report> {
    let offset = error.span().offset() as u64;
    input.refusal(&wootz::ModuleError::new(ErrorKind::Text, offset, error.message()))
}
