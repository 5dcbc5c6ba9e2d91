//! What part of WebAssembly is implemented. A proposal that gets implemented is added here, in one line.

use std::fmt;

use wasmparser::WasmFeatures;

/// The supported features, as the validator names them. Its `MEMORY64` includes 64-bit tables.
pub(crate) const SUPPORTED: WasmFeatures = WasmFeatures::MVP
    .union(WasmFeatures::MUTABLE_GLOBAL)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::MEMORY64)
    .union(WasmFeatures::CUSTOM_PAGE_SIZES)
    .union(WasmFeatures::WIDE_ARITHMETIC)
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::FUNCTION_REFERENCES)
    .union(WasmFeatures::SIMD)
    .union(WasmFeatures::RELAXED_SIMD)
    .union(WasmFeatures::THREADS);

/// Names of the supported features beyond WebAssembly 1.0, for `--version` and for documentation.
pub const SUPPORTED_FEATURES: &[&str] = &[
    "mutable-globals",
    "sign-extension",
    "saturating-float-to-int",
    "multi-value",
    "bulk-memory",
    "reference-types",
    "extended-const",
    "multi-memory",
    "memory64",
    "custom-page-sizes",
    "wide-arithmetic",
    "tail-call",
    "function-references",
    "simd",
    "relaxed-simd",
    "threads",
];

/// A set of implemented features: what a module may use.
#[derive(Copy, Clone, PartialEq, Eq)]
pub struct Features(WasmFeatures);

impl Features {
    /// WebAssembly 1.0.
    pub const V1: Self = Self(SUPPORTED.intersection(WasmFeatures::WASM1));
    /// What is implemented of WebAssembly 2.0.
    pub const V2: Self = Self(SUPPORTED.intersection(WasmFeatures::WASM2));
    /// Everything that is implemented.
    pub const ALL: Self = Self(SUPPORTED);

    /// Several memories in a module.
    pub const MULTI_MEMORY: Self = Self(WasmFeatures::MULTI_MEMORY);
    /// Shared memories and atomic instructions.
    pub const THREADS: Self = Self(WasmFeatures::THREADS);

    /// These features and others.
    #[must_use]
    pub const fn with(self, others: Self) -> Self {
        Self(self.0.union(others.0))
    }

    /// Relaxed vector instructions.
    pub const RELAXED_SIMD: Self = Self(WasmFeatures::RELAXED_SIMD);

    /// These features less others.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0.difference(others.0))
    }

    /// What recursion groups, the null types and reading a module's own globals in constants need as well, where
    /// function references may be used. The parser has one switch for these and for all of garbage collection, which
    /// `gc.rs` keeps out.
    pub(super) fn with_gc(self) -> Option<WasmFeatures> {
        self.0.contains(WasmFeatures::FUNCTION_REFERENCES).then(|| self.0.union(WasmFeatures::GC))
    }

    pub(super) fn flags(self) -> WasmFeatures {
        self.0
    }
}

impl Default for Features {
    fn default() -> Self {
        Self::ALL
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter_names().map(|(name, _)| name)).finish()
    }
}
