//! Modules that grow in one direction.

/// A name, the binary of a module of a size, and a size at which what it costs can be measured and four times of which is
/// still quick.
pub(crate) type Case = (&'static str, fn(usize) -> Vec<u8>, usize);

pub(crate) const MODULES: &[Case] = &[
    ("straight", |size| binary(&straight(size)), 20_000),
    ("stores", |size| binary(&stores(size)), 6_000),
    ("ifs", |size| binary(&ifs(size)), 2_500),
    ("loops", |size| binary(&loops(size)), 3_100),
    ("calls", |size| binary(&calls(size)), 5_000),
    ("locals", locals, 250),
    ("locals-in-loops", |size| binary(&locals_in_loops(size)), 25),
    ("br_table", |size| binary(&br_table(size)), 50_000),
    ("br_table-targets", |size| binary(&br_table_targets(size)), 1_000),
    ("blocks", |size| binary(&blocks(size)), 25_000),
    ("nested-loops", |size| binary(&nested_loops(size)), 2_000),
    ("nested-ifs", |size| binary(&nested_ifs(size)), 2_000),
    ("functions", |size| binary(&functions(size)), 1_500),
    ("types", |size| binary(&types(size)), 60),
    ("exports", |size| binary(&exports(size)), 10_000),
    ("data-segments", |size| binary(&data_segments(size)), 20_000),
    ("element-segment", |size| binary(&element_segment(size)), 100_000),
    ("constant-expression", |size| binary(&constant_expression(size)), 50_000),
    ("results", |size| binary(&results(size)), 25),
];

fn function(body: &str) -> String {
    format!("(module (memory 1) (func (export \"f\") (param i32) (result i32) {body} local.get 0))")
}

fn straight(size: usize) -> String {
    function(&"local.get 0 i32.const 3 i32.mul local.get 0 i32.add local.set 0 ".repeat(size / 4))
}

fn stores(size: usize) -> String {
    function(&"local.get 0 i32.load local.set 0 i32.const 0 local.get 0 i32.store ".repeat(size))
}

fn ifs(size: usize) -> String {
    function(&"local.get 0 if local.get 0 i32.const 1 i32.add local.set 0 end ".repeat(size))
}

fn loops(size: usize) -> String {
    function(&"loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end ".repeat(size))
}

fn calls(size: usize) -> String {
    let calls = "local.get 0 call $g local.set 0 ".repeat(size);
    let callee = "(func $g (param i32) (result i32) local.get 0 i32.const 1 i32.add)";
    function(&calls).replacen("(memory 1)", callee, 1)
}

/// Functions with as many locals as there may be, which a few bytes declare.
fn locals(size: usize) -> Vec<u8> {
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    let mut section = |id: u8, body: &[u8]| {
        bytes.push(id);
        bytes.extend(leb(body.len()));
        bytes.extend(body);
    };
    // One type without parameters; bodies with one group of 50 000 locals of type i32.
    section(1, &[1, 0x60, 0, 0]);
    section(3, &[leb(size), vec![0; size]].concat());
    let body = [&[1][..], &leb(50_000), &[0x7f, 0x0b]].concat();
    section(10, &[leb(size), [leb(body.len()), body].concat().repeat(size)].concat());
    bytes
}

fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn locals_in_loops(size: usize) -> String {
    let locals = "i32 ".repeat(10_000);
    let uses: String =
        (0..10_000).map(|n| format!("local.get {n} local.set {} ", (n + 1) % 10_000)).collect();
    let (open, close) = ("loop ".repeat(size), "local.get 0 br_if 0 end ".repeat(size));
    format!("(module (func (local {locals}) {open} {uses} {close}))")
}

fn br_table(size: usize) -> String {
    function(&format!("block local.get 0 br_table {} end ", "0 ".repeat(size)))
}

fn br_table_targets(size: usize) -> String {
    let targets: String = (0..size).map(|n| format!("{n} ")).collect();
    let ends = "end local.get 0 i32.const 1 i32.add local.set 0 ".repeat(size);
    function(&format!("{} local.get 0 br_table {targets} {ends}", "block ".repeat(size)))
}

fn blocks(size: usize) -> String {
    function(&("block ".repeat(size) + &"end ".repeat(size)))
}

fn nested_loops(size: usize) -> String {
    function(&("loop ".repeat(size) + &"local.get 0 br_if 0 end ".repeat(size)))
}

fn nested_ifs(size: usize) -> String {
    let inner = "local.get 0 i32.const 1 i32.add local.set 0 ";
    function(&("local.get 0 if ".repeat(size) + inner + &"end ".repeat(size)))
}

fn functions(size: usize) -> String {
    format!("(module {})", "(func (param i32) (result i32) local.get 0 i32.const 1 i32.add) ".repeat(size))
}

/// Each has a trampoline.
fn types(size: usize) -> String {
    let ty =
        |n: usize| format!("(type (func (param {} {})))", "i32 ".repeat(n % 16), "i64 ".repeat(n / 16 + 200));
    format!("(module {})", (0..size).map(ty).collect::<String>())
}

fn exports(size: usize) -> String {
    let exports: String = (0..size).map(|n| format!("(export \"{n}\" (func 0))")).collect();
    format!("(module (func) {exports})")
}

fn data_segments(size: usize) -> String {
    format!("(module (memory 1) {})", "(data (i32.const 0) \"x\")".repeat(size))
}

fn element_segment(size: usize) -> String {
    format!("(module (table {size} funcref) (func) (elem (i32.const 0) func {}))", "0 ".repeat(size))
}

fn constant_expression(size: usize) -> String {
    let (values, sums) = ("i32.const 1 ".repeat(size), "i32.add ".repeat(size - 1));
    format!("(module (global i32 {values} {sums}))")
}

/// Functions that return as many values as there may be.
fn results(size: usize) -> String {
    let ty = format!("(type $t (func (result {})))", "i32 ".repeat(1000));
    let body = "i32.const 1 ".repeat(1000);
    format!("(module {ty} {})", format!("(func (type $t) {body})").repeat(size))
}

/// The binary of a module's text.
pub(crate) fn binary(wat: &str) -> Vec<u8> {
    wat::parse_str(wat).expect("the text is a module")
}

/// Modules that are over a limit of decoding.
pub(crate) fn too_much() -> Vec<(&'static str, Vec<u8>)> {
    let locals = format!("(module (func (local {})))", "i32 ".repeat(50_001));
    let parameters = format!("(module (type (func (param {}))))", "i32 ".repeat(1001));
    let segments = data_segments(100_001);
    let function = function(&"i32.const 7 drop ".repeat(3_000_000));
    let memories = format!("(module {})", "(memory 1)".repeat(101));
    [
        ("locals", locals),
        ("parameters", parameters),
        ("data segments", segments),
        ("bytes of a function", function),
        ("memories", memories),
    ]
    .map(|(what, wat)| (what, binary(&wat)))
    .into()
}
