//! One script: executes its commands one after the other and collects what failed.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{Scope, ScopedJoinHandle};

use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::token::Id;
use wast::{QuoteWat, QuoteWatTest, Wast, WastDirective, WastExecute, WastInvoke, WastThread, Wat};
use wootz_engine::{Engine, Error, Extern, Instance, Linker, Module, SharedMemory, Store, Val};

use super::assertion::{self, Verdict};
use super::host;
use super::values::{self, HostReferences};

/// A command that did not do what it should.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Its line in the script, from 1.
    pub line: usize,
    /// What was expected and what came instead.
    pub message: String,
}

/// What became of the commands of a script. Every command counts: assertions, and the definitions, instantiations and
/// calls between them.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// Commands that did what they should.
    pub passed: usize,
    /// Those that did not.
    pub failed: Vec<Failure>,
    /// Lines of commands that were not executed, because they belong to a proposal that the suite should not contain.
    pub skipped: Vec<usize>,
}

/// Executes a script with an engine.
pub fn run(engine: &Engine, text: &str) -> Outcome {
    let mut outcome = Outcome::default();
    if let Err(error) = execute(engine, text, &mut outcome) {
        let line = error.span().linecol_in(text).0 + 1;
        outcome
            .failed
            .push(Failure { line, message: format!("the script cannot be read: {}", error.message()) });
    }
    outcome
}

fn execute(engine: &Engine, text: &str, outcome: &mut Outcome) -> Result<(), wast::Error> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer)?;
    let script: Wast<'_> = parser::parse(&buffer)?;
    std::thread::scope(|scope| {
        let world = World::new(engine, SharedModules::new());
        run_in(world, scope, text, 1, script.directives, outcome);
    });
    Ok(())
}

/// Executes the commands of a script or of one of its threads, then waits for the threads that they started.
fn run_in<'scope, 'script: 'scope>(
    world: Result<World<'scope>, Error>,
    scope: &'scope Scope<'scope, '_>,
    text: &'script str,
    line: usize,
    directives: Vec<WastDirective<'script>>,
    outcome: &mut Outcome,
) {
    let mut world = match world {
        Ok(world) => world,
        Err(error) => {
            outcome.failed.push(Failure { line, message: format!("`spectest` cannot be made: {error}") });
            return;
        }
    };
    for directive in directives {
        let line = directive.span().linecol_in(text).0 + 1;
        // A panic is a failure of this command; the next ones are still worth trying.
        let verdict = catch_unwind(AssertUnwindSafe(|| match directive {
            WastDirective::Thread(thread) => world.thread(thread, scope, text, line),
            WastDirective::Wait { thread, .. } => world.wait(thread, outcome),
            directive => world.execute(directive),
        }));
        match verdict
            .unwrap_or_else(|payload| Verdict::Failed(format!("panicked: {}", panic_message(&*payload))))
        {
            Verdict::Passed => outcome.passed += 1,
            Verdict::Failed(message) => outcome.failed.push(Failure { line, message }),
            Verdict::Skipped => outcome.skipped.push(line),
        }
    }
    for thread in std::mem::take(&mut world.threads).into_values() {
        join(thread, outcome);
    }
}

/// A thread of a script and the line that started it.
struct Thread<'scope>(usize, ScopedJoinHandle<'scope, Outcome>);

/// Waits for a thread and adds what became of its commands.
fn join(Thread(line, thread): Thread<'_>, outcome: &mut Outcome) {
    match thread.join() {
        Ok(Outcome { passed, failed, skipped }) => {
            outcome.passed += passed;
            outcome.failed.extend(failed);
            outcome.skipped.extend(skipped);
        }
        Err(payload) => {
            let message = format!("the thread panicked: {}", panic_message(&*payload));
            outcome.failed.push(Failure { line, message });
        }
    }
}

fn panic_message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("(no message)")
}

/// A module as the script gives it.
pub(super) enum Given {
    /// `(module …)`, encoded, and `(module binary …)`.
    Binary(Vec<u8>),
    /// `(module quote …)`.
    Text(Vec<u8>),
}

impl Given {
    pub(super) fn validate(&self, engine: &Engine) -> Result<(), Error> {
        match self {
            Self::Binary(bytes) => engine.validate_binary(bytes),
            Self::Text(text) => engine.validate(text),
        }
    }

    fn compile(&self, engine: &Engine) -> Result<Module, Error> {
        match self {
            Self::Binary(bytes) => Module::from_binary(engine, bytes),
            Self::Text(text) => Module::new(engine, text),
        }
    }
}

/// What an action comes to: results, a failure of Wootz, or a fault of the script or of this harness.
pub(super) enum Done {
    Results(Vec<Val>),
    Error(Error),
    Impossible(String),
}

/// Stack of a thread of a script.
const THREAD_STACK: usize = 8 << 20;

/// What threads may use of modules that others instantiated: their shared memories, by the names of the exports.
type SharedModules = BTreeMap<String, Vec<(String, SharedMemory)>>;

