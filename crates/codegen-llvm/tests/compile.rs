//! The crate's functions from outside: what an object holds, that it is always the same, and what is refused.

use std::sync::Arc;

use object::{Object, ObjectSymbol};
use wootz_codegen_llvm::{
    Branches, CompileError, CompileOptions, Cpu, Event, Machine, Observer, OptLevel, Phase, Symbol, TextKind,
    TooMany, compile_bitcode, compile_image, compile_image_observed, compile_object, emit_text,
};
use wootz_vm_abi::branches::{BranchProfile, CountedCode};
use wootz_vm_abi::plan::CheckStrategy;
use wootz_wasm_ir::{FuncIndex, Module, TableIndex, TypeIndex};

const TEXT: &str = r#"(module
  (import "host" "log" (func $log (param i64)))
  (type $unary (func (param f32) (result f32)))
  (memory 1)
  (table 2 funcref)
  (elem (i32.const 0) $rounded)
  (func $rounded (type $unary) (f32.nearest (local.get 0)))
  (func $private (param i32) (result i32)
    (i32.load8_u (local.get 0)))
  (func (export "run") (param i32) (result f32)
    (call $log (i64.extend_i32_u (call $private (local.get 0))))
    (call_indirect (type $unary) (f32.const 2.5) (local.get 0))))"#;

fn module() -> Module {
    Module::new(TEXT.as_bytes()).expect("the module is valid")
}

fn options(opt: OptLevel, checks: CheckStrategy) -> CompileOptions {
    CompileOptions { opt, checks, cpu: Cpu::Baseline, verify: true, ..CompileOptions::default() }
}

#[test]
fn an_object_defines_functions_and_trampolines_and_needs_only_library_calls() {
    let object = compile_object(&module(), &options(OptLevel::O2, CheckStrategy::Guard)).unwrap();
    let file = object::File::parse(&*object).unwrap();
    let mut defined: Vec<_> = file
        .symbols()
        .filter(|symbol| symbol.is_definition() && symbol.is_global())
        .map(|symbol| Symbol::parse(symbol.name().unwrap()).expect("a symbol of ours"))
        .collect();
    defined.sort_unstable();
    // Types: 0 is $unary, 1 that of $log, 2 that of $private, 3 that of "run".
    let mut expected: Vec<_> = (1..4).map(|index| Symbol::Wasm(FuncIndex(index))).collect();
    expected.extend([0, 3].map(|index| Symbol::HostEntry(TypeIndex(index))));
    expected.extend((0..4).map(|index| Symbol::HostExit(TypeIndex(index))));
    expected.push(Symbol::Table(TableIndex(0)));
    assert_eq!(defined, expected);
    let undefined: Vec<_> = file
        .symbols()
        .filter(|symbol| symbol.is_undefined())
        .map(|symbol| symbol.name().unwrap())
        .filter(|name| !name.is_empty())
        .collect();
    assert_eq!(undefined, ["nearbyintf"]);
}

/// A hint is the weights of a branch, unless it was counted.
#[test]
fn a_profile_wins_over_hints() {
    let text = r#"(module (import "" "f" (func $f)) (func (param i32)
        (block $out
          (@metadata.code.branch_hint "\00")
          (br_if $out (local.get 0))
          (call $f))))"#;
    let module = Module::new(text.as_bytes()).expect("the module is valid");
    let code = module.code_range();
    let branch = module.branch_hints().hints()[0].offset - code.start;
    let code = CountedCode::new(&module.bytes()[code.start as usize..code.end as usize]);
    let counts = (0..code.counters() as u32).map(|number| match number.checked_sub(branch) {
        Some(0) => 7,
        Some(1) => 5,
        _ => u64::from(number == 0) * 12,
    });
    let profile = Branches::Profiled(Arc::new(BranchProfile::new(code, counts)));
    // LLVM turns the branch round.
    let [hinted, counted] = [[2000, 1], [5, 7]]
        .map(|[then, otherwise]| format!("\"branch_weights\", i32 {then}, i32 {otherwise}}}"));
    for opt in [OptLevel::O1, OptLevel::O2] {
        for (branches, [present, absent]) in
            [(Branches::Unknown, [&hinted, &counted]), (profile.clone(), [&counted, &hinted])]
        {
            let options = CompileOptions { branches, ..options(opt, CheckStrategy::Guard) };
            let ir = emit_text(&module, &options, TextKind::LlvmIr, None).unwrap();
            assert!(ir.contains(present.as_str()) && !ir.contains(absent.as_str()), "{opt:?}:\n{ir}");
        }
    }
}

