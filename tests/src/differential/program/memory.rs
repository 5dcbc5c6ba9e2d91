//! Memories: of 32 and of 64 bits, with pages of 64 KiB and of one byte; addresses around their ends; bulk operations.

use super::{Function, Type};

/// A memory of the program, `$m` and its number.
#[derive(Copy, Clone, Debug)]
pub(super) struct Memory {
    pub(super) number: usize,
    /// Whether its addresses have 64 bits.
    pub(super) wide: bool,
    /// Whether its pages are single bytes.
    pub(super) bytes: bool,
    pub(super) minimum: usize,
    pub(super) maximum: usize,
}

impl Memory {
    pub(super) fn declaration(&self) -> String {
        let Self { number, minimum, maximum, .. } = self;
        let wide = if self.wide { "i64 " } else { "" };
        let pages = if self.bytes { " (pagesize 1)" } else { "" };
        let name = if *number == 0 { "memory".to_owned() } else { format!("memory{number}") };
        format!("  (memory $m{number} (export \"{name}\") {wide}{minimum} {maximum}{pages})\n")
    }

    pub(super) fn address_type(&self) -> Type {
        if self.wide { Type::I64 } else { Type::I32 }
    }

    fn address_name(&self) -> &'static str {
        self.address_type().name()
    }

    fn page_shift(&self) -> usize {
        if self.bytes { 0 } else { 16 }
    }

    /// Where it ended before it grew.
    pub(super) fn first_end(&self) -> usize {
        self.minimum << self.page_shift()
    }

    /// What makes an address one inside of the memory, if it has room for an access at all.
    fn inside(&self) -> usize {
        match self.first_end() {
            0..70 => 3,
            70..65536 => 31,
            _ => 0x7fff,
        }
    }

    /// An `i32`, which is an address once it is `extended`.
    fn end(&self) -> String {
        let size = self.narrowed(&format!("(memory.size $m{})", self.number));
        if self.bytes { size } else { format!("(i32.shl {size} (i32.const 16))") }
    }

    /// An `i32` out of an address.
    pub(super) fn narrowed(&self, address: &str) -> String {
        if self.wide { format!("(i32.wrap_i64 {address})") } else { address.to_owned() }
    }

    /// An address out of an `i32`.
    pub(super) fn extended(&self, value: &str) -> String {
        if self.wide { format!("(i64.extend_i32_u {value})") } else { value.to_owned() }
    }
}

const OFFSETS: &[&str] = &[
    " offset=8",
    " offset=65520",
    " offset=65535",
    " offset=65536",
    " offset=131068",
    " offset=2147483647",
    " offset=4294967288",
    " offset=4294967295",
];
const WIDE_OFFSETS: &[&str] = &[
    "",
    " offset=4294967296",
    " offset=9223372036854775807",
    " offset=18446744073709551600",
    " offset=18446744073709551615",
];

impl Function<'_, '_> {
    pub(super) fn memory(&mut self) -> Memory {
        let memories = self.memories;
        self.pick(memories)
    }

