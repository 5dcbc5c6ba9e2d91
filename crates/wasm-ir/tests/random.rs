//! Random valid modules: each translates, verifies, and translates alike with a used and with a fresh translator.

use proptest::prelude::*;
use wasm_smith::{Config, Module as RandomModule};
use wootz_wasm_ir::{Module, Translator, ir};

/// What is implemented, and no more functions than a test needs.
fn config() -> Config {
    Config {
        bulk_memory_enabled: true,
        compact_imports_enabled: false,
        custom_page_sizes_enabled: false,
        exceptions_enabled: false,
        extended_const_enabled: false,
        gc_enabled: false,
        max_memories: 1,
        memory64_enabled: false,
        multi_value_enabled: true,
        reference_types_enabled: true,
        relaxed_simd_enabled: false,
        saturating_float_to_int_enabled: true,
        sign_extension_ops_enabled: true,
        simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        min_funcs: 2,
        max_funcs: 4,
        max_types: 6,
        max_imports: 4,
        max_exports: 4,
        max_globals: 4,
        max_element_segments: 2,
        max_data_segments: 2,
        max_elements: 4,
        max_instructions: 1_000,
        ..Config::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_modules_translate(seed in prop::collection::vec(any::<u8>(), 2_000..30_000)) {
        let mut source = arbitrary::Unstructured::new(&seed);
        let Ok(random) = RandomModule::new(config(), &mut source) else { return Ok(()) };
        let module = Module::from_binary(random.to_bytes()).unwrap();
        let declarations = module.declarations();
        let mut translator = Translator::new();
        for func in declarations.defined_functions() {
            let body = translator.translate(&module, func).unwrap();
            if let Err(error) = ir::verify(declarations, body) {
                panic!("{error}\n{}", ir::DisplayBody(body));
            }
            let text = ir::DisplayBody(body).to_string();
            let mut fresh = Translator::new();
            prop_assert_eq!(ir::DisplayBody(fresh.translate(&module, func).unwrap()).to_string(), &*text);
            let mut body = Translator::keeping_locals().translate(&module, func).unwrap().clone();
            if let Err(error) = ir::verify(declarations, &body) {
                panic!("{error}\n{}", ir::DisplayBody(&body));
            }
            body.locals = ir::Locals::default();
            prop_assert_eq!(ir::DisplayBody(&body).to_string(), text, "records change nothing");
        }
    }
}