#[test]
fn bitcode_is_bitcode() {
    let bitcode = compile_bitcode(&module(), &options(OptLevel::O2, CheckStrategy::Guard)).unwrap();
    assert!(bitcode.starts_with(b"BC\xc0\xde"));
}

#[test]
fn the_same_module_gives_the_same_bytes() {
    for opt in [OptLevel::O0, OptLevel::O3] {
        let options = options(opt, CheckStrategy::Auto);
        let image = compile_image(&module(), &options).unwrap();
        assert!(image == compile_image(&module(), &options).unwrap(), "{opt:?}");
    }
}

#[test]
fn text_is_of_the_module_or_of_one_function() {
    let options = options(OptLevel::O2, CheckStrategy::Explicit);
    let text = |kind, func: Option<u32>| emit_text(&module(), &options, kind, func.map(FuncIndex)).unwrap();
    let whole = text(TextKind::LlvmIr, None);
    assert!(whole.contains("@\"wasm[1]\"") && whole.contains("@\"host_exit[0]\""), "{whole}");
    let one = text(TextKind::LlvmIr, Some(2));
    assert!(one.contains("@\"wasm[2]\"(ptr") && !one.contains("host_exit"), "{one}");
    let assembly = text(TextKind::Assembly, Some(2));
    assert!(assembly.starts_with("\"wasm[2]\":\n") && assembly.contains("movzbl"), "{assembly}");
    assert!(!assembly.contains("wasm[3]"), "{assembly}");
}

#[test]
fn functions_without_a_body_have_no_text() {
    for func in [0, 4, u32::MAX] {
        let func = FuncIndex(func);
        let error = emit_text(&module(), &CompileOptions::default(), TextKind::LlvmIr, Some(func));
        assert_eq!(error.unwrap_err(), CompileError::NoSuchFunction(func));
    }
}

#[test]
fn an_unknown_cpu_is_refused() {
    let options = CompileOptions { cpu: Cpu::Named("pentium".into()), ..CompileOptions::default() };
    let error = compile_object(&module(), &options).unwrap_err();
    assert!(matches!(error, CompileError::UnknownCpu { name, .. } if name == "pentium"));
}

/// A module that is compiled in several parts: a small function, and so many large ones that call it.
fn large_module(functions: usize) -> Module {
    let store = "(i64.store (local.get 0) (i64.rotl (i64.load (local.get 0)) (i64.const 7)))".repeat(60);
    let functions: String =
        (0..functions).map(|n| format!("(func {store} (drop (call $small (i32.const {n}))))")).collect();
    let small = "(func $small (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))";
    let text = format!("(module (memory 1) {small} {})", functions.replace("(func", "(func (param i32)"));
    Module::new(text.as_bytes()).expect("the module is valid")
}

#[test]
fn neither_threads_nor_memory_budget_show() {
    let module = large_module(200);
    for (machine, opt) in Machine::ALL.iter().flat_map(|&m| [(m, OptLevel::O0), (m, OptLevel::O2)]) {
        let with = |threads, memory_budget| {
            let options = options(opt, CheckStrategy::Auto);
            let cpu = Cpu::Baseline;
            let options = CompileOptions { machine, cpu, threads, memory_budget, ..options };
            compile_image(&module, &options).unwrap()
        };
        let image = with(1, None);
        assert!(image == with(2, None) && image == with(5, Some(0)), "{machine} {opt:?}");
    }
}

#[test]
fn small_functions_are_inlined_across_parts() {
    let module = large_module(200);
    let options = options(OptLevel::O2, CheckStrategy::Auto);
    let of = |func| emit_text(&module, &options, TextKind::Assembly, Some(FuncIndex(func))).unwrap();
    assert!(of(0).contains("leal"), "the small function has code of its own");
    for func in [1, 100, 200] {
        assert!(!of(func).contains("call"), "and is called by none");
    }
    let last = emit_text(&module, &options, TextKind::LlvmIr, Some(FuncIndex(200))).unwrap();
    assert!(last.starts_with("; Function Attrs") && !last.contains("wasm[0]"), "{last}");
}

#[test]
fn threads_compile_at_the_same_time() {
    let expected = compile_object(&module(), &options(OptLevel::O2, CheckStrategy::Guard)).unwrap();
    std::thread::scope(|scope| {
        let compile = || compile_object(&module(), &options(OptLevel::O2, CheckStrategy::Guard)).unwrap();
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(compile)).collect();
        for thread in threads {
            assert!(thread.join().expect("the thread compiles") == expected);
        }
    });
}

