//! One entry as a module of its own: it imports what it mentions of the session and exports what it defines.
//!
//! A function that the entry defines is imported as well, under its name, and the definition itself has none: all calls, its own too, go
//! through the import, which the session can lead elsewhere. An example, the entry `(func $f (call $g))`:
//!
//! ```text
//! (module (@name "repl:2")
//!   (import "" "" (func $g))
//!   (import "" "" (func $f))
//!   (func (@name "f") (export "0") (call $g)))
//! ```

use std::collections::BTreeSet;
use std::path::Path;

use wast::core::{
    EncodeOptions, Export, ExportKind, Expression, Func, FuncKind, FunctionType, GenerateDwarf, GlobalKind,
    ImportItems, Imports, InlineExport, ItemKind, ItemSig, MemoryKind, Module, ModuleField, ModuleKind,
    TableKind, TypeUse,
};
use wast::kw;
use wast::parser::{self, Parse, ParseBuffer, Parser};
use wast::token::{Id, NameAnnotation, Span};

/// What a thing of a module is.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Kind {
    Function,
    Table,
    Memory,
    Global,
}

/// What an import of the composed module is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Import {
    /// The session's, by its place there.
    Session(Kind, usize),
    /// The function that a field of the entry defines.
    Own { field: usize },
    /// What the entry imports from outside.
    Outside { field: usize, kind: Kind, name: Option<String>, module: String, item: String },
}

/// Something that a field defines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Definition {
    pub(super) kind: Kind,
    pub(super) name: Option<String>,
    pub(super) field: usize,
    /// Whether calls of it go through an import.
    pub(super) redirected: bool,
}

/// What a session gives to an entry, as text.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    /// Type fields.
    pub(super) types: String,
    /// Import fields.
    pub(super) imports: String,
    /// What those are.
    pub(super) sources: Vec<Import>,
    /// Fields that come last.
    pub(super) last: String,
}

/// What is composed.
#[derive(Copy, Clone, Debug)]
pub(super) enum Entry<'a> {
    /// Fields; those whose functions are defined without an import.
    Fields(&'a BTreeSet<usize>),
    /// An expression, whose function has these results, in the text format.
    Expression { results: &'a str },
}

/// The export of an expression's function.
pub(super) const RUN: &str = "run";
/// The export of the function to start with.
pub(super) const START: &str = "start";

/// A composed module.
#[derive(Clone, Debug)]
pub(super) struct Composed {
    /// With line tables of the entry's text.
    pub(super) binary: Vec<u8>,
    /// In order.
    pub(super) imports: Vec<Import>,
    /// In order; exported under the number of the field.
    pub(super) definitions: Vec<Definition>,
    /// Names that fields export, with the field.
    pub(super) exports: Vec<String>,
    /// Which fields say types.
    pub(super) types: BTreeSet<usize>,
    /// Whether a function is to be called at the end, exported as [`START`].
    pub(super) starts: bool,
}

/// Makes the module. `name` is what frames of a trap call it.
pub(super) fn compose(
    name: &str,
    text: &str,
    entry: Entry<'_>,
    given: &Given,
) -> Result<Composed, wast::Error> {
    let labels: Vec<String> = (0..text.matches('(').count()).map(|number| number.to_string()).collect();
    let (buffer, results) = match entry {
        Entry::Fields(_) => (buffer(text)?, ""),
        Entry::Expression { results } => (buffer(text)?, results),
    };
    let results = plain_buffer(results)?;
    let (types, imports, last) =
        (plain_buffer(&given.types)?, plain_buffer(&given.imports)?, plain_buffer(&given.last)?);
    let mut composer = Composer {
        labels: &labels,
        direct: None,
        fields: Fields::default(),
        composed: Composed {
            binary: Vec::new(),
            imports: given.sources.clone(),
            definitions: Vec::new(),
            exports: Vec::new(),
            types: BTreeSet::new(),
            starts: false,
        },
    };
    composer.fields.types = parser::parse::<FieldList<'_>>(&types)?.0;
    composer.fields.imports = parser::parse::<FieldList<'_>>(&imports)?.0;
    match entry {
        Entry::Fields(direct) => {
            composer.direct = Some(direct);
            for (number, field) in parser::parse::<FieldList<'_>>(&buffer)?.0.into_iter().enumerate() {
                composer.field(number, field)?;
            }
        }
        Entry::Expression { .. } => {
            let expression = parser::parse::<Expression<'_>>(&buffer)?;
            let ty = parser::parse::<FunctionType<'_>>(&results)?;
            composer.fields.rest.push(expression_function(expression, ty));
        }
    }
    let mut fields = composer.fields.types;
    fields.append(&mut composer.fields.imports);
    fields.append(&mut composer.fields.rest);
    fields.extend(parser::parse::<FieldList<'_>>(&last)?.0);
    let mut module = Module {
        span: Span::from_offset(0),
        id: None,
        name: Some(NameAnnotation { name }),
        kind: ModuleKind::Text(fields),
    };
    let path = Path::new(name);
    let binary = EncodeOptions::new().dwarf(path, text, GenerateDwarf::Lines).encode_module(&mut module)?;
    Ok(Composed { binary, ..composer.composed })
}

fn plain_buffer(text: &str) -> Result<ParseBuffer<'_>, wast::Error> {
    let mut lexer = wast::lexer::Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    ParseBuffer::new_with_lexer(lexer)
}

