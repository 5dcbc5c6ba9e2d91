//! `wootz explore`: a page that shows what became of a module: sources, text, LLVM IR and assembly side by side, each
//! piece of code linked to what it came from.

mod data;

use std::collections::BTreeSet;
use std::path::PathBuf;

use wootz_cli::args::ExploreArgs;
use wootz_cli::exit::Exit;
use wootz_cli::files::{PLAIN, named_after, write};
use wootz_cli::input::Input;
use wootz_cli::names::find_function;
use wootz_cli::report::{BUG, Outcome, Report};
use wootz_codegen_llvm::list;
use wootz_wasm_ir::FuncIndex;

use crate::failure::compile_report;
use data::Data;

/// The page, all of it but its data.
const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

pub(crate) fn explore(args: &ExploreArgs) -> Outcome {
    let target = target(args)?;
    let input = Input::read(&args.file, args.input.max_module_size)?;
    let module = input.decode()?;
    let mut options = args.compile.options(args.machine.target);
    options.branches = args.profile_use.branches()?;
    let declarations = module.declarations();
    let chosen = args.functions.iter().map(|text| find_function(declarations, text));
    let chosen: BTreeSet<FuncIndex> = chosen.collect::<Outcome<_>>()?;
    let mut listings = list(&module, &options).map_err(|error| compile_report(&input, &error))?;
    if !chosen.is_empty() {
        listings.retain(|listing| chosen.contains(&listing.func));
    }
    let data = Data::new(&input, &module, &options, &listings)
        .ok_or_else(|| Report::new(Exit::BadModule, "the module cannot be printed as text"))?;
    let page = page(&data)?;
    write(target.as_deref(), page.as_bytes(), PLAIN)
}

/// Where the page goes; `None` is standard output.
fn target(args: &ExploreArgs) -> Outcome<Option<PathBuf>> {
    match &args.output {
        Some(path) => Ok(Some(path.clone()).filter(|path| path.as_os_str() != "-")),
        None if args.file.as_os_str() == "-" => Ok(None),
        None => named_after(&args.file, "html").map(Some),
    }
}

fn page(data: &Data) -> Outcome<String> {
    let json =
        serde_json::to_string(data).map_err(|error| Report::new(Exit::Bug, error.to_string()).help(BUG))?;
    // Inside a script element only `<` could end it or begin a comment.
    let json = json.replace('<', "\\u003c");
    let (before, after) = PAGE.split_once("{DATA}").unwrap_or((PAGE, ""));
    let fill = |text: &str| text.replace("{STYLE}", STYLE).replace("{SCRIPT}", SCRIPT);
    Ok([fill(before), json, fill(after)].concat())
}