/// How deep LLVM recurses is the module's choice, and the stack that it has is not the caller's.
#[test]
fn a_deep_expression_compiles_on_a_thread_with_little_stack() {
    let chain = "local.get 0 i32.add ".repeat(10_000);
    let text = format!("(module (func (param i32) (result i32) local.get 0 {chain}))");
    let compile = move || {
        let module = Module::new(text.as_bytes()).expect("the module is valid");
        compile_object(&module, &options(OptLevel::O0, CheckStrategy::Guard)).map(|object| object.len())
    };
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(compile).unwrap();
    assert!(thread.join().unwrap().unwrap() > 10_000);
}

/// A function with a loop worth optimising, one with too many of them and one with too many instructions.
fn module_with_giants() -> Module {
    let loops =
        "loop local.get 1 i32.const 1 i32.sub local.tee 1 br_if 0 end i32.const 2 local.set 1 ".repeat(3500);
    let adds = "local.get 0 i32.const 7 i32.rotl local.get 0 i32.add local.set 0 ".repeat(30_000);
    let text = format!(
        r#"(module
        (func (param i32) (result i32) (local i32)
            loop local.get 1 i32.const 3 i32.add local.set 1
                local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end
            local.get 1)
        (func (param i32) (local i32) {loops})
        (func (param i32) (result i32) {adds} local.get 0))"#
    );
    Module::new(text.as_bytes()).expect("the module is valid")
}

#[test]
fn giants_are_reported_and_spoil_nothing_for_their_neighbours() {
    let module = module_with_giants();
    let options = options(OptLevel::O2, CheckStrategy::Guard);
    let report = compile_image_observed(&module, &options, &()).unwrap().report;
    let degraded: Vec<_> = report.degraded.iter().map(|degraded| (degraded.func, degraded.reason)).collect();
    assert!(
        matches!(
            degraded[..],
            [
                (FuncIndex(1), TooMany::Loops { count: 3500, .. }),
                (FuncIndex(2), TooMany::Instructions { count: 60_000.., .. })
            ]
        ),
        "{degraded:?}"
    );
    assert!(report.degraded.iter().all(|degraded| degraded.bytes > 30_000));
    assert_eq!(report.degraded[0].reason.to_string().split(',').next(), Some("3500 loops"));
    // The loop is gone: its result is a product.
    let neighbour = emit_text(&module, &options, TextKind::Assembly, Some(FuncIndex(0))).unwrap();
    assert!(neighbour.contains("lea") && !neighbour.contains("\tj"), "{neighbour}");
    // Without optimisation there is nothing to miss.
    let options = CompileOptions { opt: OptLevel::O0, ..options };
    assert!(compile_image_observed(&module, &options, &()).unwrap().report.degraded.is_empty());
}

#[test]
fn a_report_accounts_for_everything() {
    #[derive(Default)]
    struct Events(std::sync::Mutex<Vec<Event>>);
    impl Observer for Events {
        fn event(&self, event: Event) {
            self.0.lock().unwrap().push(event);
        }
    }
    let module = large_module(200);
    let options = CompileOptions { threads: 2, ..options(OptLevel::O1, CheckStrategy::Guard) };
    let events = Events::default();
    let compiled = compile_image_observed(&module, &options, &events).unwrap();
    let report = compiled.report;
    assert_eq!((report.functions, report.threads), (201, 2));
    assert_eq!((report.image_bytes, report.module_bytes), (compiled.image.len(), module.bytes().len()));
    assert!(report.units > 1 && report.body_bytes < report.module_bytes && report.object_bytes > 0);
    assert!(report.peak_memory > Some(report.image_bytes as u64) && report.memory_budget > 1 << 20);
    assert!(report.peak_memory >= report.peak_before_link && report.peak_before_link.is_some());
    let ours = |phase: &Phase| !matches!(phase, Phase::Decode | Phase::Write);
    for phase in Phase::ALL.iter().filter(|phase| ours(phase)) {
        assert!(!report.phases.of(*phase).wall.is_zero(), "{phase:?}");
    }
    let all = report.phases.total().wall + report.idle;
    assert!(all <= report.wall * 3, "two threads took {all:?} of {:?}", report.wall);

    let events = events.0.into_inner().unwrap();
    let bytes = report.body_bytes;
    assert_eq!(events.first(), Some(&Event::Start { functions: 201, bytes }));
    assert_eq!(events.last(), Some(&Event::Link));
    let mut done = (0, 0);
    for event in &events[1..events.len() - 1] {
        let Event::Compiled { functions, bytes } = event else { panic!("{event:?}") };
        done = (done.0 + functions, done.1 + bytes);
    }
    assert_eq!((done, events.len()), ((201, bytes), report.units + 2));
}

