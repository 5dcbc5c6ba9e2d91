//! Loading: a good image runs, a damaged one is refused.

#[path = "support/sections.rs"]
mod sections;
#[path = "support/tiny_image.rs"]
mod tiny_image;

use proptest::prelude::*;
use sections::find_section;
use tiny_image::{tiny_image, tiny_image_with};
use wootz_runtime::{
    ArgumentsError, CallError, Image, ImageError, ImageInfo, Instance, InstantiateError, MemoryPlan, Store,
    StoreConfig, TrapCode, Val, ValRaw,
};
use wootz_vm_abi::seal::{Sealed, seal};
use wootz_wasm_types::IntWidth;
use wootz_wasm_types::{
    ConstExpr, ConstInt, ConstOp, DataSegment, EntityIndex, Export, FuncIndex, GlobalDecl, GlobalIndex,
    GlobalType, Import, MemoryIndex, MemoryType, SegmentMode, TypeIndex, ValType,
};

fn store() -> Store {
    Store::new(StoreConfig::default(), Box::new(()))
}

fn refused(edit: impl FnOnce(&mut ImageInfo)) -> String {
    Image::load(tiny_image_with(edit)).expect_err("the image is damaged").to_string()
}

#[test]
fn a_hand_made_image_runs() {
    let image = Image::load(tiny_image()).unwrap();
    let mut store = store();
    let instance = Instance::new(&mut store, &image, &[]).unwrap();
    let add = instance.export(&store, "add").unwrap().into_func().unwrap();
    assert_eq!(add.ty(&store).to_string(), "(i32, i32) -> (i32)");
    assert_eq!(add.call(&mut store, &[Val::I32(40), Val::I32(2)]).unwrap(), [Val::I32(42)]);
    let mut slots = [ValRaw::i32(-1), ValRaw::i32(1)];
    add.call_raw(&mut store, &mut slots).unwrap();
    assert_eq!(slots[0].get_i32(), 0);
    assert_eq!(
        instance.exports(&store).map(|(name, _)| name).collect::<Vec<_>>(),
        ["add", "fail", "sink", "wild"]
    );
    assert_eq!(instance.export(&store, "missing"), None);
}

#[test]
fn a_trap_names_its_frame() {
    let image = Image::load(tiny_image()).unwrap();
    let mut store = store();
    let instance = Instance::new(&mut store, &image, &[]).unwrap();
    let fail = instance.export(&store, "fail").unwrap().into_func().unwrap();
    for _ in 0..3 {
        let error = fail.call(&mut store, &[]).unwrap_err();
        assert_eq!(error.trap_code(), Some(TrapCode::Unreachable));
        assert_eq!(error.to_string(), "unreachable\n  0: tiny!fail (wasm[1]) at offset 0x21");
    }
}

/// A frame larger than what lies between the stack limit and the end of the stack.
#[test]
fn a_fault_at_the_stacks_guard_is_an_exhausted_stack() {
    let image = Image::load(tiny_image()).unwrap();
    let run = move || {
        let mut store = store();
        let instance = Instance::new(&mut store, &image, &[]).unwrap();
        let sink = instance.export(&store, "sink").unwrap().into_func().unwrap();
        for _ in 0..3 {
            let error = sink.call(&mut store, &[]).unwrap_err();
            assert_eq!(error.to_string(), "call stack exhausted\n  0: tiny!sink (wasm[2]) at offset 0x22");
        }
    };
    run();
    std::thread::spawn(run.clone()).join().unwrap();
    std::thread::Builder::new().stack_size(400 << 10).spawn(run).unwrap().join().unwrap();
}

#[test]
fn arguments_are_checked() {
    let image = Image::load(tiny_image()).unwrap();
    let mut store = store();
    let instance = Instance::new(&mut store, &image, &[]).unwrap();
    let add = instance.export(&store, "add").unwrap().into_func().unwrap();
    let mut refused = |args: &[Val]| add.call(&mut store, args).unwrap_err().to_string();
    assert_eq!(
        refused(&[]),
        "the function takes 2 arguments but 0 were given: its type is (i32, i32) -> (i32)"
    );
    assert_eq!(refused(&[Val::I32(1), Val::F64(0)]), "argument 2 has type f64, the function takes i32 there");
    let error = add.call_raw(&mut store, &mut [ValRaw::i32(1)]).unwrap_err();
    assert!(matches!(error, CallError::Arguments(ArgumentsError::Slots { needed: 2, given: 1 })), "{error}");
}

