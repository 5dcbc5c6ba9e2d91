//! Every reason to trap. `docs/traps.md` holds a row for each and a test compares the two.

macro_rules! trap_codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $message:literal;)*) => {
        /// Why compiled code stopped. The discriminant is the byte that a trap instruction carries.
        #[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum TrapCode {
            $($(#[$doc])* $name = $code,)*
        }

        impl TrapCode {
            /// Every code, in order of its byte.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The code that a trap instruction's byte stands for.
            pub fn from_byte(byte: u8) -> Option<Self> {
                match byte {
                    $($code => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// The message, in the words of the specification's test suite.
            pub fn message(self) -> &'static str {
                match self {
                    $(Self::$name => $message,)*
                }
            }
        }
    };
}

trap_codes! {
    /// The instruction `unreachable`.
    Unreachable = 1, "unreachable";
    /// A load, store or bulk memory operation outside its memory or data segment.
    MemoryOutOfBounds = 2, "out of bounds memory access";
    /// A table access or bulk table operation outside its table or element segment.
    TableOutOfBounds = 3, "out of bounds table access";
    /// `call_indirect` with an index past the end of the table.
    UndefinedElement = 4, "undefined element";
    /// `call_indirect` of a null element.
    UninitializedElement = 5, "uninitialized element";
    /// `call_indirect` of a function of another type.
    IndirectCallTypeMismatch = 6, "indirect call type mismatch";
    /// Integer division or remainder by zero.
    IntegerDivideByZero = 7, "integer divide by zero";
    /// Signed division overflow, or a float out of the integer's range.
    IntegerOverflow = 8, "integer overflow";
    /// Conversion of a NaN to an integer.
    InvalidConversionToInteger = 9, "invalid conversion to integer";
    /// The stack limit is reached.
    StackExhausted = 10, "call stack exhausted";
    /// A null reference where a non-null one is needed.
    NullReference = 11, "null reference";
    /// An atomic access at an address that is not a multiple of its width.
    UnalignedAtomic = 12, "unaligned atomic";
    /// The store was asked to stop.
    Interrupted = 13, "interrupted";
    /// A host function or a builtin failed; the runtime holds the reason. Never seen by a user as such.
    Pending = 14, "host error";
    /// A call through a null reference.
    NullFunctionReference = 15, "null function reference";
    /// `memory.atomic.wait*` on a memory that is not shared.
    ExpectedSharedMemory = 16, "expected shared memory";
    /// Code that consumes fuel has none left.
    OutOfFuel = 17, "all fuel consumed";
}

impl std::fmt::Display for TrapCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.message())
    }
}

#[cfg(test)]
mod tests {
    use super::TrapCode;

    #[test]
    fn bytes_round_trip_and_fit_the_short_encoding() {
        for &code in TrapCode::ALL {
            assert_eq!(TrapCode::from_byte(code as u8), Some(code));
            assert!((code as u8) < 0x80, "{code:?} needs the long form of the trap instruction");
        }
        assert_eq!(TrapCode::from_byte(0), None);
    }
}
