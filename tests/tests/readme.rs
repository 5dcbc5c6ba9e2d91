//! What the README shows is true: its embedding example runs, its commands name what there is.

use std::path::Path;

use wootz::Error;

const README: &str = include_str!("../../README.md");

#[test]
fn the_embedding_example_runs() -> Result<(), Error> {
    // README
    use wootz::{Engine, Linker, Module, Store};

    let engine = Engine::default();
    let text = r#"
        (module
          (import "host" "double" (func $double (param i32) (result i32)))
          (func (export "quadruple") (param i32) (result i32)
            (call $double (call $double (local.get 0)))))
    "#;
    let module = Module::new(&engine, text)?;

    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "double", |x: i32| x * 2)?;

    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module)?;
    let quadruple = instance.get_typed_func::<i32, i32>(&store, "quadruple")?;
    assert_eq!(quadruple.call(&mut store, 10)?, 40);
    // README
    Ok(())
}

#[test]
fn the_readme_shows_this_example() {
    let here = include_str!("readme.rs").split("    // README\n").nth(1).expect("marked above");
    let shown = README.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next());
    let lines = |text: &str| text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>();
    assert_eq!(lines(shown.expect("the README has an example in Rust")), lines(here));
}

#[test]
fn the_commands_name_what_there_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut programs = 0;
    for line in README.lines() {
        if let Some(arguments) = line.strip_prefix("cargo xtask run ") {
            let file = arguments.split_whitespace().next().expect("a file");
            assert!(root.join(file).is_file(), "{file} is not there");
            programs += 1;
        }
    }
    assert!(programs > 0, "the README runs a program");
    let ci = std::fs::read_to_string(root.join(".ci/run")).expect("CI has a command");
    let command = README.lines().find(|line| line.contains("what CI runs")).expect("the README says it");
    let command = command.split('#').next().expect("a command").trim();
    assert!(ci.trim_end().ends_with(command), "CI does not run `{command}`");
}
