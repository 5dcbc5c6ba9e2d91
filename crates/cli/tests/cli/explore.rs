//! `wootz explore`: what is in the page, and what its script does in a browser.

use std::process::Command;

use crate::{Dir, binary};

const MODULE: &str = r#"(module
  (memory 1)
  (func $halve (export "halve") (param i32 i32) (result i32)
    (i32.div_u
      (i32.load (local.get 0))
      (local.get 1)))
  (func $twice</script> (export "</script><b>") (param i32) (result i32)
    (call $halve (local.get 0) (i32.const 2))))"#;

/// The page of a module, as text.
fn page(dir: &Dir) -> String {
    dir.wootz(&["explore", "m.wat"]).output();
    std::fs::read_to_string(dir.path().join("m.html")).expect("the page is written")
}

/// The data in a page.
fn data(page: &str) -> serde_json::Value {
    let (_, rest) = page.split_once(r#"<script id="data" type="application/json">"#).unwrap();
    let (json, _) = rest.split_once("</script>").unwrap();
    serde_json::from_str(json).expect("the data is JSON")
}

#[test]
fn the_page_has_each_function_in_every_form() {
    let dir = Dir::with("m.wat", MODULE.replace("$twice</script>", "$twice"));
    let data = data(&page(&dir));
    let functions = data["functions"].as_array().unwrap();
    assert_eq!(functions.len(), 2);
    let halve = &functions[0];
    assert_eq!(halve["name"], "halve");
    let row = |pane: &str, text: &str| {
        let rows = halve[pane].as_array().unwrap().iter();
        let mut found = rows.filter(|row| row[0].as_str().unwrap().contains(text));
        found.next().unwrap_or_else(|| panic!("no {text} in {pane}: {halve:#}")).clone()
    };
    let division = row("wat", "i32.div_u")[1].as_u64().unwrap();
    assert_eq!(row("llvm", "udiv")[1], division);
    assert_eq!(row("asm", "div")[1], division);
    assert_eq!(row("asm", "ud1l")[2], serde_json::json!(["trap", "integer divide by zero"]));
    // The text is its own source.
    let text = data["files"][0]["text"].as_str().unwrap();
    let (_, _, _, line) = data["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|piece| {
            let number = |index: usize| piece[index].as_u64().unwrap();
            (number(0), number(1), number(2), number(3))
        })
        .find(|(start, end, ..)| (*start..*end).contains(&division))
        .unwrap();
    assert!(text.lines().nth(line as usize - 1).unwrap().contains("i32.div_u"));
}

#[test]
fn only_the_functions_that_were_asked_for_are_shown() {
    let dir = Dir::with("m.wat", MODULE.replace("$twice</script>", "$twice"));
    dir.wootz(&["explore", "m.wat", "--function", "twice", "-o", "one.html"]).output();
    let one = data(&std::fs::read_to_string(dir.path().join("one.html")).unwrap());
    let names: Vec<_> =
        one["functions"].as_array().unwrap().iter().map(|function| &function["name"]).collect();
    assert_eq!(names, ["twice"]);
    dir.wootz(&["explore", "m.wat", "--function", "1", "--function", "halve", "-o", "both.html"]).output();
    let both = data(&std::fs::read_to_string(dir.path().join("both.html")).unwrap());
    assert_eq!(both["functions"].as_array().unwrap().len(), 2);
    let error = dir.wootz(&["explore", "m.wat", "--function", "half"]).error(2);
    assert!(error.contains("did you mean \"halve\"?"), "{error}");
}

#[test]
fn no_name_ends_the_data() {
    let dir = Dir::new();
    dir.write("m.wasm", binary(&MODULE.replace("$twice</script>", "$twice")));
    dir.wootz(&["explore", "m.wasm", "-o", "m.html"]).output();
    let text = std::fs::read_to_string(dir.path().join("m.html")).unwrap();
    assert_eq!(text.matches("</script>").count(), 2);
    let data = data(&text);
    assert!(data["sources"].as_array().unwrap().is_empty(), "a binary without DWARF has no sources");
    assert!(
        dir.wootz(&["explore", "m.wasm", "-o", "-"]).output() == text,
        "the same page on standard output"
    );
}

