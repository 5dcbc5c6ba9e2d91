//! Modules of wasm-smith: anything that validates, with every feature of Wootz that wasm-smith can be asked for. Function
//! references are not among them, since it makes them together with garbage collection only, nor are threads, since it
//! waits for ever.

use arbitrary::Unstructured;
use wasm_smith::{Config, MemoryOffsetChoices, Module};

use super::PAGE;

/// Loop iterations and calls that a module has before it traps.
const FUEL: u32 = 2000;

/// What wasm-smith may generate.
fn config() -> Config {
    Config {
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
        max_memories: 3,
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
        simd_enabled: true,
        tail_call_enabled: true,
        memory64_enabled: true,
        extended_const_enabled: true,
        wide_arithmetic_enabled: true,
        custom_page_sizes_enabled: true,
        ..Config::default()
    }
}

/// The module that these bytes stand for, if they stand for one.
pub(super) fn module(entropy: &[u8]) -> Option<Vec<u8>> {
    made(Config { disallow_traps: ends_well(entropy), ..config() }, entropy)
}

/// The same with relaxed vector instructions. The multiply-adds among them become something else: other engines take
/// rounding once, and Wootz rounding twice, for the choice of the deterministic profile.
pub(super) fn relaxed(entropy: &[u8]) -> anyhow::Result<Option<Vec<u8>>> {
    let Some(wasm) =
        made(Config { relaxed_simd_enabled: true, disallow_traps: ends_well(entropy), ..config() }, entropy)
    else {
        return Ok(None);
    };
    let mut text = wasmprinter::print_bytes(wasm)?;
    for name in ["f32x4.relaxed_madd", "f64x2.relaxed_madd", "f32x4.relaxed_nmadd", "f64x2.relaxed_nmadd"] {
        text = text.replace(name, "v128.bitselect");
    }
    Ok(Some(wat::parse_str(text)?))
}

/// Whether a module is to have no traps, but the one after too long a time, so that it shows more than where it ended.
fn ends_well(entropy: &[u8]) -> bool {
    entropy.len() % 2 == 1
}

fn made(config: Config, entropy: &[u8]) -> Option<Vec<u8>> {
    let mut module = Module::new(config, &mut Unstructured::new(entropy)).ok()?;
    module.ensure_termination(FUEL).ok()?;
    Some(module.to_bytes())
}