fn buffer(text: &str) -> Result<ParseBuffer<'_>, wast::Error> {
    let mut buffer = plain_buffer(text)?;
    buffer.track_instr_spans(true);
    Ok(buffer)
}

/// Fields, possibly in a `(module …)`.
pub(super) struct FieldList<'a>(pub(super) Vec<ModuleField<'a>>);

impl<'a> Parse<'a> for FieldList<'a> {
    fn parse(parser: Parser<'a>) -> parser::Result<Self> {
        if parser.peek2::<kw::module>()? {
            return parser.parens(|parser| {
                parser.parse::<kw::module>()?;
                parser.parse::<Option<Id<'a>>>()?;
                Self::parse(parser)
            });
        }
        let mut fields = Vec::new();
        while !parser.is_empty() {
            fields.push(parser.parens(ModuleField::parse)?);
        }
        Ok(Self(fields))
    }
}

fn expression_function<'a>(expression: Expression<'a>, ty: FunctionType<'a>) -> ModuleField<'a> {
    ModuleField::Func(Func {
        span: Span::from_offset(0),
        id: None,
        name: Some(NameAnnotation { name: "expression" }),
        exports: InlineExport { names: vec![RUN] },
        kind: FuncKind::Inline { locals: Box::default(), expression },
        ty: TypeUse { index: None, inline: Some(ty) },
    })
}

/// Fields in the order in which the module has them.
#[derive(Default)]
struct Fields<'a> {
    types: Vec<ModuleField<'a>>,
    imports: Vec<ModuleField<'a>>,
    rest: Vec<ModuleField<'a>>,
}

struct Composer<'a> {
    /// Names of exports, by field.
    labels: &'a [String],
    direct: Option<&'a BTreeSet<usize>>,
    fields: Fields<'a>,
    composed: Composed,
}