/// One function for each floating-point instruction, the vector ones too.
fn every_float_instruction() -> String {
    let mut functions = Vec::new();
    let mut add = |name: String, params: &str, result: &str| {
        let operands: String =
            (0..params.split(' ').count()).map(|local| format!(" (local.get {local})")).collect();
        functions.push(format!("(func (param {params}) (result {result}) ({name}{operands}))"));
    };
    for float in ["f32", "f64"] {
        for name in ["abs", "neg", "ceil", "floor", "trunc", "nearest", "sqrt"] {
            add(format!("{float}.{name}"), float, float);
        }
        for name in ["add", "sub", "mul", "div", "min", "max", "copysign"] {
            add(format!("{float}.{name}"), &format!("{float} {float}"), float);
        }
        for name in ["eq", "ne", "lt", "gt", "le", "ge"] {
            add(format!("{float}.{name}"), &format!("{float} {float}"), "i32");
        }
        for int in ["i32", "i64"] {
            for sign in ["s", "u"] {
                add(format!("{int}.trunc_{float}_{sign}"), float, int);
                add(format!("{int}.trunc_sat_{float}_{sign}"), float, int);
                add(format!("{float}.convert_{int}_{sign}"), int, float);
            }
        }
    }
    add("f32.demote_f64".into(), "f64", "f32");
    add("f64.promote_f32".into(), "f32", "f64");
    for shape in ["f32x4", "f64x2"] {
        for name in ["abs", "neg", "ceil", "floor", "trunc", "nearest", "sqrt"] {
            add(format!("{shape}.{name}"), "v128", "v128");
        }
        for name in
            ["add", "sub", "mul", "div", "min", "max", "pmin", "pmax", "eq", "ne", "lt", "gt", "le", "ge"]
        {
            add(format!("{shape}.{name}"), "v128 v128", "v128");
        }
        add(format!("{shape}.relaxed_madd"), "v128 v128 v128", "v128");
    }
    for name in [
        "f32x4.convert_i32x4_s",
        "f32x4.convert_i32x4_u",
        "f32x4.demote_f64x2_zero",
        "f64x2.convert_low_i32x4_s",
        "f64x2.convert_low_i32x4_u",
        "f64x2.promote_low_f32x4",
        "i32x4.trunc_sat_f32x4_s",
        "i32x4.trunc_sat_f32x4_u",
        "i32x4.trunc_sat_f64x2_s_zero",
        "i32x4.trunc_sat_f64x2_u_zero",
    ] {
        add(name.into(), "v128", "v128");
    }
    format!("(module {})", functions.join("\n"))
}

/// A trap leaves compiled code at any instruction and restores no control word of a floating-point unit: none may change there. So
/// there is no x87 or MMX instruction, and none that loads a control word.
#[test]
fn compiled_code_leaves_the_floating_point_environment_alone() {
    let module = Module::new(every_float_instruction().as_bytes()).unwrap();
    for cpu in [Cpu::Baseline, Cpu::Named("x86-64-v2".into()), Cpu::Named("x86-64-v4".into())] {
        for opt in [OptLevel::O0, OptLevel::O2] {
            let options = CompileOptions { opt, cpu: cpu.clone(), ..CompileOptions::default() };
            let text = emit_text(&module, &options, TextKind::Assembly, None).unwrap();
            let lines = text.lines().map(str::trim_start).filter(|line| !line.starts_with(['.', '#', '"']));
            let mut sums = 0;
            for line in lines {
                let mnemonic = line.split_whitespace().next().unwrap_or_default();
                sums += usize::from(mnemonic.contains("adds"));
                let is_x87 = mnemonic.starts_with('f') || mnemonic.contains("emms");
                let is_control = mnemonic.contains("mxcsr");
                assert!(!is_x87 && !is_control && !line.contains("%mm"), "{line} at {opt:?} for {cpu:?}");
            }
            assert!(sums >= 2, "the text is assembly");
        }
    }
}
