//! A session: entries in, definitions and values out, nothing of a terminal.
//!
//! Each entry becomes a module of its own (`compose.rs`), compiled lazily and instantiated in the session's one store. An entry that is refused
//! or traps leaves the session's definitions as they were.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use wootz::wasi::WasiCtx;
use wootz::{Engine, Error, Extern, Func, Instance, Linker, Store, TrapCode, Val};
use wootz_cli::args::GrantArgs;
use wootz_cli::exit::Exit;
use wootz_cli::input::Input;
use wootz_cli::names::closest;
use wootz_cli::report::{BUG, Outcome, Report};
use wootz_cli::run::with_grants;
use wootz_cli::source::Source;
use wootz_codegen_llvm::CompileOptions;
use wootz_wasm_ir::decode::{Options, result_types};
use wootz_wasm_ir::{EntityIndex, Module};

use super::compose::{Entry, Import, Kind, START, compose};
use super::entry::{Expression, NewFields, mention, refusal};
use super::interrupter::Interrupter;
use super::scope::{Item, Scope, describe, list};
use super::state::{Loaded, Retyped, State, redirect, undefined};
use super::text::{Mentions, fields, identifier, is_fields, is_result, tokens, with_results};
use super::trap;

/// What an entry had for an answer.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Nothing to say.
    Nothing,
    /// What is defined now, a line for each.
    Defined(Vec<String>),
    /// The values of an expression with their numbers.
    Values(Vec<(usize, Val)>),
    /// Something that was asked for.
    Text(String),
    /// The end of the session.
    Quit,
}

/// How long the last entry took.
#[derive(Copy, Clone, Debug, Default)]
pub(crate) struct Times {
    /// Reading, decoding and opening it.
    pub(crate) compile: Duration,
    /// Instantiating and running it, compiling what it calls.
    pub(crate) run: Duration,
}

/// A session.
pub(crate) struct Session {
    engine: Engine,
    pub(super) options: CompileOptions,
    linker: Linker<WasiCtx>,
    /// What guests are given of the machine.
    grants: GrantArgs,
    state: State,
    /// Entries so far, refused ones too.
    count: usize,
    interrupter: Interrupter,
    pub(crate) times: Times,
    pub(crate) break_on_trap: bool,
}

impl Session {
    /// An empty session, whose engine should compile lazily. `options` are for the views of compiled code.
    pub(crate) fn new(engine: Engine, options: CompileOptions, grants: GrantArgs) -> Outcome<Self> {
        let mut linker = Linker::new(&engine);
        linker.define_wasi(|ctx: &mut WasiCtx| ctx).map_err(|error| bug(&error))?;
        let mut session = Self {
            state: State::new(&engine, wasi(&grants)?),
            grants,
            engine,
            options,
            linker,
            count: 0,
            interrupter: Interrupter::default(),
            times: Times::default(),
            break_on_trap: false,
        };
        session.watch();
        Ok(session)
    }

    /// What stops it.
    pub(crate) fn interrupter(&self) -> Interrupter {
        self.interrupter.clone()
    }

    fn watch(&mut self) {
        self.interrupter.watch(self.state.store.interrupt_handle());
    }

    /// What it has.
    pub(super) fn scope(&self) -> &Scope {
        &self.state.scope
    }

    /// Its store.
    pub(super) fn store(&self) -> &Store<WasiCtx> {
        &self.state.store
    }

    /// How many instances its store has.
    #[cfg(test)]
    pub(super) fn instances(&self) -> usize {
        self.state.store.instances().len()
    }

    /// The entry that has something.
    pub(super) fn entry(&self, number: usize) -> Option<&Loaded> {
        self.state.entries.get(&number)
    }

    /// Takes fields or an expression.
    ///
    /// # Errors
    /// The report of what is wrong with it, or of the trap; definitions are as before then.
    pub(crate) fn enter(&mut self, text: &str) -> Outcome<Answer> {
        self.count += 1;
        self.state.store.clear_interrupt();
        let input = Input::fragment(format!("repl:{}", self.count), text);
        let tokens = tokens(text).map_err(|error| refusal(&input, &error))?;
        if tokens.is_empty() {
            return Ok(Answer::Nothing);
        }
        let answer = if is_fields(text, &tokens) {
            self.enter_fields(&input, text)
        } else {
            self.enter_expression(&with_results(text, &tokens))
        };
        // An effect before a trap belongs to the session, too.
        if answer.as_ref().map_or_else(|report| report.exit() == Exit::Trap, |_| true) {
            self.state.log.push(text);
        }
        answer
    }