/// Everything a script, or one of its threads, has made so far.
struct World<'scope> {
    engine: Engine,
    store: Store<()>,
    linker: Linker<()>,
    /// The instance that commands without a name mean.
    current: Option<Instance>,
    instances: BTreeMap<String, Instance>,
    definitions: BTreeMap<String, Module>,
    last_definition: Option<Module>,
    references: HostReferences,
    shared: SharedModules,
    threads: BTreeMap<String, Thread<'scope>>,
}

impl<'scope> World<'scope> {
    fn new(engine: &Engine, shared: SharedModules) -> Result<Self, Error> {
        let mut store = Store::new(engine, ());
        let mut linker = Linker::new(engine);
        linker.allow_shadowing(true);
        host::define(&mut linker, &mut store)?;
        Ok(Self {
            engine: engine.clone(),
            store,
            linker,
            current: None,
            instances: BTreeMap::new(),
            definitions: BTreeMap::new(),
            last_definition: None,
            references: HostReferences::default(),
            shared,
            threads: BTreeMap::new(),
        })
    }

    /// `(thread $name (shared (module $m)) …)`: the commands run on a thread of the system, in a store of its own, at the same
    /// time as those that follow.
    fn thread<'script: 'scope>(
        &mut self,
        thread: WastThread<'script>,
        scope: &'scope Scope<'scope, '_>,
        text: &'script str,
        line: usize,
    ) -> Verdict {
        let mut shared = SharedModules::new();
        if let Some(module) = thread.shared_module {
            match self.shared_exports(module) {
                Ok(exports) => drop(shared.insert(module.name().to_owned(), exports)),
                Err(message) => return Verdict::Failed(message),
            }
        }
        let (engine, directives) = (self.engine.clone(), thread.directives);
        let spawned = std::thread::Builder::new().stack_size(THREAD_STACK).spawn_scoped(scope, move || {
            let mut outcome = Outcome::default();
            run_in(World::new(&engine, shared), scope, text, line, directives, &mut outcome);
            outcome
        });
        match spawned {
            Ok(handle) => {
                let before = self.threads.insert(thread.name.name().to_owned(), Thread(line, handle));
                Verdict::expect(before.is_none(), || "there is a thread of this name already".to_owned())
            }
            Err(error) => Verdict::Failed(format!("a thread cannot be started: {error}")),
        }
    }

    /// `(wait $name)`.
    fn wait(&mut self, thread: Id<'_>, outcome: &mut Outcome) -> Verdict {
        match self.threads.remove(thread.name()) {
            Some(thread) => {
                join(thread, outcome);
                Verdict::Passed
            }
            None => Verdict::Failed(format!("no thread ${} runs", thread.name())),
        }
    }

    fn shared_exports(&self, module: Id<'_>) -> Result<Vec<(String, SharedMemory)>, String> {
        if let Some(exports) = self.shared.get(module.name()) {
            return Ok(exports.clone());
        }
        let exports = self.find(Some(module))?.exports(&self.store);
        let shared = |(name, item): (String, Extern)| match item.into_shared_memory() {
            Some(memory) => Ok((name, memory)),
            None => Err(format!("the export {name:?} of ${} cannot be shared", module.name())),
        };
        exports.into_iter().map(shared).collect()
    }

    fn execute(&mut self, directive: WastDirective<'_>) -> Verdict {
        match directive {
            WastDirective::Module(module) => self.module(module),
            WastDirective::ModuleDefinition(module) => self.definition(module),
            WastDirective::ModuleInstance { instance, module, .. } => self.instance(instance, module),
            WastDirective::Register { name, module, .. } => self.register(name, module),
            WastDirective::Invoke(invoke) => assertion::completes(self.invoke(&invoke)),
            WastDirective::AssertReturn { exec, results, .. } => {
                let done = self.action(exec);
                assertion::returns(&self.store, done, &results)
            }
            WastDirective::AssertTrap { exec, message, .. } => assertion::traps(self.action(exec), message),
            WastDirective::AssertExhaustion { call, message, .. } => {
                assertion::traps(self.invoke(&call), message)
            }
            WastDirective::AssertInvalid { module, message, .. } => {
                assertion::invalid(&self.engine, given(module), message)
            }
            WastDirective::AssertMalformed { module, message, .. } => {
                assertion::malformed(&self.engine, given(module), message)
            }
            WastDirective::AssertUnlinkable { module, message, .. } => {
                assertion::unlinkable(self.instantiate(QuoteWat::Wat(module)), message)
            }
            WastDirective::AssertInvalidCustom { .. }
            | WastDirective::AssertMalformedCustom { .. }
            | WastDirective::AssertException { .. }
            | WastDirective::AssertSuspension { .. } => Verdict::Skipped,
            WastDirective::Thread(_) | WastDirective::Wait { .. } => {
                Verdict::Failed("threads are started and awaited between commands".to_owned())
            }
        }
    }