#[test]
fn code_is_never_writable() {
    use region::Protection;
    let image = Image::load(tiny_image()).unwrap();
    let addresses = image.addresses();
    let regions = region::query_range(addresses.start as *const u8, addresses.len()).unwrap();
    let mut executable = 0;
    for region in regions {
        let protection = region.unwrap().protection();
        assert!(!protection.contains(Protection::WRITE), "{protection}");
        executable += usize::from(protection.contains(Protection::EXECUTE));
    }
    assert_eq!(executable, 1);
    assert!(addresses.contains(&image.text().start));
}

#[test]
fn the_code_outlives_the_handle() {
    let mut store = store();
    let image = Image::load(tiny_image()).unwrap();
    let instance = Instance::new(&mut store, &image, &[]).unwrap();
    drop(image);
    let add = instance.export(&store, "add").unwrap().into_func().unwrap();
    assert_eq!(add.call(&mut store, &[Val::I32(1), Val::I32(2)]).unwrap(), [Val::I32(3)]);
}

#[test]
#[should_panic(expected = "the function belongs to another store")]
fn a_handle_of_another_store_panics() {
    let image = Image::load(tiny_image()).unwrap();
    let mut first = store();
    let instance = Instance::new(&mut first, &image, &[]).unwrap();
    let add = instance.export(&first, "add").unwrap().into_func().unwrap();
    let _ = add.call(&mut store(), &[Val::I32(1), Val::I32(2)]);
}

#[test]
fn another_machine_or_version_is_refused() {
    assert_eq!(
        refused(|info| info.target = "aarch64-unknown-linux-gnu".into()),
        "the image is compiled for aarch64-unknown-linux-gnu, this machine is x86_64"
    );
    assert!(
        refused(|info| info.cpu_features = vec!["sse2".into(), "warp-drive".into()])
            .contains("\"warp-drive\"")
    );
    assert!(Image::load(tiny_image_with(|info| info.cpu_features = vec!["sse2".into()])).is_ok());
    let mut bytes = tiny_image();
    let magic = bytes.windows(8).position(|window| window == b"wootzimg").unwrap();
    bytes[magic + 8] += 1;
    assert!(Image::load(&bytes).unwrap_err().to_string().contains("version"));
    assert!(refused(|info| info.libcalls = vec!["system".into()]).contains("slots"));
}

#[test]
fn bytes_that_are_no_image_are_refused() {
    for bytes in [&b""[..], b"\0asm\x01\0\0\0", b"\x7fELF", &[0; 4096]] {
        let error = Image::load(bytes).unwrap_err();
        assert_eq!(error.to_string(), "not a Wootz image");
    }
    let this = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    assert_eq!(Image::load(&this).unwrap_err().to_string(), "not a Wootz image");
}