#[test]
fn a_damaged_module_makes_no_page() {
    let dir = Dir::with("m.wasm", b"\0asm\x01\0\0\0\x01");
    dir.wootz(&["explore", "m.wasm"]).error(65);
    assert!(!dir.path().join("m.html").exists());
}

#[test]
fn a_module_is_not_replaced_by_its_page() {
    let dir = Dir::with("m.html", MODULE.replace("$twice</script>", "$twice"));
    let error = dir.wootz(&["explore", "m.html"]).error(2);
    assert!(error.contains("the result would take the place of the module"), "{error}");
    assert!(std::fs::read_to_string(dir.path().join("m.html")).unwrap().starts_with("(module"));
}

/// A browser without a window, by the names that systems give it.
fn browser() -> Option<&'static str> {
    let names = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];
    names
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|out| out.status.success()))
}

/// The browser; on a machine without one the script of the page is not run. Where changes are accepted, it must be there.
fn browser_or_skip() -> Option<&'static str> {
    let found = browser();
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "no Chromium: `cargo xtask setup test` installs one");
        eprintln!("no Chromium on this machine: the script of the page is not run");
    }
    found
}

/// Opens a page in which a script has run that has a result.
struct Opened<'a> {
    browser: &'static str,
    dir: &'a Dir,
}

impl Opened<'_> {
    fn run(&self, args: &[&str]) -> std::process::Output {
        let mut command = Command::new(self.browser);
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000"]);
        command.arg(format!("--user-data-dir={}", self.dir.path().join("profile").display()));
        command.args(args).arg(format!("file://{}", self.dir.path().join("opened.html").display()));
        command.output().expect("the browser starts")
    }

    /// What a function body in the page's script returns.
    fn result(&self, page: &str, script: &str) -> serde_json::Value {
        let script = format!(
            r#"<script>(() => {{
            const result = document.createElement("pre");
            result.id = "result";
            result.textContent = JSON.stringify((() => {{ {script} }})());
            document.body.append(result);
            }})();</script></body>"#
        );
        self.dir.write("opened.html", page.replace("</body>", &script));
        let output = self.run(&["--dump-dom"]);
        let dom = String::from_utf8_lossy(&output.stdout);
        let result = dom.split_once(r#"<pre id="result">"#).and_then(|(_, rest)| rest.split_once("</pre>"));
        let (result, _) =
            result.unwrap_or_else(|| panic!("{dom}\n{}", String::from_utf8_lossy(&output.stderr)));
        let result = result.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">");
        serde_json::from_str(&result.replace("&amp;", "&")).unwrap()
    }

    /// A picture of the page as it was opened last.
    fn picture(&self) -> Vec<u8> {
        let picture = self.dir.path().join("page.png");
        self.run(&["--window-size=1600,900", &format!("--screenshot={}", picture.display())]);
        std::fs::read(picture).expect("the browser makes a picture")
    }
}

fn texts(value: &serde_json::Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|row| row.as_str().unwrap()).collect()
}

/// What stands in the page after the script has run, and a click on the division of the text.
#[test]
fn a_click_shows_what_belongs_together() {
    let Some(browser) = browser_or_skip() else { return };
    let dir = Dir::with("m.wat", MODULE.replace("$twice</script>", "$twice"));
    let opened = Opened { browser, dir: &dir };
    let click = r#"
        const line = [...document.querySelectorAll("[data-pane=wat] .row")].find((row) => row.textContent.includes("i32.div_u"));
        line.click();
        const pinned = [...document.querySelectorAll(".row.pin")].map((row) => row.entry.name + ": " + row.textContent.trim());
        byId("search").value = "twice";
        search();
        return { pinned, listed: byId("functions").textContent };"#;
    let result = opened.result(&page(&dir), click);
    let pinned = texts(&result["pinned"]);
    for expected in ["source: 4    (i32.div_u", "llvm: %", "asm: div"] {
        assert!(pinned.iter().any(|row| row.starts_with(expected)), "{expected}: {pinned:#?}");
    }
    assert!(pinned.iter().any(|row| row.contains("udiv")), "{pinned:#?}");
    assert!(
        pinned.iter().any(|row| row.contains("ud1l") && row.ends_with("integer divide by zero")),
        "{pinned:#?}"
    );
    assert_eq!(result["listed"], "1twice");
    let picture = opened.picture();
    assert!(
        picture.starts_with(b"\x89PNG") && picture.len() > 20_000,
        "a page with text: {} bytes",
        picture.len()
    );
}