    fn enter_fields(&mut self, input: &Input, text: &str) -> Outcome<Answer> {
        let started = Instant::now();
        let new = NewFields::read(&self.state.scope, input, text)?;
        let replaced = self.check_replaced(&new)?;
        let externs = self.externs(&new, &replaced)?;
        let module = self.engine.compile(&new.module).map_err(|error| self.failure(&new.input, &error))?;
        self.times.compile = started.elapsed();
        let started = Instant::now();
        let instance = Instance::new(&mut self.state.store, &module, &externs.all);
        let instance = instance.map_err(|error| self.failure(&new.input, &error))?;
        let outcome = self.lead_to(instance, &new, &externs.own);
        self.times.run = started.elapsed();
        if let Err(error) = outcome {
            let report = self.failure(&new.input, &error);
            self.lead_back(&replaced);
            // It may have memories that others do not know of, and stays then.
            let _ = instance.remove(&mut self.state.store);
            return Err(report);
        }
        Ok(Answer::Defined(self.keep(new, instance, externs, &replaced)))
    }

    /// The session's functions that the entry defines anew, by field; refused if that cannot be.
    fn check_replaced(&self, new: &NewFields) -> Outcome<BTreeMap<usize, usize>> {
        let scope = &self.state.scope;
        let mut replaced = BTreeMap::new();
        for definition in &new.composed.definitions {
            let Some(name) = &definition.name else { continue };
            let Some(index) = scope.find(definition.kind, name) else { continue };
            if !definition.redirected || !scope.items(definition.kind)[index].redirected {
                return Err(new.refuse(definition.field, name, format!("${name} is defined already"))
                    .help("only functions that were entered can be defined anew; :undo takes the last entry back, :reset everything"));
            }
            replaced.insert(definition.field, index);
        }
        self.check_retyped(new, &replaced)?;
        for import in &new.composed.imports {
            if let Import::Outside { field, kind, name: Some(name), .. } = import
                && scope.find(*kind, name).is_some()
            {
                return Err(new.refuse(*field, name, format!("${name} is defined already")));
            }
        }
        Ok(replaced)
    }

    /// Refuses another type for a function while something depends on the one that it has, and is not defined anew with it.
    fn check_retyped(&self, new: &NewFields, replaced: &BTreeMap<usize, usize>) -> Outcome {
        let scope = &self.state.scope;
        let fields = replaced.values().map(|index| scope.functions[*index].field).collect();
        for definition in &new.composed.definitions {
            let (Some(index), Some(name)) = (replaced.get(&definition.field), &definition.name) else {
                continue;
            };
            let old = &scope.functions[*index];
            if describe(new.module.declarations(), new.item(definition)) == old.ty {
                continue;
            }
            let dependants = scope.dependants(name, &fields);
            if !dependants.is_empty() {
                let users: Vec<_> = dependants.iter().map(|field| self.user(*field, name)).collect();
                let message = format!("${name} cannot get another type: it is used by {}", users.join(", "));
                return Err(new
                    .refuse(definition.field, name, message)
                    .note(format!("it has the type {}", or_nothing(&old.ty)))
                    .help("define those without it first, or in the same entry"));
            }
        }
        Ok(())
    }

    /// What uses a name, and where, as far as that is known.
    fn user(&self, field: usize, name: &str) -> String {
        let scope = &self.state.scope;
        let place = scope.defined_by(field).and_then(|(_, item)| {
            let input = &self.state.entries.get(&item.owner?)?.input;
            let text = std::str::from_utf8(&input.bytes).ok()?;
            let range = fields(text, &tokens(text).ok()?).get(item.label.parse::<usize>().ok()?)?.clone();
            Some(Source::new(input).place_in_text(mention(text, &range, name) as u64))
        });
        let place = place.map_or_else(String::new, |place| format!(" at {place}"));
        format!("{}{place}", scope.call(field))
    }

    /// The imports of a composed module.
    fn externs(&mut self, new: &NewFields, replaced: &BTreeMap<usize, usize>) -> Outcome<Externs> {
        let mut externs = Externs { all: Vec::new(), own: BTreeMap::new() };
        let declarations = new.module.declarations();
        for (import, declared) in new.composed.imports.iter().zip(&declarations.imports) {
            let item = match import {
                Import::Session(kind, index) => {
                    self.state.given(*kind, *index).map_err(|error| self.failure(&new.input, &error))?
                }
                Import::Outside { module, item, .. } => self.outside(&new.input, module, item)?,
                Import::Own { field } => {
                    let old = replaced.get(field).map(|index| &self.state.scope.functions[*index]);
                    let old = old.filter(|old| old.ty == describe(declarations, declared.item));
                    let func = match (old.map(|old| old.item.clone()), declared.item) {
                        (Some(Extern::Func(func)), _) => func,
                        (_, EntityIndex::Function(func)) => {
                            undefined(&mut self.state.store, declarations.signature(func).clone())
                        }
                        _ => return Err(bug(&"an import has another kind")),
                    };
                    externs.own.insert(*field, func);
                    func.into()
                }
            };
            externs.all.push(item);
        }
        Ok(externs)
    }