#[test]
fn information_that_contradicts_itself_is_refused() {
    let expr = |op| ConstExpr(vec![op]);
    let global = |init| GlobalDecl { ty: GlobalType { content: ValType::I32, mutable: false }, init };
    let memory = MemoryType { memory64: false, shared: false, minimum: 1, maximum: None, page_size_log2: 16 };
    let plan = MemoryPlan { guarded: true, reservation: 1 << 32, guard: 1 << 31 };
    let import = Import { module: "m".into(), name: "n".into(), item: EntityIndex::Function(FuncIndex(0)) };
    let other = import.clone();
    type Edit = Box<dyn FnOnce(&mut ImageInfo)>;
    let cases: Vec<(&str, Edit)> = vec![
        ("lies outside its section", Box::new(|info| info.functions[1].end = 1 << 20)),
        ("ranges of code", Box::new(|info| info.functions.clear())),
        ("host-entry trampoline lies outside", Box::new(|info| info.host_entries[0] = Some(u32::MAX))),
        ("has no host-entry trampoline", Box::new(|info| info.host_entries[1] = None)),
        ("host-exit trampolines for", Box::new(|info| info.host_exits.clear())),
        ("imported functions of", Box::new(|info| info.declarations.imported_functions = 9)),
        ("not as many as counted", Box::new(move |info| info.declarations.imports = vec![other])),
        (
            "gives nothing",
            Box::new(|info| info.declarations.exports[0].item = EntityIndex::Function(FuncIndex(7))),
        ),
        (
            "has no type",
            Box::new(|info| {
                info.declarations.functions.push(wootz_wasm_types::FunctionDecl { ty: TypeIndex(9) });
            }),
        ),
        ("the start function", Box::new(|info| info.declarations.start = Some(FuncIndex(0)))),
        (
            "has no initial value",
            Box::new(move |info| {
                info.declarations.globals.push(global(None));
            }),
        ),
        (
            "does not give i32",
            Box::new(move |info| {
                info.declarations.globals.push(global(Some(expr(ConstOp::I64(0)))));
            }),
        ),
        (
            "GlobalGet(global0) in a constant expression is wrong",
            Box::new(move |info| {
                info.declarations.globals.push(global(Some(expr(ConstOp::GlobalGet(GlobalIndex(0))))));
            }),
        ),
        (
            "does not give i32",
            Box::new(move |info| {
                info.declarations.globals.push(global(Some(ConstExpr(Vec::new()))));
            }),
        ),
        (
            "does not give i32",
            Box::new(move |info| {
                let two = vec![ConstOp::I32(1), ConstOp::I32(2)];
                info.declarations.globals.push(global(Some(ConstExpr(two))));
            }),
        ),
        (
            "Int(I32, Add) in a constant expression is wrong",
            Box::new(move |info| {
                let one = vec![ConstOp::I32(1), ConstOp::Int(IntWidth::I32, ConstInt::Add)];
                info.declarations.globals.push(global(Some(ConstExpr(one))));
            }),
        ),
        (
            "Int(I32, Mul) in a constant expression is wrong",
            Box::new(move |info| {
                let product = ConstOp::Int(IntWidth::I32, ConstInt::Mul);
                let mixed = vec![ConstOp::I32(1), ConstOp::I64(1), product];
                info.declarations.globals.push(global(Some(ConstExpr(mixed))));
            }),
        ),
        (
            "plans for 1 memories",
            Box::new(move |info| {
                info.declarations.memories.push(memory);
            }),
        ),
        (
            "impossible limits",
            Box::new(move |info| {
                info.declarations.memories.push(MemoryType { minimum: 65537, ..memory });
                info.memory_plans.push(plan);
            }),
        ),
        (
            "pages of 2^70 bytes",
            Box::new(move |info| {
                info.declarations.memories.push(MemoryType { page_size_log2: 70, ..memory });
                info.memory_plans.push(plan);
            }),
        ),
        (
            "does not guard it",
            Box::new(move |info| {
                info.declarations.memories.push(memory);
                info.memory_plans.push(MemoryPlan { guard: 0, ..plan });
            }),
        ),
        (
            "pages of 2^12 bytes",
            Box::new(move |info| {
                info.declarations.memories.push(MemoryType { page_size_log2: 12, ..memory });
                info.memory_plans.push(plan);
            }),
        ),
        (
            "impossible limits",
            Box::new(move |info| {
                let ty = MemoryType { memory64: true, minimum: (1 << 48) + 1, ..memory };
                info.declarations.memories.push(ty);
                info.memory_plans.push(plan);
            }),
        ),
        (
            "impossible limits",
            Box::new(move |info| {
                let ty = MemoryType { page_size_log2: 0, minimum: 1 << 32, ..memory };
                info.declarations.memories.push(ty);
                info.memory_plans.push(plan);
            }),
        ),
        (
            "does not guard it",
            Box::new(move |info| {
                info.declarations.memories.push(MemoryType { memory64: true, ..memory });
                info.memory_plans.push(plan);
            }),
        ),
        (
            "does not guard it",
            Box::new(move |info| {
                info.declarations.memories.push(MemoryType { page_size_log2: 0, ..memory });
                info.memory_plans.push(plan);
            }),
        ),
        (
            "0 ranges for 1 data segments",
            Box::new(|info| {
                info.declarations.data.push(DataSegment { mode: SegmentMode::Passive, range: 0..0 });
            }),
        ),
        (
            "outside its section",
            Box::new(|info| {
                info.declarations.data.push(DataSegment { mode: SegmentMode::Passive, range: 0..0 });
                info.data.push(0..5);
            }),
        ),
        (
            "has no memory",
            Box::new(move |info| {
                info.declarations.data.push(DataSegment {
                    mode: SegmentMode::Active { target: MemoryIndex(0), offset: expr(ConstOp::I32(0)) },
                    range: 0..0,
                });
                info.data.push(0..0);
            }),
        ),
        ("is out of order", Box::new(move |info| info.declarations.imports = vec![import.clone(), import])),
        (
            "exception tags",
            Box::new(|info| {
                info.declarations.tags.push(TypeIndex(0));
            }),
        ),
    ];
    for (expected, edit) in cases {
        let message = match Image::load(tiny_image_with(edit)) {
            Err(error) => error.to_string(),
            Ok(_) => "accepted".into(),
        };
        assert!(message.contains(expected), "{expected:?} is not in {message:?}");
    }
}

