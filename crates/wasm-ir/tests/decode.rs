//! What decoding says of good modules and of bad ones.

use wootz_wasm_ir::decode::Options;
use wootz_wasm_ir::{
    ConstOp, EntityIndex, EntityType, Error, ErrorKind, Features, FuncIndex, FuncType, GlobalIndex,
    LocalIndex, MemoryIndex, Module, SegmentMode, TableIndex, TypeIndex, ValType,
};

const EVERYTHING: &str = r#"
(module $every
  (type $binary (func (param i32 i32) (result i32)))
  (import "env" "f" (func $f (type $binary)))
  (import "env" "t" (table $t 1 funcref))
  (import "env" "g" (global $g (mut i64)))
  (import "env" "m" (memory $m 1 4))
  (func $add (export "add") (type $binary) (local $sum i32)
    (local.set $sum (i32.add (local.get 0) (local.get 1)))
    (local.get $sum))
  (func $start)
  (table $own 2 10 externref)
  (global $constant f32 (f32.const -0))
  (export "own" (table $own))
  (start $start)
  (elem $active (table $t) (i32.const 0) func $add $start)
  (elem $passive funcref (ref.func $f) (ref.null func))
  (elem $declared declare func $f)
  (data $hello (i32.const 8) "hello")
  (data $later "bye")
)"#;

fn refusal(input: impl AsRef<[u8]>) -> Error {
    Module::new(input.as_ref()).expect_err("the module is refused")
}

#[test]
fn declarations_are_complete() {
    let module = Module::new(EVERYTHING.as_bytes()).unwrap();
    let d = module.declarations();
    assert_eq!((d.imported_functions, d.functions.len()), (1, 3));
    assert_eq!((d.imported_tables, d.tables.len()), (1, 2));
    assert_eq!((d.imported_memories, d.memories.len()), (1, 1));
    assert_eq!((d.imported_globals, d.globals.len()), (1, 2));
    let binary = FuncType::new([ValType::I32, ValType::I32], [ValType::I32]);
    assert_eq!(d.signature(FuncIndex(1)), &binary);
    assert_eq!(d.entity_type(d.imports[0].item), EntityType::Function(binary));
    assert_eq!(d.imports[2].name, "g");
    assert!(d.globals[GlobalIndex(0)].ty.mutable);
    assert_eq!(d.globals[GlobalIndex(1)].init.as_ref().unwrap().0, [ConstOp::F32(0x8000_0000)]);
    assert_eq!(d.memories[MemoryIndex(0)].maximum, Some(4));
    assert_eq!(d.tables[TableIndex(1)].ty.maximum, Some(10));
    assert_eq!(d.exports[1].item, EntityIndex::Table(TableIndex(1)));
    assert_eq!(d.start, Some(FuncIndex(2)));
    let modes: Vec<_> = d.elements.values().map(|e| std::mem::discriminant(&e.mode)).collect();
    assert!(modes[0] != modes[1] && modes[1] != modes[2] && modes[0] != modes[2]);
    assert_eq!(d.elements.values().map(|e| e.items.len()).collect::<Vec<_>>(), [2, 2, 1]);
    let data: Vec<_> = d.data.values().collect();
    assert!(matches!(data[0].mode, SegmentMode::Active { target: MemoryIndex(0), .. }));
    assert_eq!(module.data(data[0]), b"hello");
    assert_eq!(module.data(data[1]), b"bye");
    assert_eq!(data[1].mode, SegmentMode::Passive);
}

#[test]
fn names_are_read() {
    let module = Module::new(EVERYTHING.as_bytes()).unwrap();
    let names = &module.declarations().names;
    assert_eq!(names.module.as_deref(), Some("every"));
    assert_eq!(&names.functions[FuncIndex(1)], "add");
    assert_eq!(&names.locals[&FuncIndex(1)][LocalIndex(2)], "sum");
    assert_eq!(&names.globals[GlobalIndex(1)], "constant");
    assert_eq!(&names.memories[MemoryIndex(0)], "m");
    assert_eq!(&names.tables[TableIndex(1)], "own");
    assert_eq!(names.types.len(), 1);
    assert_eq!(names.elements.len(), 3);
    assert_eq!(names.data.len(), 2);
}