    fn outside(&mut self, input: &Input, module: &str, item: &str) -> Outcome<Extern> {
        self.linker.get(&mut self.state.store, module, item).ok_or_else(|| {
            Report::new(Exit::BadModule, format!("unknown import \"{module}\" \"{item}\""))
                .at(input.name.clone())
                .help("a session gives WASI preview 1 (module \"wasi_snapshot_preview1\") and nothing else")
        })
    }

    /// Has the functions of an entry called from now on, and starts it.
    fn lead_to(
        &mut self,
        instance: Instance,
        new: &NewFields,
        own: &BTreeMap<usize, Func>,
    ) -> Result<(), Error> {
        for (field, func) in own {
            redirect(&mut self.state.store, *func, instance, &field.to_string())?;
        }
        if new.composed.starts
            && let Some(start) = instance.get_func(&self.state.store, START)
        {
            start.call(&mut self.state.store, &[])?;
        }
        Ok(())
    }

    fn lead_back(&mut self, replaced: &BTreeMap<usize, usize>) {
        for index in replaced.values() {
            let old = &self.state.scope.functions[*index];
            let owner = old.owner.and_then(|owner| self.state.entries.get(&owner));
            if let (Some(owner), Extern::Func(func)) = (owner, &old.item) {
                // It was so before.
                let _ = func.redirect(&mut self.state.store, owner.instance, &old.label);
            }
        }
    }

    /// Takes an entry into the session, and says what it defines.
    fn keep(
        &mut self,
        new: NewFields,
        instance: Instance,
        externs: Externs,
        replaced: &BTreeMap<usize, usize>,
    ) -> Vec<String> {
        let number = self.count;
        let scope = &mut self.state.scope;
        let declarations = new.module.declarations().clone();
        let mut said = Vec::new();
        let mut places = BTreeMap::new();
        for (field, text) in new.fields.iter().enumerate() {
            let place = match replaced.get(&field) {
                Some(index) => scope.functions[*index].field,
                None => {
                    scope.fields.push(text.clone());
                    scope.fields.len() - 1
                }
            };
            scope.fields[place] = text.clone();
            places.insert(field, place);
        }
        for ((import, declared), item) in
            new.composed.imports.iter().zip(&declarations.imports).zip(&externs.all)
        {
            let Import::Outside { field, kind, name, .. } = import else { continue };
            let ty = describe(&declarations, declared.item);
            said.push(line(*kind, name.as_deref(), &ty));
            let (name, item, field) = (name.clone(), item.clone(), places[field]);
            let owner = None;
            scope.items_mut(*kind).push(Item {
                name,
                ty,
                item,
                owner,
                label: String::new(),
                redirected: false,
                field,
            });
        }
        let (mut old_owners, mut retyped) = (BTreeSet::new(), Vec::new());
        for definition in &new.composed.definitions {
            let ty = describe(&declarations, new.item(definition));
            said.push(line(definition.kind, definition.name.as_deref(), &ty));
            let label = definition.field.to_string();
            let item = match externs.own.get(&definition.field) {
                Some(func) => Some((*func).into()),
                None => instance.get_export(&self.state.store, &label),
            };
            let Some(item) = item else { continue };
            let item = Item {
                name: definition.name.clone(),
                ty,
                item,
                owner: Some(number),
                label,
                redirected: definition.redirected,
                field: places[&definition.field],
            };
            match replaced.get(&definition.field) {
                Some(index) => {
                    let old = std::mem::replace(&mut scope.functions[*index], item);
                    old_owners.extend(old.owner);
                    retyped.extend(Retyped::new(&old.item, &scope.functions[*index].item));
                }
                None => scope.items_mut(definition.kind).push(item),
            }
        }
        self.state.entries.insert(number, Loaded { input: new.input, module: new.module, instance });
        old_owners.insert(number);
        retyped.into_iter().for_each(|functions| self.state.retype(functions));
        self.state.drop_unused(old_owners);
        said
    }

    fn enter_expression(&mut self, text: &str) -> Outcome<Answer> {
        let started = Instant::now();
        let expression = self.read_expression(text)?;
        let module = self
            .engine
            .compile(&expression.module)
            .map_err(|error| self.failure(&expression.input, &error))?;
        self.times.compile = started.elapsed();
        let started = Instant::now();
        let imports = expression.composed.imports.iter().filter_map(|import| match import {
            Import::Session(kind, index) => Some(self.state.given(*kind, *index)),
            _ => None,
        });
        let imports: Result<Vec<_>, _> = imports.collect();
        let outcome = imports.and_then(|imports| self.state.run(&expression.module, &module, &imports));
        self.times.run = started.elapsed();
        let values = outcome.map_err(|error| self.failure(&expression.input, &error))?;
        let first = self.state.scope.results.len() + 1;
        self.state.scope.results.extend(&values);
        Ok(Answer::Values((first..).zip(values).collect()))
    }