    fn module(&mut self, module: QuoteWat<'_>) -> Verdict {
        let name = module.name();
        self.current = None;
        match self.instantiate(module) {
            Ok(instance) => self.enter(name, instance),
            Err(done) => assertion::completes(done),
        }
    }

    fn enter(&mut self, name: Option<Id<'_>>, instance: Instance) -> Verdict {
        self.current = Some(instance);
        if let Some(name) = name {
            self.instances.insert(name.name().to_owned(), instance);
        }
        Verdict::Passed
    }

    fn definition(&mut self, module: QuoteWat<'_>) -> Verdict {
        let name = module.name();
        match self.compile(module) {
            Ok(module) => {
                if let Some(name) = name {
                    self.definitions.insert(name.name().to_owned(), module.clone());
                }
                self.last_definition = Some(module);
                Verdict::Passed
            }
            Err(done) => assertion::completes(done),
        }
    }

    fn instance(&mut self, name: Option<Id<'_>>, module: Option<Id<'_>>) -> Verdict {
        let definition = match module {
            Some(module) => self.definitions.get(module.name()),
            None => self.last_definition.as_ref(),
        };
        let Some(definition) = definition else {
            return Verdict::Failed("there is no such module definition".to_owned());
        };
        match self.linker.instantiate(&mut self.store, definition) {
            Ok(instance) => self.enter(name, instance),
            Err(error) => assertion::completes(Done::Error(error)),
        }
    }

    fn register(&mut self, name: &str, module: Option<Id<'_>>) -> Verdict {
        if let Some(exports) = module.and_then(|module| self.shared.get(module.name())) {
            let defined = exports.iter().try_for_each(|(export, memory)| {
                self.linker.define(name, export, memory.clone()).map(drop).map_err(|error| error.to_string())
            });
            return defined.map_or_else(Verdict::Failed, |()| Verdict::Passed);
        }
        let registered =
            self.find(module).and_then(|instance| match self.linker.instance(&self.store, name, instance) {
                Ok(_) => Ok(()),
                Err(error) => Err(error.to_string()),
            });
        registered.map_or_else(Verdict::Failed, |()| Verdict::Passed)
    }

    /// The instance of a name, or the current one.
    fn find(&self, name: Option<Id<'_>>) -> Result<Instance, String> {
        match name {
            Some(name) => {
                let instance = self.instances.get(name.name()).copied();
                instance.ok_or_else(|| format!("there is no instance ${}", name.name()))
            }
            None => self.current.ok_or_else(|| "there is no instance: its module failed".to_owned()),
        }
    }

    fn compile(&self, module: QuoteWat<'_>) -> Result<Module, Done> {
        let given = given(module).map_err(|error| Done::Impossible(error.message()))?;
        given.compile(&self.engine).map_err(Done::Error)
    }

    fn instantiate(&mut self, module: QuoteWat<'_>) -> Result<Instance, Done> {
        let module = self.compile(module)?;
        self.linker.instantiate(&mut self.store, &module).map_err(Done::Error)
    }

    fn action(&mut self, action: WastExecute<'_>) -> Done {
        match action {
            WastExecute::Invoke(invoke) => self.invoke(&invoke),
            WastExecute::Wat(Wat::Module(module)) => {
                match self.instantiate(QuoteWat::Wat(Wat::Module(module))) {
                    Ok(_) => Done::Results(Vec::new()),
                    Err(done) => done,
                }
            }
            WastExecute::Wat(Wat::Component(_)) => Done::Impossible("a component".to_owned()),
            WastExecute::Get { module, global, .. } => self.get(module, global),
        }
    }

    fn invoke(&mut self, invoke: &WastInvoke<'_>) -> Done {
        let instance = match self.find(invoke.module) {
            Ok(instance) => instance,
            Err(message) => return Done::Impossible(message),
        };
        let Some(func) = instance.get_func(&self.store, invoke.name) else {
            return Done::Impossible(format!("no function is exported as {:?}", invoke.name));
        };
        let mut arguments = Vec::with_capacity(invoke.args.len());
        for argument in &invoke.args {
            match values::argument(&mut self.store, &mut self.references, argument) {
                Ok(value) => arguments.push(value),
                Err(message) => return Done::Impossible(message),
            }
        }
        match func.call(&mut self.store, &arguments) {
            Ok(results) => Done::Results(results),
            Err(error) => Done::Error(error),
        }
    }

    fn get(&self, module: Option<Id<'_>>, name: &str) -> Done {
        match self.find(module).map(|instance| instance.get_global(&self.store, name)) {
            Ok(Some(global)) => Done::Results(vec![global.get(&self.store)]),
            Ok(None) => Done::Impossible(format!("no global is exported as {name:?}")),
            Err(message) => Done::Impossible(message),
        }
    }
}

fn given(mut module: QuoteWat<'_>) -> Result<Given, wast::Error> {
    Ok(match module.to_test()? {
        QuoteWatTest::Binary(bytes) => Given::Binary(bytes),
        QuoteWatTest::Text(text) => Given::Text(text),
    })
}

#[cfg(test)]
#[path = "script_tests.rs"]
mod tests;