#[test]
fn sections_and_bodies_lie_in_the_bytes() {
    let module = Module::new(EVERYTHING.as_bytes()).unwrap();
    let kinds: Vec<_> = module.sections().iter().map(|s| s.kind).collect();
    assert_eq!(
        kinds,
        [
            "type", "import", "function", "table", "global", "export", "start", "element", "code", "data",
            "custom"
        ]
    );
    assert_eq!(module.sections()[1].items, Some(4));
    let mut end = 8;
    for section in module.sections() {
        assert!(section.range.start > end && section.range.end >= section.range.start);
        end = section.range.end;
    }
    assert_eq!(end as usize, module.bytes().len());
    assert_eq!(module.custom_sections()[0].name, "name");
    assert_eq!(module.body_range(FuncIndex(0)), None);
    let body = module.body_range(FuncIndex(1)).unwrap();
    assert_eq!(module.bytes()[body.end as usize - 1], 0x0b);
}

#[test]
fn a_binary_and_its_text_decode_alike() {
    let text = Module::new(EVERYTHING.as_bytes()).unwrap();
    let binary = Module::from_binary(text.bytes()).unwrap();
    assert_eq!(text.declarations(), binary.declarations());
}

#[test]
fn syntax_errors_show_the_line() {
    let error = refusal("(module\n  (func i32.addd))");
    assert_eq!((error.kind, error.offset), (ErrorKind::Text, 16));
    assert_eq!(
        error.to_string(),
        "unknown operator or unexpected token\n     --> <anon>:2:9\n      |\n    2 |   (func i32.addd))\n      |         ^"
    );
    let options = Options { path: Some("dir/file.wat".into()), ..Options::default() };
    let error = Module::with_options(*b"(module", &options).unwrap_err();
    assert!(error.to_string().contains("--> dir/file.wat:1:8"), "{error}");
}

#[test]
fn malformed_modules() {
    for (input, offset, message) in [
        (&b""[..], 0, "the input is empty"),
        (b"\0as", 0, "magic header not detected"),
        (b"\0asm", 4, "unexpected end"),
        (b"\0asm\x02\0\0\0", 4, "unknown binary version"),
        (b"\0asm\x01\0\0\0\x0f\0", 10, "malformed section id 15"),
        (b"\x7fELF\x02\x01\x01\0\xff", 8, "neither a binary module"),
        (b"\0asm\x01\0\0\0\x01\x04\x01\x60\x00", 10, "unexpected end-of-file"),
    ] {
        let error = refusal(input);
        assert_eq!(error.kind, ErrorKind::Malformed, "{error}");
        assert!(error.message.contains(message), "{error}");
        assert_eq!(error.offset, offset, "{error}");
    }
}

#[test]
fn a_damaged_body_is_malformed_and_an_ill_typed_one_is_invalid() {
    let module = Module::new(*b"(module (func (result i32) i32.const 1 i32.const 2 i32.add))").unwrap();
    let end = module.body_range(FuncIndex(0)).unwrap().end as usize;
    let mut bytes = module.bytes().to_vec();
    bytes[end - 2] = 0x7c; // i64.add
    let error = refusal(&bytes);
    assert_eq!((error.kind, error.offset), (ErrorKind::Invalid, end as u64 - 2));
    assert!(error.message.contains("type mismatch"), "{error}");
    bytes[end - 2] = 0xf0; // no instruction
    assert_eq!(refusal(&bytes).kind, ErrorKind::Malformed);
}

#[test]
fn unsupported_features_say_which() {
    for (input, feature) in [
        ("(module (func return_call 0) (func (param anyref)))", "gc"),
        ("(module (func (param anyref) (result i32) (ref.test (ref i31) (local.get 0))))", "gc"),
        ("(module (tag))", "exceptions"),
        ("(module (type (struct)))", "gc"),
    ] {
        let error = refusal(input);
        assert_eq!(error.kind, ErrorKind::Unsupported, "{input}: {error}");
        assert!(error.message.contains(&format!("`{feature}`")), "{input}: {error}");
        assert!(error.offset >= 8, "{input}: {error}");
    }
    assert_eq!(refusal("(component)").kind, ErrorKind::Unsupported);
    assert_eq!(refusal(b"\0asm\x0d\0\x01\0").kind, ErrorKind::Unsupported);
}