    /// Mostly one that leaves an access where it is: a program that traps soon shows little.
    pub(super) fn offset(&mut self, memory: Memory) -> &'static str {
        match self.choose(32) {
            29 => self.pick(&[" offset=1", " offset=4", " offset=8"]),
            30 if memory.wide => self.pick(WIDE_OFFSETS),
            30 | 31 => self.pick(OFFSETS),
            _ => "",
        }
    }

    /// An address, often around the end of the memory and mostly inside.
    pub(super) fn address(&mut self, memory: Memory, depth: usize) -> String {
        let ty = memory.address_name();
        match self.choose(24) {
            0 => {
                let end = memory.first_end();
                let address = self.pick(&[
                    0,
                    1,
                    end.saturating_sub(16),
                    end.saturating_sub(8),
                    end.saturating_sub(4),
                    end,
                ]);
                format!("({ty}.const {address})")
            }
            1 => self.before_end(memory, &[0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17]),
            2..=9 => self.before_end(memory, &[16, 16, 24, 32, 17]),
            10 | 11 if self.loops > 0 => {
                let scale = self.pick(&[0, 2, 3, 12]);
                let base = self.pick(&[0, 8, 16, 65500]);
                let counter = self.loops - 1;
                memory.extended(&format!(
                    "(i32.add (i32.shl (local.get $i{counter}) (i32.const {scale})) (i32.const {base}))"
                ))
            }
            12 if self.chance(2) => self.value(memory.address_type(), depth),
            _ => {
                let mask = memory.inside();
                format!("({ty}.and {} ({ty}.const {mask}))", self.value(memory.address_type(), depth))
            }
        }
    }

    /// An address of one of these many bytes before the end.
    fn before_end(&mut self, memory: Memory, distances: &[usize]) -> String {
        let before = self.pick(distances);
        memory.extended(&format!("(i32.sub {} (i32.const {before}))", memory.end()))
    }

    /// Where a loop over so many elements of a size begins: an `i32`.
    pub(super) fn first_element(&mut self, memory: Memory, size: usize, times: usize) -> String {
        match self.choose(8) {
            0 => {
                let first = self.pick(&[0, 4, memory.first_end().saturating_sub(times * size)]);
                format!("(i32.const {first})")
            }
            1..=4 => format!("(i32.sub {} (i32.const {}))", memory.end(), times * size),
            5 => {
                let before = self.pick(&[4, 9, 16, 17, 33, 64]) * size + self.choose(3);
                format!("(i32.sub {} (i32.const {before}))", memory.end())
            }
            _ => format!("(i32.and {} (i32.const {}))", self.value(Type::I32, 1), memory.inside()),
        }
    }

    pub(super) fn load(&mut self, ty: Type, depth: usize) -> String {
        let widths: &[&str] = match ty {
            Type::I32 => &["", "8_s", "8_u", "16_s", "16_u"],
            Type::I64 => &["", "8_s", "8_u", "16_s", "16_u", "32_s", "32_u"],
            Type::F32 | Type::F64 => &[""],
            Type::V128 => return self.vector_load(depth),
        };
        let memory = self.memory();
        let (width, offset) = (self.pick(widths), self.offset(memory));
        format!("({}.load{width} $m{}{offset} {})", ty.name(), memory.number, self.address(memory, depth))
    }

    pub(super) fn store(&mut self) -> String {
        let types = Type::ALL;
        let ty = self.pick(&types);
        let widths: &[&str] = match ty {
            Type::I32 => &["", "8", "16"],
            Type::I64 => &["", "8", "16", "32"],
            Type::F32 | Type::F64 => &[""],
            Type::V128 => return self.vector_store(),
        };
        let memory = self.memory();
        let (width, offset) = (self.pick(widths), self.offset(memory));
        let address = self.address(memory, 2);
        format!(
            "    ({}.store{width} $m{}{offset} {address} {})\n",
            ty.name(),
            memory.number,
            self.exact(ty, 2)
        )
    }

    /// The size of a memory, or what growing it returns.
    pub(super) fn size(&mut self) -> String {
        let memory = self.memory();
        let (number, ty) = (memory.number, memory.address_name());
        if self.chance(2) {
            let delta = self.pick(&[0, 1, 1, 2, 65536, -1]);
            return memory.narrowed(&format!("(memory.grow $m{number} ({ty}.const {delta}))"));
        }
        memory.narrowed(&format!("(memory.size $m{number})"))
    }

    pub(super) fn bulk(&mut self) -> String {
        let (memory, other) = (self.memory(), self.memory());
        let to = self.address(memory, 1);
        let number = memory.number;
        let kind = self.choose(4);
        let narrow = match kind {
            0 => !memory.wide,
            1 => !(memory.wide && other.wide),
            _ => true,
        };
        let ty = if narrow { Type::I32 } else { Type::I64 };
        let length = match self.choose(16) {
            0..=11 => format!("({}.const {})", ty.name(), self.choose(17)),
            12 | 13 => format!("({}.const {})", ty.name(), self.choose(40)),
            14 => format!("({0}.and {1} ({0}.const 255))", ty.name(), self.value(ty, 1)),
            _ => self.value(ty, 1),
        };
        match kind {
            0 => format!("    (memory.fill $m{number} {to} {} {length})\n", self.value(Type::I32, 1)),
            1 => {
                let from = self.address(other, 1);
                format!("    (memory.copy $m{number} $m{} {to} {from} {length})\n", other.number)
            }
            2 => {
                format!("    (memory.init $m{number} $data {to} (i32.const {}) {length})\n", self.choose(18))
            }
            _ => "    (data.drop $data)\n".to_owned(),
        }
    }

    /// An atomic access. Most memories are not shared, which matters to waiting only.
    pub(super) fn atomic(&mut self, ty: Type, depth: usize) -> String {
        let widths: &[(&str, &str, usize)] = match ty {
            Type::I32 => &[("", "", 4), ("8", "_u", 1), ("16", "_u", 2)],
            _ => &[("", "", 8), ("8", "_u", 1), ("16", "_u", 2), ("32", "_u", 4)],
        };
        let (width, extended, size) = self.pick(widths);
        let memory = self.memory();
        let (name, number, at) = (ty.name(), memory.number, memory.address_name());
        let aligned = if self.chance(12) { -1 } else { -(size as i64) };
        let address = format!("({at}.and {} ({at}.const {aligned}))", self.address(memory, depth));
        let offset = self.pick(&["", "", "", "", " offset=8", " offset=65528", " offset=1"]);
        match self.choose(4) {
            0 => format!("({name}.atomic.load{width}{extended} $m{number}{offset} {address})"),
            1 => {
                let (old, new) = (self.value(ty, depth), self.value(ty, depth));
                format!(
                    "({name}.atomic.rmw{width}.cmpxchg{extended} $m{number}{offset} {address} {old} {new})"
                )
            }
            _ => {
                let op = self.pick(&["add", "sub", "and", "or", "xor", "xchg"]);
                let value = self.value(ty, depth);
                format!("({name}.atomic.rmw{width}.{op}{extended} $m{number}{offset} {address} {value})")
            }
        }
    }
}
