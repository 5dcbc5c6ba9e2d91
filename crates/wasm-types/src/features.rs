//! What part of WebAssembly is implemented, and sets of it. A proposal that gets implemented is added here, in one line, and
//! to the decoder, which knows it by the name of its validator.

use std::fmt;

/// A set of implemented features: what a module may use beyond the first version of the specification without mutable globals.
#[derive(Copy, Clone, PartialEq, Eq)]
pub struct Features(u32);

macro_rules! features {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "only counts the features")]
        enum Number { $($name),* }

        impl Features {
            $($(#[$doc])* pub const $name: Self = Self(1 << Number::$name as u32);)*

            /// Every feature and its name, in the order in which they were standardised.
            pub const NAMED: &[(Self, &str)] = &[$((Self::$name, $text)),*];
            /// Everything that is implemented.
            pub const ALL: Self = Self(0 $(| Self::$name.0)*);
        }
    };
}

features! {
    /// Globals that can be changed and are imported or exported.
    MUTABLE_GLOBAL = "mutable-globals";
    /// Sign extension within an integer.
    SIGN_EXTENSION = "sign-extension";
    /// Conversions of floats to integers that do not trap.
    SATURATING_FLOAT_TO_INT = "saturating-float-to-int";
    /// Several results, of functions and of blocks.
    MULTI_VALUE = "multi-value";
    /// Copies and fills of memory and of tables.
    BULK_MEMORY = "bulk-memory";
    /// References as values, and several tables.
    REFERENCE_TYPES = "reference-types";
    /// Vector instructions.
    SIMD = "simd";
    /// Arithmetic in constant expressions.
    EXTENDED_CONST = "extended-const";
    /// Several memories in a module.
    MULTI_MEMORY = "multi-memory";
    /// 64-bit memories and tables.
    MEMORY64 = "memory64";
    /// Tail calls.
    TAIL_CALL = "tail-call";
    /// References with the type of a function.
    FUNCTION_REFERENCES = "function-references";
    /// Relaxed vector instructions.
    RELAXED_SIMD = "relaxed-simd";
    /// Shared memories and atomic instructions.
    THREADS = "threads";
    /// Memories in pages of one byte.
    CUSTOM_PAGE_SIZES = "custom-page-sizes";
    /// Arithmetic in 128 bits.
    WIDE_ARITHMETIC = "wide-arithmetic";
}

impl Features {
    /// WebAssembly 1.0.
    pub const V1: Self = Self::MUTABLE_GLOBAL;
    /// What is implemented of WebAssembly 2.0.
    pub const V2: Self = Self::V1
        .with(Self::SIGN_EXTENSION)
        .with(Self::SATURATING_FLOAT_TO_INT)
        .with(Self::MULTI_VALUE)
        .with(Self::BULK_MEMORY)
        .with(Self::REFERENCE_TYPES)
        .with(Self::SIMD);

    /// These features and others.
    #[must_use]
    pub const fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// These features less others.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// Whether all of `others` are among them.
    pub const fn contain(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// The names of those that are in the set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMED.iter().filter(move |(feature, _)| self.contain(*feature)).map(|(_, name)| *name)
    }
}

impl Default for Features {
    fn default() -> Self {
        Self::ALL
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}