/// A C program with DWARF: its lines are the sources, and what the mouse is over lights what belongs to it.
#[test]
fn sources_of_a_module_with_dwarf_are_linked_at_every_level() {
    let Some(browser) = browser_or_skip() else { return };
    let source = "int table[8];\nint pick(int *from, int at) {\n    int found = from[at];\n    return found / at;\n}\nint run(int at) { return pick(table, at); }\n";
    let dir = Dir::with("t.c", source);
    let mut clang = Command::new("clang-22");
    clang.args([
        "--target=wasm32",
        "-g",
        "-O1",
        "-nostdlib",
        "-Wl,--no-entry",
        "-Wl,--export=pick,--export=run",
    ]);
    let (from, to) = (dir.path().join("t.c"), dir.path().join("m.wasm"));
    assert!(clang.arg(from).arg("-o").arg(to).status().unwrap().success());
    let opened = Opened { browser, dir: &dir };
    for options in [&["-O0"][..], &["-O2"], &["-O2", "--checks", "explicit"]] {
        let command = [&["explore", "m.wasm", "-o", "m.html"], options].concat();
        dir.wootz(&command).output();
        let page = std::fs::read_to_string(dir.path().join("m.html")).unwrap();
        let hover = r#"
            show(data.functions.find((f) => f.name === "pick"));
            const line = [...document.querySelectorAll("[data-pane=source] .row")].find((row) => row.textContent.includes("found / at"));
            light("hover", line.entry);
            const lit = [...document.querySelectorAll(".row.hover")].map((row) => row.entry.name + ": " + row.textContent.trim());
            const count = (kind) => document.querySelectorAll(".row." + kind).length;
            byId("trap").click();
            return { lit, checks: count("check"), traps: count("trap"), file: byId("file").textContent };"#;
        let result = opened.result(&page, hover);
        let lit = texts(&result["lit"]);
        for (pane, text) in
            [("source", "found / at"), ("wat", "i32.div_s"), ("llvm", "sdiv"), ("asm", "idiv")]
        {
            let is_it = |row: &&str| row.starts_with(pane) && row.contains(text);
            assert!(lit.iter().any(is_it), "{options:?}, {pane}: {lit:#?}");
        }
        let marked = |kind: &str| result[kind].as_u64().unwrap();
        assert!(marked("checks") > 0 && marked("traps") > 1, "{options:?}: {result}");
        assert!(result["file"].as_str().unwrap().ends_with("t.c"), "{result}");
    }
}

#[test]
fn a_thousand_functions_are_listed_searched_and_shown() {
    let Some(browser) = browser_or_skip() else { return };
    let function = |index: u32| {
        let rounds: String = (0..index % 40)
            .map(|round| format!("(local.set 0 (i32.div_u (local.get 0) (i32.const {})))", index + round + 1))
            .collect();
        format!(
            "(func $f{index} (export \"f{index}\") (param i32) (result i32) {rounds} (i32.load (local.get 0)))\n"
        )
    };
    let functions: String = (0..1000).map(function).collect();
    let dir = Dir::with("m.wat", format!("(module (memory 1)\n{functions})"));
    dir.wootz(&["explore", "-O0", "m.wat"]).output();
    let page = std::fs::read_to_string(dir.path().join("m.html")).unwrap();
    let script = r#"
        const all = byId("functions").children.length;
        byId("search").value = "f77";
        const named = search().map(labelOf);
        byId("deep").checked = true;
        byId("search").value = "i32.const 1038";
        const deep = search().map(labelOf);
        show(data.functions[999]);
        return { all, named, deep, asm: document.querySelectorAll("[data-pane=asm] .row").length };"#;
    let result = Opened { browser, dir: &dir }.result(&page, script);
    assert_eq!(result["all"], 1000, "{result}");
    let named = texts(&result["named"]);
    assert!(named.len() == 11 && named.contains(&"f77") && named.contains(&"f770"), "{named:?}");
    assert_eq!(texts(&result["deep"]), ["f999"]);
    assert!(result["asm"].as_u64().unwrap() > 3, "{result}");
}