#[test]
fn recursion_groups_need_no_garbage_collection() {
    let text = "(module
        (rec (type $f (func (param (ref $g)))) (type $g (func (result (ref $f)))))
        (type $own (func (param (ref null $own))))
        (rec (type (func (param (ref 4)))) (type (func (result (ref 3)))))
        (global funcref (ref.null nofunc))
        (global $a i32 (i32.const 1)) (global i32 (global.get $a)))";
    let module = Module::new(text.as_bytes()).unwrap();
    let declarations = module.declarations();
    assert_eq!(declarations.recursion_groups, [0..2, 3..5]);
    let same = |a, b| declarations.is_same_type(TypeIndex(a), TypeIndex(b));
    assert!(same(0, 3) && same(1, 4));
    assert!(!same(0, 1) && !same(0, 2) && !same(1, 3));
    let refused = refusal("(module (rec (type $f (func)) (type (func))) (func (param anyref)))");
    assert_eq!(refused.kind, ErrorKind::Unsupported);
}

#[test]
fn limits_are_not_invalid() {
    let options = Options { max_module_size: 16, ..Options::default() };
    let error = Module::with_options(*b"(module (func nop))", &options).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Limit);
    assert_eq!(
        error.to_string(),
        "module exceeds a limit: the module has 19 bytes, the limit is 16 (at offset 0x10)"
    );
    let locals = format!("(module (func (local {})))", "i32 ".repeat(50_001));
    assert_eq!(refusal(&locals).kind, ErrorKind::Limit);
    let params = format!("(module (type (func (param {}))))", "i32 ".repeat(1_001));
    assert_eq!(refusal(&params).kind, ErrorKind::Limit);
    let name = format!("(module (func (export \"{}\")))", "x".repeat(100_001));
    assert_eq!(refusal(&name).kind, ErrorKind::Limit);
}

#[test]
fn a_damaged_name_section_is_ignored() {
    let module = Module::new(*b"(module (func $named))").unwrap();
    let mut bytes = module.bytes().to_vec();
    let at = bytes.windows(5).position(|w| w == b"named").unwrap();
    bytes[at] = 0xff;
    let module = Module::new(bytes).unwrap();
    assert_eq!(module.declarations().names.functions.len(), 0);
    assert_eq!(module.custom_sections()[0].name, "name");
}

#[test]
fn functions_are_named_alike_one_by_one_and_all_at_once() {
    let text = r#"(module
      (import "m" "imported" (func))
      (import "m" "both" (func))
      (func $named)
      (func)
      (func $also)
      (export "first" (func 3)) (export "second" (func 3)) (export "both" (func 1)) (export "x" (func $also)))"#;
    let module = Module::new(text.as_bytes()).unwrap();
    let d = module.declarations();
    let names = d.function_names();
    for func in d.functions.keys() {
        assert_eq!(names[func], d.function_name(func));
    }
    assert_eq!(
        names.values().collect::<Vec<_>>(),
        [&Some("imported"), &Some("both"), &Some("named"), &Some("first"), &Some("also")]
    );
}

#[test]
fn a_feature_that_is_not_enabled_is_unsupported() {
    let refusal = |features, text: &str| {
        let options = Options { features, ..Options::default() };
        Module::with_options(text.as_bytes(), &options).unwrap_err()
    };
    let several = "(module (memory 1) (memory 1))";
    let error = refusal(Features::ALL.without(Features::MULTI_MEMORY), several);
    assert_eq!(error.kind, ErrorKind::Unsupported);
    assert!(error.message.contains("which is not enabled"), "{error}");
    for text in [several, "(module (memory i64 1))", "(module (memory 1 (pagesize 1)))"] {
        assert_eq!(refusal(Features::V2, text).kind, ErrorKind::Unsupported, "{text}");
        assert!(Module::new(text.as_bytes()).is_ok(), "{text}");
    }
    let error = refusal(Features::V1, "(module (func (result i32 i32) unreachable))");
    assert_eq!(error.kind, ErrorKind::Unsupported, "{error}");
    assert_eq!(format!("{:?}", Features::MULTI_MEMORY), r#"{"multi-memory"}"#);
}