impl<'a> Composer<'a> {
    fn field(&mut self, number: usize, mut field: ModuleField<'a>) -> Result<(), wast::Error> {
        let label = &self.labels[number];
        match &mut field {
            ModuleField::Type(_) | ModuleField::Rec(_) => {
                self.composed.types.insert(number);
                self.fields.types.push(field);
                return Ok(());
            }
            ModuleField::Import(imports) => {
                self.outside(number, imports)?;
                self.fields.imports.push(field);
                return Ok(());
            }
            ModuleField::Func(func) => {
                let (span, ty) = (func.span, func.ty.clone());
                if let FuncKind::Import(import, _) = &func.kind {
                    let sig = ItemSig { span, id: func.id, name: None, kind: ItemKind::Func(ty) };
                    return self.inline_import(number, span, import.module, import.field, sig, &func.exports);
                }
                self.name(&mut func.id, &func.exports);
                self.define(number, Kind::Function, func.id);
                func.exports = InlineExport { names: vec![label] };
                if !self.is_direct(number) {
                    let sig = ItemSig { span, id: func.id.take(), name: None, kind: ItemKind::Func(ty) };
                    func.name = sig.id.map(|id| NameAnnotation { name: id.name() });
                    self.composed.imports.push(Import::Own { field: number });
                    self.fields.imports.push(ModuleField::Import(Imports::single(span, "", "", sig)));
                }
            }
            ModuleField::Table(table) => {
                if let TableKind::Import { import, ty } = &table.kind {
                    let sig =
                        ItemSig { span: table.span, id: table.id, name: None, kind: ItemKind::Table(*ty) };
                    return self.inline_import(
                        number,
                        table.span,
                        import.module,
                        import.field,
                        sig,
                        &table.exports,
                    );
                }
                self.name(&mut table.id, &table.exports);
                self.define(number, Kind::Table, table.id);
                table.exports = InlineExport { names: vec![label] };
            }
            ModuleField::Memory(memory) => {
                if let MemoryKind::Import { import, ty } = &memory.kind {
                    let sig =
                        ItemSig { span: memory.span, id: memory.id, name: None, kind: ItemKind::Memory(*ty) };
                    return self.inline_import(
                        number,
                        memory.span,
                        import.module,
                        import.field,
                        sig,
                        &memory.exports,
                    );
                }
                self.name(&mut memory.id, &memory.exports);
                self.define(number, Kind::Memory, memory.id);
                memory.exports = InlineExport { names: vec![label] };
            }
            ModuleField::Global(global) => {
                if let GlobalKind::Import(import) = &global.kind {
                    let kind = ItemKind::Global(global.ty);
                    let sig = ItemSig { span: global.span, id: global.id, name: None, kind };
                    return self.inline_import(
                        number,
                        global.span,
                        import.module,
                        import.field,
                        sig,
                        &global.exports,
                    );
                }
                self.name(&mut global.id, &global.exports);
                self.define(number, Kind::Global, global.id);
                global.exports = InlineExport { names: vec![label] };
            }
            ModuleField::Export(export) => {
                self.composed.exports.push(export.name.to_owned());
                // Under another name, so that the name and what it stands for are still looked up.
                export.name = label;
            }
            ModuleField::Start(index) => {
                self.composed.starts = true;
                let (span, item) = (index.span(), *index);
                field = ModuleField::Export(Export { span, name: START, kind: ExportKind::Func, item });
            }
            ModuleField::Elem(_) | ModuleField::Data(_) | ModuleField::Custom(_) => {}
            ModuleField::Tag(tag) => {
                return Err(wast::Error::new(tag.span, "a session has no tags in this version".into()));
            }
        }
        self.fields.rest.push(field);
        Ok(())
    }

    fn is_direct(&self, field: usize) -> bool {
        self.direct.is_some_and(|direct| direct.contains(&field))
    }

    /// What has no identifier is known by its first export.
    fn name(&mut self, id: &mut Option<Id<'a>>, exports: &InlineExport<'a>) {
        self.composed.exports.extend(exports.names.iter().map(|name| (*name).to_owned()));
        if id.is_none()
            && let Some(name) = exports.names.iter().find(|name| !name.is_empty())
        {
            *id = Some(Id::new(name, Span::from_offset(0)));
        }
    }

    fn define(&mut self, field: usize, kind: Kind, id: Option<Id<'a>>) {
        let redirected = kind == Kind::Function && !self.is_direct(field);
        let name = id.map(|id| id.name().to_owned());
        self.composed.definitions.push(Definition { kind, name, field, redirected });
    }

    fn inline_import(
        &mut self,
        field: usize,
        span: Span,
        module: &'a str,
        item: &'a str,
        mut sig: ItemSig<'a>,
        exports: &InlineExport<'a>,
    ) -> Result<(), wast::Error> {
        self.name(&mut sig.id, exports);
        let imports = Imports::single(span, module, item, sig);
        self.outside(field, &imports)?;
        self.fields.imports.push(ModuleField::Import(imports));
        Ok(())
    }

    fn outside(&mut self, field: usize, imports: &Imports<'a>) -> Result<(), wast::Error> {
        let ImportItems::Single { module, name: item, sig } = &imports.items else {
            return Err(wast::Error::new(imports.span, "a session takes one import at a time".into()));
        };
        let kind = match sig.kind {
            ItemKind::Func(_) | ItemKind::FuncExact(_) => Kind::Function,
            ItemKind::Table(_) => Kind::Table,
            ItemKind::Memory(_) => Kind::Memory,
            ItemKind::Global(_) => Kind::Global,
            ItemKind::Tag(_) => {
                return Err(wast::Error::new(sig.span, "a session has no tags in this version".into()));
            }
        };
        let name = sig.id.map(|id| id.name().to_owned());
        let (module, item) = ((*module).to_owned(), (*item).to_owned());
        self.composed.imports.push(Import::Outside { field, kind, name, module, item });
        Ok(())
    }
}