    /// An expression with its types, for [`enter`](Self::enter) and to look at.
    pub(super) fn read_expression(&self, text: &str) -> Outcome<Expression> {
        let input = Input::fragment(format!("repl:{}", self.count), text);
        let tokens = tokens(text).map_err(|error| refusal(&input, &error))?;
        let mentions = Mentions::of(text, &tokens);
        let mut given = self.state.scope.given(&mentions, &[]);
        self.state.scope.give_results(&mut given, &mentions);
        let composed = |results: &str| {
            compose(&input.name, text, Entry::Expression { results }, &given)
                .map_err(|error| self.explained(refusal(&input, &error), &error, &mentions))
        };
        let untyped = composed("")?;
        let with_lines = input.encoded_as(&untyped.binary);
        let results = result_types(&untyped.binary, &Options::default());
        let results = results.map_err(|error| with_lines.refusal(&error))?;
        let composed = composed(&list("result", &results))?;
        let input = input.encoded_as(&composed.binary);
        let module = Module::from_binary(&composed.binary[..]).map_err(|error| input.refusal(&error))?;
        Ok(Expression { input, module, composed, results })
    }

    /// A refusal of a name, with the one that may have been meant.
    fn explained(&self, report: Box<Report>, error: &wast::Error, mentions: &Mentions) -> Box<Report> {
        let message = error.message();
        let Some(name) = message.split_once("name `$").map(|(_, rest)| rest.trim_end_matches('`')) else {
            return report;
        };
        if is_result(&format!("${name}")) && mentions.names.contains(name) {
            return report.help("$1, $2, … are the values that expressions had so far, and $_ is the last");
        }
        let kinds = [Kind::Function, Kind::Global, Kind::Memory, Kind::Table];
        let items = kinds.iter().flat_map(|kind| self.state.scope.items(*kind));
        match closest(name, items.filter_map(|item| item.name.as_deref())) {
            Some(similar) => report.help(format!("did you mean \"${similar}\"?")),
            None => report,
        }
    }

    /// Takes the last entry back: everything before it is done again, in a new store and without output.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn undo(&mut self) -> Outcome<Answer> {
        let mut log = std::mem::take(&mut self.state.log);
        let Some(last) = log.pop() else {
            return Err(Report::new(Exit::Usage, "there is nothing to take back"));
        };
        let quiet = with_grants(WasiCtx::builder(), &self.grants)?.build();
        self.count = 0;
        self.state = State::new(&self.engine, quiet);
        self.watch();
        for text in log.iter() {
            // It went the same way before.
            let _ = self.enter(text);
        }
        *self.state.store.data_mut() = wasi(&self.grants)?;
        Ok(Answer::Text(format!("took back: {}", last.trim())))
    }

    /// Forgets everything.
    pub(crate) fn reset(&mut self) -> Outcome<Answer> {
        self.count = 0;
        self.state = State::new(&self.engine, wasi(&self.grants)?);
        self.watch();
        Ok(Answer::Nothing)
    }

    fn failure(&self, input: &Input, error: &Error) -> Box<Report> {
        let entry = |name: &str| {
            let number = name.strip_prefix("repl:")?.parse().ok()?;
            self.state.entries.get(&number).map(|entry| &entry.input)
        };
        trap::report(input, error, &entry)
    }
}

struct Externs {
    all: Vec<Extern>,
    /// The functions that the entry's own calls go through, by field.
    own: BTreeMap<usize, Func>,
}

fn wasi(grants: &GrantArgs) -> Outcome<WasiCtx> {
    let builder = WasiCtx::builder().inherit_stdout().inherit_stderr().arg("repl");
    Ok(with_grants(builder.map_err(|error| bug(&error))?, grants)?.build())
}

fn line(kind: Kind, name: Option<&str>, ty: &str) -> String {
    let kind = match kind {
        Kind::Function => "func",
        Kind::Table => "table",
        Kind::Memory => "memory",
        Kind::Global => "global",
    };
    let name = name.map_or_else(String::new, |name| format!(" {}", identifier(name)));
    format!("{kind}{name} {ty}").trim_end().to_owned()
}

fn or_nothing(ty: &str) -> &str {
    if ty.is_empty() { "() -> ()" } else { ty }
}

pub(super) fn bug(error: &dyn std::fmt::Display) -> Box<Report> {
    Report::new(Exit::Bug, format!("internal error: {error}")).help(BUG)
}

/// Whether an error is the answer to an interruption.
pub(super) fn is_interruption(error: &Error) -> bool {
    error.trap().is_some_and(|trap| trap.code == TrapCode::Interrupted)
}
