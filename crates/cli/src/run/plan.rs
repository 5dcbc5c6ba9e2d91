//! What to call in which order: decided from the module's declarations before anything is compiled.

use wootz_engine::{ExternType, FuncType, Val};
use wootz_wasm_ir::{Declarations, EntityIndex};

use crate::args::RunArgs;
use crate::exit::Exit;
use crate::names::closest;
use crate::report::{Outcome, Report, one_line};
use crate::values::parse_value;

/// Entry of a command (WASI: Command, an instance that runs once).
const START: &str = "_start";
/// Entry of a reactor (WASI: Reactor, an instance that is called many times).
const INITIALIZE: &str = "_initialize";

/// Calls to make, in order.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    /// Arguments that the guest sees as a program, after its name.
    pub(super) guest_args: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Call an export that takes and gives nothing.
    Call(&'static str),
    /// Call an export and print its results.
    Invoke(String, Vec<Val>),
}

impl Plan {
    pub(super) fn new(declarations: &Declarations, args: &RunArgs) -> Outcome<Self> {
        let mut steps = Vec::new();
        if entry(declarations, INITIALIZE)? {
            steps.push(Step::Call(INITIALIZE));
        }
        let Some(name) = &args.invoke else {
            if !entry(declarations, START)? {
                return Err(nothing_to_run(declarations));
            }
            steps.push(Step::Call(START));
            return Ok(Self { steps, guest_args: args.guest_args()? });
        };
        let ty = function(declarations, name).ok_or_else(|| unknown_export(declarations, name))?;
        steps.push(Step::Invoke(name.clone(), arguments(name, &ty, &args.guest_args()?)?));
        Ok(Self { steps, guest_args: Vec::new() })
    }
}

/// That a module is a command: that it exports `_start`.
///
/// # Errors
/// A report of what it exports.
pub fn require_command(declarations: &Declarations) -> Outcome {
    if entry(declarations, START)? { Ok(()) } else { Err(nothing_to_run(declarations)) }
}

/// Whether the module exports an entry of WASI; an export of this name but another type is refused.
fn entry(declarations: &Declarations, name: &str) -> Outcome<bool> {
    let Some(item) = export(declarations, name) else { return Ok(false) };
    match declarations.entity_type(item) {
        ExternType::Function(ty) if ty == FuncType::default() => Ok(true),
        ExternType::Function(ty) => Err(Report::new(
            Exit::BadModule,
            format!("the export {name} has type {ty}, an entry has () -> ()"),
        )
        .help(format!("rename it, or call a function of the module with --invoke {name} ARGS"))),
        _ => Err(Report::new(Exit::BadModule, format!("the export {name} is not a function"))),
    }
}

fn export(declarations: &Declarations, name: &str) -> Option<EntityIndex> {
    declarations.exports.iter().find(|export| export.name == name).map(|export| export.item)
}

fn function(declarations: &Declarations, name: &str) -> Option<FuncType> {
    match declarations.entity_type(export(declarations, name)?) {
        ExternType::Function(ty) => Some(ty),
        _ => None,
    }
}

/// Every exported function with its type.
fn functions(declarations: &Declarations) -> Vec<(&str, FuncType)> {
    let typed = |name| Some((name, function(declarations, name)?));
    declarations.exports.iter().filter_map(|export| typed(export.name.as_str())).collect()
}

/// Most functions that a message lists.
const LISTED: usize = 20;

fn list_functions(report: Box<Report>, declarations: &Declarations) -> Box<Report> {
    let functions = functions(declarations);
    if functions.is_empty() {
        return report.note("the module exports no function");
    }
    let shown: Vec<_> = functions.iter().take(LISTED).map(|(name, ty)| (one_line(name), ty)).collect();
    let width = shown.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let mut list = String::from("the module exports these functions:");
    for (name, ty) in shown {
        list += &format!("\n        {name:width$}  {ty}");
    }
    if let Some(more) = functions.len().checked_sub(LISTED + 1) {
        list += &format!("\n        … and {} more", more + 1);
    }
    report.note(list)
}

fn nothing_to_run(declarations: &Declarations) -> Box<Report> {
    let report = Report::new(Exit::Usage, "nothing to run: the module exports no _start");
    let report = list_functions(report, declarations);
    if functions(declarations).is_empty() {
        return report.help("wootz inspect FILE shows what is in the module");
    }
    report.help("call one of them: wootz run --invoke NAME FILE [ARGS]")
}

fn unknown_export(declarations: &Declarations, name: &str) -> Box<Report> {
    if export(declarations, name).is_some() {
        let report = Report::new(Exit::Usage, format!("the export \"{name}\" is not a function"));
        return list_functions(report, declarations);
    }
    let report = Report::new(Exit::Usage, format!("unknown export \"{name}\""));
    let report = list_functions(report, declarations);
    match closest(name, functions(declarations).into_iter().map(|(name, _)| name)) {
        Some(similar) => report.help(format!("did you mean \"{similar}\"?")),
        None => report,
    }
}

fn arguments(name: &str, ty: &FuncType, args: &[String]) -> Outcome<Vec<Val>> {
    if args.len() != ty.params.len() {
        let plural = if ty.params.len() == 1 { "" } else { "s" };
        let message = format!(
            "wrong number of arguments: \"{name}\" takes {} argument{plural}, {} given",
            ty.params.len(),
            args.len()
        );
        return Err(Report::new(Exit::Usage, message).note(format!("its type is {ty}")));
    }
    let argument = |(index, (text, ty)): (usize, (&String, _))| {
        parse_value(text, ty).map_err(|reason| {
            let message = format!("argument {} of \"{name}\": \"{text}\" is not an {ty}", index + 1);
            Report::new(Exit::Usage, message).help(reason)
        })
    };
    args.iter().zip(ty.params.iter().copied()).enumerate().map(argument).collect()
}
