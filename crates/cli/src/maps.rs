//! `wootz maps`: the regions of the address space that instances use, as the system's map of a process.

use std::fmt::Write as _;
use std::sync::mpsc;

use serde_json::{Value, json};
use wootz::wasi::{ThreadedProgram, WasiCtx, is_threaded};
use wootz::{Engine, Error, Linker, Region, RegionKind, Store};

use wootz_cli::args::MapsArgs;
use wootz_cli::exit::Exit;
use wootz_cli::input::Input;
use wootz_cli::report::{Outcome, Report, one_line, output};
use wootz_cli::run::Program;

use crate::failure;

pub(crate) fn maps(args: &MapsArgs) -> Outcome {
    let input = Input::read(&args.file, args.input.max_module_size)?;
    let engine = Engine::new(&args.compile.config());
    let program = Program::open(&engine, &input)?;
    let groups =
        groups(&engine, &program).map_err(|error| failure::report(&input, program.declarations(), &error))?;
    if !args.json {
        let tables: Vec<_> = groups.iter().map(table).collect();
        return output(tables.join("\n").as_bytes());
    }
    let list = json!({ "file": input.name, "instances": groups.iter().map(|regions| group(regions)).collect::<Vec<_>>() });
    let text = serde_json::to_string_pretty(&list)
        .map_err(|error| Report::new(Exit::Bug, error.to_string()).help(wootz_cli::report::BUG))?;
    output((text + "\n").as_bytes())
}

/// The regions of each instance of a store, which has one that was made of the program, whose start function has run.
fn groups(engine: &Engine, program: &Program) -> Result<Vec<Vec<Region>>, Error> {
    let module = match program {
        Program::Module(module) => engine.compile(module)?,
        Program::Image(module) => module.clone(),
    };
    let mut linker = Linker::new(engine);
    linker.define_wasi(|ctx: &mut WasiCtx| ctx)?;
    let ctx = || WasiCtx::builder().build();
    if is_threaded(&module) {
        let (send, receive) = mpsc::channel();
        ThreadedProgram::new(&linker, &module, ctx)?.run_with(move |store, _| {
            // Who receives is below.
            let _ = send.send(of_each_instance(store));
            Ok::<_, Error>(())
        })?;
        return Ok(receive.recv().unwrap_or_default());
    }
    let mut store = Store::new(engine, ctx());
    linker.instantiate(&mut store, &module)?;
    Ok(of_each_instance(&store))
}

fn of_each_instance<T: Send + 'static>(store: &Store<T>) -> Vec<Vec<Region>> {
    store.instances().map(|instance| instance.regions(store)).collect()
}

/// The name of the module that a group's code is of.
fn module(group: &[Region]) -> &str {
    let code = group.iter().find(|region| region.kind == RegionKind::Code);
    code.map_or("a module without code", |code| &code.name)
}

fn table(group: &Vec<Region>) -> String {
    let mut text = format!("instance of {}\n", one_line(module(group)));
    text += &format!("{:<27}  {:>10}  {:>10}  {:4}  {}\n", "addresses", "size", "resident", "", "what");
    let mut before: Option<&Region> = None;
    for region in group {
        if before.is_some_and(|before| before.addresses.end != region.addresses.start) {
            text.push_str("…\n");
        }
        let addresses = format!("{:012x}-{:012x}", region.addresses.start, region.addresses.end);
        let (size, resident) = (bytes(region.addresses.len()), bytes(region.resident));
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{addresses:<27}  {size:>10}  {resident:>10}  {:4}  {}: {}",
            region.protection.to_string(),
            region.kind.name(),
            one_line(&region.name),
        );
        before = Some(region);
    }
    text
}

fn bytes(count: usize) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut value, mut unit) = (count, 0);
    while value >= 10 << 10 && unit + 1 < units.len() || value > 0 && value % 1024 == 0 && value >= 1024 {
        (value, unit) = (value / 1024, unit + 1);
    }
    format!("{value} {}", units[unit])
}

fn group(regions: &[Region]) -> Value {
    json!({ "module": module(regions), "regions": regions.iter().map(object).collect::<Vec<_>>() })
}

fn object(region: &Region) -> Value {
    json!({
        "start": region.addresses.start,
        "end": region.addresses.end,
        "size": region.addresses.len(),
        "resident": region.resident,
        "protection": region.protection.to_string(),
        "kind": region.kind.name(),
        "name": region.name,
    })
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_short() {
        for (count, text) in [
            (0, "0 B"),
            (100, "100 B"),
            (4096, "4 KiB"),
            (1 << 20, "1 MiB"),
            (6 << 30, "6 GiB"),
            ((1 << 20) + 4096, "1028 KiB"),
            ((1 << 32) - 65536, "4095 MiB"),
            (usize::MAX, "16777215 TiB"),
        ] {
            assert_eq!(bytes(count), text, "{count}");
        }
    }
}
