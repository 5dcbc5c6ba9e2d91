//! The C library functions that LLVM may call from compiled code, declared once.
//!
//! LLVM turns some operations into calls of functions that it expects every program to have: copies and fills of memory,
//! remainders of floats, and, on CPUs without the instruction, roundings. The linker gives each one it meets a slot in
//! [`LIBCALLS`](crate::image::LIBCALLS) and refuses any other undefined symbol; the loader fills the slots.
//! All follow the C convention and none of them calls back, allocates, or depends on a thread or a locale.

/// Calls `$macro! { Variant = "symbol", …; … }` with every library call.
#[macro_export]
macro_rules! for_each_libcall {
    ($macro:ident) => {
        $macro! {
            /// `void *memcpy(void *dst, const void *src, size_t len)`
            Memcpy = "memcpy";
            /// `void *memmove(void *dst, const void *src, size_t len)`
            Memmove = "memmove";
            /// `void *memset(void *dst, int value, size_t len)`
            Memset = "memset";
            /// `int memcmp(const void *a, const void *b, size_t len)`
            Memcmp = "memcmp";
            /// `int bcmp(const void *a, const void *b, size_t len)`: only whether it is zero has a meaning
            Bcmp = "bcmp";
            /// `double fmod(double x, double y)`
            Fmod = "fmod";
            /// `float fmodf(float x, float y)`
            Fmodf = "fmodf";
            /// `double fma(double x, double y, double z)`
            Fma = "fma";
            /// `float fmaf(float x, float y, float z)`
            Fmaf = "fmaf";
            /// `double ceil(double x)`
            Ceil = "ceil";
            /// `float ceilf(float x)`
            Ceilf = "ceilf";
            /// `double floor(double x)`
            Floor = "floor";
            /// `float floorf(float x)`
            Floorf = "floorf";
            /// `double trunc(double x)`
            Trunc = "trunc";
            /// `float truncf(float x)`
            Truncf = "truncf";
            /// `double rint(double x)`
            Rint = "rint";
            /// `float rintf(float x)`
            Rintf = "rintf";
            /// `double nearbyint(double x)`
            Nearbyint = "nearbyint";
            /// `float nearbyintf(float x)`
            Nearbyintf = "nearbyintf";
            /// `double roundeven(double x)`
            Roundeven = "roundeven";
            /// `float roundevenf(float x)`
            Roundevenf = "roundevenf";
            /// `__int128 __divti3(__int128 a, __int128 b)`
            Divti3 = "__divti3";
            /// `__int128 __modti3(__int128 a, __int128 b)`
            Modti3 = "__modti3";
            /// `unsigned __int128 __udivti3(unsigned __int128 a, unsigned __int128 b)`
            Udivti3 = "__udivti3";
            /// `unsigned __int128 __umodti3(unsigned __int128 a, unsigned __int128 b)`
            Umodti3 = "__umodti3";
        }
    };
}

macro_rules! libcalls {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)*) => {
        /// A library call.
        #[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Libcall {
            $($(#[$doc])* $variant,)*
        }

        impl Libcall {
            /// Every library call.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its symbol.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The library call with this symbol.
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

for_each_libcall!(libcalls);

#[cfg(test)]
mod tests {
    use super::Libcall;

    #[test]
    fn names_are_distinct_and_round_trip() {
        for &call in Libcall::ALL {
            assert_eq!(Libcall::from_name(call.name()), Some(call));
        }
        assert_eq!(Libcall::from_name("malloc"), None);
    }
}