#[test]
fn a_missing_import_is_named() {
    let bytes = tiny_image_with(|info| {
        let declarations = &mut info.declarations;
        declarations.imports.push(Import {
            module: "env".into(),
            name: "width".into(),
            item: EntityIndex::Global(GlobalIndex(0)),
        });
        declarations.imported_globals = 1;
        let ty = GlobalType { content: ValType::I32, mutable: false };
        declarations.globals.push(GlobalDecl { ty, init: None });
        declarations.exports.push(Export { name: "width".into(), item: EntityIndex::Global(GlobalIndex(0)) });
    });
    let image = Image::load(&bytes).unwrap();
    let mut store = store();
    let error = Instance::new(&mut store, &image, &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown import: \"env\" \"width\" must be an immutable global of type i32"
    );
    let ty = GlobalType { content: ValType::I64, mutable: true };
    let wrong = wootz_runtime::Global::new(&mut store, ty, Val::I64(1)).unwrap();
    let error = Instance::new(&mut store, &image, &[wrong.into()]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "incompatible import type for \"env\" \"width\": the module needs an immutable global of type i32, given was a \
         mutable global of type i64"
    );
    let ty = GlobalType { content: ValType::I32, mutable: false };
    let right = wootz_runtime::Global::new(&mut store, ty, Val::I32(7)).unwrap();
    let instance = Instance::new(&mut store, &image, &[right.into()]).unwrap();
    assert_eq!(instance.export(&store, "width"), Some(right.into()));
    let error = Instance::new(&mut store, &image, &[right.into(), right.into()]).unwrap_err();
    assert!(matches!(error, InstantiateError::SurplusImports { expected: 1, given: 2 }));
}

#[test]
fn a_damaged_address_map_costs_only_offsets() {
    let mut bytes = tiny_image();
    let map = find_section(&bytes, ".wootz.addrmap");
    bytes[map].fill(0xff);
    assert!(matches!(Image::load(&bytes), Err(ImageError::Damaged)));
    let image = Image::load(sealed_again(bytes)).unwrap();
    let mut store = store();
    let instance = Instance::new(&mut store, &image, &[]).unwrap();
    let fail = instance.export(&store, "fail").unwrap().into_func().unwrap();
    let error = fail.call(&mut store, &[]).unwrap_err();
    assert_eq!(error.to_string(), "unreachable\n  0: tiny!fail (wasm[1])");
}

/// An image with the digest of its contents, as somebody makes it who knows the format and not what it means.
fn sealed_again(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(Sealed::new(&tiny_image()).unwrap().contents().len());
    seal(&mut bytes);
    bytes
}

#[test]
fn every_truncation_is_refused() {
    let bytes = tiny_image();
    for length in 0..bytes.len() {
        assert!(Image::load(&bytes[..length]).is_err(), "{length} of {} bytes", bytes.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Loading anything is safe. (Calling a damaged image is not: its instructions are not checked.)
    #[test]
    fn flipped_bits_never_crash_the_loader(flips in prop::collection::vec((any::<prop::sample::Index>(), 0u8..8), 1..6)) {
        let mut bytes = tiny_image();
        // The pages between the headers and the sections hold nothing.
        let interesting: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0 || *at < 0x100 || *at > 0x2000).collect();
        for (index, bit) in flips {
            bytes[*index.get(&interesting)] ^= 1 << bit;
        }
        let changed = bytes != tiny_image();
        prop_assert_eq!(Image::load(&bytes).is_err(), changed);
        match Image::load(sealed_again(bytes)) {
            Ok(image) => drop(format!("{:?}", image.info())),
            Err(ImageError::System(error)) => prop_assert!(false, "asked the system for the impossible: {error}"),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
