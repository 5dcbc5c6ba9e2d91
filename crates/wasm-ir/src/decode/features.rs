//! The implemented features as the validator names them.

use wasmparser::WasmFeatures;

use crate::Features;

/// The validator's name of each feature.
const NAMES: &[(Features, WasmFeatures)] = &[
    (Features::MUTABLE_GLOBAL, WasmFeatures::MUTABLE_GLOBAL),
    (Features::SIGN_EXTENSION, WasmFeatures::SIGN_EXTENSION),
    (Features::SATURATING_FLOAT_TO_INT, WasmFeatures::SATURATING_FLOAT_TO_INT),
    (Features::MULTI_VALUE, WasmFeatures::MULTI_VALUE),
    (Features::BULK_MEMORY, WasmFeatures::BULK_MEMORY),
    (Features::REFERENCE_TYPES, WasmFeatures::REFERENCE_TYPES),
    (Features::SIMD, WasmFeatures::SIMD),
    (Features::EXTENDED_CONST, WasmFeatures::EXTENDED_CONST),
    (Features::MULTI_MEMORY, WasmFeatures::MULTI_MEMORY),
    // It includes 64-bit tables.
    (Features::MEMORY64, WasmFeatures::MEMORY64),
    (Features::TAIL_CALL, WasmFeatures::TAIL_CALL),
    (Features::FUNCTION_REFERENCES, WasmFeatures::FUNCTION_REFERENCES),
    (Features::RELAXED_SIMD, WasmFeatures::RELAXED_SIMD),
    (Features::THREADS, WasmFeatures::THREADS),
    (Features::CUSTOM_PAGE_SIZES, WasmFeatures::CUSTOM_PAGE_SIZES),
    (Features::WIDE_ARITHMETIC, WasmFeatures::WIDE_ARITHMETIC),
];

const _: () = assert!(NAMES.len() == Features::NAMED.len(), "the validator has a name for every feature");

/// Everything that is implemented.
pub(crate) const SUPPORTED: WasmFeatures = flags(Features::ALL);

/// A set of features for the validator.
pub(super) const fn flags(features: Features) -> WasmFeatures {
    let mut flags = WasmFeatures::MVP;
    let mut index = 0;
    while index < NAMES.len() {
        let (feature, name) = NAMES[index];
        if features.contain(feature) {
            flags = flags.union(name);
        }
        index += 1;
    }
    flags
}

/// What recursion groups, the null types and reading a module's own globals in constants need as well, where
/// function references may be used. The parser has one switch for these and for all of garbage collection, which
/// `gc.rs` keeps out.
pub(super) fn with_gc(features: Features) -> Option<WasmFeatures> {
    features.contain(Features::FUNCTION_REFERENCES).then(|| flags(features).union(WasmFeatures::GC))
}
