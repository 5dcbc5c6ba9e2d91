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

/// What stands in the page after the script has run, and a click on the division of the text.
#[test]
fn a_click_shows_what_belongs_together() {
    let Some(browser) = browser() else {
        eprintln!("no Chromium on this machine: the script of the page is not run");
        return;
    };
    let dir = Dir::with("m.wat", MODULE.replace("$twice</script>", "$twice"));
    let click = r#"<script>(() => {
        const line = [...document.querySelectorAll("[data-pane=wat] .row")].find((row) => row.textContent.includes("i32.div_u"));
        line.click();
        const pinned = [...document.querySelectorAll(".row.pin")].map((row) => row.entry.name + ": " + row.textContent.trim());
        byId("search").value = "twice";
        search();
        const result = document.createElement("pre");
        result.id = "result";
        result.textContent = JSON.stringify({ pinned, listed: byId("functions").textContent, title: document.title });
        document.body.append(result);
        })();</script></body>"#;
    dir.write("clicked.html", page(&dir).replace("</body>", click));
    let run = |args: &[&str]| {
        let mut command = Command::new(browser);
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000"]);
        command.arg(format!("--user-data-dir={}", dir.path().join("profile").display()));
        command.args(args).arg(format!("file://{}", dir.path().join("clicked.html").display()));
        command.output().expect("the browser starts")
    };
    let output = run(&["--dump-dom"]);
    let dom = String::from_utf8_lossy(&output.stdout);
    let result = dom.split_once(r#"<pre id="result">"#).and_then(|(_, rest)| rest.split_once("</pre>"));
    let (result, _) = result.unwrap_or_else(|| panic!("{dom}\n{}", String::from_utf8_lossy(&output.stderr)));
    let result: serde_json::Value = serde_json::from_str(&result.replace("&quot;", "\"")).unwrap();
    let pinned: Vec<_> =
        result["pinned"].as_array().unwrap().iter().map(|row| row.as_str().unwrap()).collect();
    for expected in ["source: 4    (i32.div_u", "llvm: %", "asm: div"] {
        assert!(pinned.iter().any(|row| row.starts_with(expected)), "{expected}: {pinned:#?}");
    }
    assert!(pinned.iter().any(|row| row.contains("udiv")), "{pinned:#?}");
    assert!(
        pinned.iter().any(|row| row.contains("ud1l") && row.ends_with("integer divide by zero")),
        "{pinned:#?}"
    );
    assert_eq!(result["listed"], "1twice");

    let picture = dir.path().join("page.png");
    run(&["--window-size=1600,900", &format!("--screenshot={}", picture.display())]);
    let picture = std::fs::read(picture).expect("the browser makes a picture");
    assert!(
        picture.starts_with(b"\x89PNG") && picture.len() > 20_000,
        "a page with text: {} bytes",
        picture.len()
    );
}
