//! Modules of wasm-smith: anything that validates, with every feature that all judges have.

use arbitrary::Unstructured;
use wasm_smith::{Config, MemoryOffsetChoices, Module};

use super::{Judges, PAGE};

/// Loop iterations and calls that a module has before it traps.
const FUEL: u32 = 2000;

/// A feature: how to switch it on, and a module that needs it.
type Feature = (fn(&mut Config), &'static str);

/// Features beyond WebAssembly 2.0 without vectors. Each is used from the day on which all judges accept its module.
const FEATURES: &[Feature] = &[
    (|config| config.simd_enabled = true, "(module (func (drop (v128.const i64x2 0 0))))"),
    (|config| config.tail_call_enabled = true, "(module (func (return_call 0)))"),
    (|config| config.max_memories = 3, "(module (memory 1) (memory 1))"),
    (|config| config.memory64_enabled = true, "(module (memory i64 1) (table i64 1 funcref))"),
    (
        |config| config.extended_const_enabled = true,
        "(module (global i32 (i32.add (i32.const 1) (i32.const 2))))",
    ),
    (|config| config.custom_page_sizes_enabled = true, "(module (memory 1 (pagesize 1)))"),
    (
        |config| config.wide_arithmetic_enabled = true,
        "(module (func (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 1))))",
    ),
];

/// What wasm-smith may generate.
pub(super) fn config(judges: &Judges) -> Config {
    let mut config = Config {
        canonicalize_nans: true,
        export_everything: true,
        max_imports: 0,
        max_funcs: 6,
        max_types: 12,
        max_globals: 8,
        max_instructions: 150,
        max_data_segments: 4,
        max_element_segments: 6,
        max_elements: 12,
        max_memories: 1,
        max_tables: 3,
        max_tags: 0,
        max_memory32_bytes: 8 * PAGE,
        max_memory64_bytes: u128::from(8 * PAGE),
        max_table_elements: 100,
        memory_max_size_required: true,
        table_max_size_required: true,
        memory_offset_choices: MemoryOffsetChoices(60, 30, 10),
        min_funcs: 1,
        generate_custom_sections: false,
        exceptions_enabled: false,
        gc_enabled: false,
        compact_imports_enabled: false,
        threads_enabled: false,
        relaxed_simd_enabled: false,
        simd_enabled: false,
        tail_call_enabled: false,
        memory64_enabled: false,
        extended_const_enabled: false,
        wide_arithmetic_enabled: false,
        custom_page_sizes_enabled: false,
        ..Config::default()
    };
    for (switch_on, probe) in FEATURES {
        if wat::parse_str(probe).is_ok_and(|wasm| judges.accept(&wasm)) {
            switch_on(&mut config);
        }
    }
    config
}

/// The module that these bytes stand for, if they stand for one.
pub(super) fn module(config: &Config, entropy: &[u8]) -> Option<Vec<u8>> {
    let mut module = Module::new(config.clone(), &mut Unstructured::new(entropy)).ok()?;
    module.ensure_termination(FUEL).ok()?;
    Some(module.to_bytes())
}
