//! Loads, stores and bulk operations at addresses around the end of a memory, of every kind of memory, under both
//! strategies, with guards of several sizes, and at two levels: they trap exactly when they reach past the end, and what they leave is what a few lines
//! over a `Vec<u8>` leave.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use wootz::{CheckStrategy, Config, Engine, Instance, Mode, Module, OptLevel, Store, TrapCode, Val};

use super::runner;

/// Memories to try, each under every configuration.
const CASES: u32 = 14;

/// What an access does to bytes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Kind {
    Load,
    Store,
}

/// An instruction, its type, its width in bytes.
type Access = (&'static str, &'static str, usize, Kind);

const ACCESSES: &[Access] = &[
    ("i32.load8_u", "i32", 1, Kind::Load),
    ("i32.load16_u", "i32", 2, Kind::Load),
    ("i32.load", "i32", 4, Kind::Load),
    ("i64.load32_u", "i64", 4, Kind::Load),
    ("i64.load", "i64", 8, Kind::Load),
    ("f64.load", "f64", 8, Kind::Load),
    ("v128.load", "v128", 16, Kind::Load),
    ("v128.load32_zero", "v128", 4, Kind::Load),
    ("v128.load64_zero", "v128", 8, Kind::Load),
    ("i32.store8", "i32", 1, Kind::Store),
    ("i32.store16", "i32", 2, Kind::Store),
    ("i32.store", "i32", 4, Kind::Store),
    ("f32.store", "f32", 4, Kind::Store),
    ("i64.store16", "i64", 2, Kind::Store),
    ("i64.store", "i64", 8, Kind::Store),
    ("v128.store", "v128", 16, Kind::Store),
];

/// A memory and the addresses to try.
#[derive(Clone, Debug)]
struct Case {
    wide: bool,
    bytes: bool,
    pages: u64,
    offset: u64,
    /// Bytes of guard asked for.
    guard: u64,
    /// From the place where address and offset meet the end.
    distances: Vec<i64>,
    /// Anywhere.
    addresses: Vec<u64>,
    lengths: Vec<u64>,
}

fn cases() -> impl Strategy<Value = Case> {
    let offsets = prop::sample::select(
        &[
            0,
            1,
            4,
            15,
            65520,
            65528,
            65535,
            65536,
            0x7fff_fff8,
            0x7fff_ffff,
            0xffff_fff0,
            0xffff_ffff,
            1 << 32,
            u64::MAX - 15,
            u64::MAX,
        ][..],
    );
    let guards = prop::sample::select(&[0, 1 << 16, 1 << 31, 1 << 32, u64::MAX][..]);
    let anywhere = prop_oneof![
        any::<u64>(),
        any::<u32>().prop_map(u64::from),
        0..200_000_u64,
        prop::sample::select(&[0, 1, u64::MAX, 1 << 63, 0xffff_ffff, 0xffff_fff8, 1 << 32, 0x8000_0000][..]),
    ];
    let parts = (
        any::<bool>(),
        any::<bool>(),
        0..70_000_u64,
        offsets,
        guards,
        prop::collection::vec(-20..4_i64, 4),
        prop::collection::vec(anywhere.clone(), 3),
        prop::collection::vec(prop_oneof![0..40_u64, anywhere], 2),
    );
    parts.prop_map(|(wide, bytes, pages, offset, guard, distances, addresses, lengths)| Case {
        wide,
        bytes,
        pages: if bytes { pages } else { pages % 3 },
        offset: if wide { offset } else { offset & 0xffff_ffff },
        guard,
        distances,
        addresses,
        lengths,
    })
}

impl Case {
    fn size(&self) -> usize {
        if self.bytes { self.pages as usize } else { self.pages as usize * 65536 }
    }

    fn address_type(&self) -> &'static str {
        if self.wide { "i64" } else { "i32" }
    }

    /// Every address, as the instruction sees it.
    fn all_addresses(&self) -> Vec<u64> {
        let end = (self.size() as u64).wrapping_sub(self.offset);
        let near = self.distances.iter().map(|distance| end.wrapping_add_signed(*distance));
        let mask = if self.wide { u64::MAX } else { 0xffff_ffff };
        near.chain(self.addresses.iter().copied()).map(|address| address & mask).collect()
    }

    fn address(&self, address: u64) -> Val {
        if self.wide { Val::I64(address as i64) } else { Val::I32(address as i32) }
    }

    fn module(&self) -> String {
        let Self { pages, offset, .. } = self;
        let at = self.address_type();
        let (wide, size) =
            (if self.wide { "i64 " } else { "" }, if self.bytes { " (pagesize 1)" } else { "" });
        let mut text = format!("(module (memory (export \"m\") {wide}{pages} {pages}{size})\n");
        text += "(data $data \"0123456789abcdefghijklmnopqrstuvwxyz\")\n";
        for (name, ty, _, kind) in ACCESSES {
            let _ = match kind {
                Kind::Load => writeln!(
                    text,
                    "(func (export \"{name}\") (param {at}) (result {ty}) ({name} offset={offset} (local.get 0)))"
                ),
                Kind::Store => writeln!(
                    text,
                    "(func (export \"{name}\") (param {at} {ty}) ({name} offset={offset} (local.get 0) (local.get 1)))"
                ),
            };
        }
        let _ = writeln!(
            text,
            "(func (export \"fill\") (param {at} {at}) (memory.fill (local.get 0) (i32.const 0x5a) (local.get 1)))
             (func (export \"copy\") (param {at} {at} {at}) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
             (func (export \"init\") (param {at} i32 i32) (memory.init $data (local.get 0) (local.get 1) (local.get 2)))"
        );
        text + ")"
    }
}

/// What is in the memory before each call.
fn pattern(size: usize) -> Vec<u8> {
    (0..size).map(|index| (index as u8).wrapping_mul(167) ^ (index >> 8) as u8).collect()
}

const STORED: [u8; 16] =
    [0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6, 0x17, 0x28, 0x39, 0x4a, 0x5b, 0x6c, 0x7d, 0x8e, 0x9f, 0xa0];

fn value(ty: &str) -> Val {
    let bits = u128::from_le_bytes(STORED);
    match ty {
        "i32" => Val::I32(bits as i32),
        "i64" => Val::I64(bits as i64),
        "f32" => Val::F32(bits as u32),
        "f64" => Val::F64(bits as u64),
        _ => Val::V128(bits),
    }
}

fn bits(value: &Val) -> u128 {
    match value {
        Val::I32(value) => u128::from(*value as u32),
        Val::I64(value) => u128::from(*value as u64),
        Val::F32(bits) => u128::from(*bits),
        Val::F64(bits) => u128::from(*bits),
        Val::V128(bits) => *bits,
        other => panic!("{other:?} is no number"),
    }
}

/// Bytes from an address on, if they are all there.
fn range(memory: &[u8], address: u64, offset: u64, length: u64) -> Option<std::ops::Range<usize>> {
    let start = u128::from(address) + u128::from(offset);
    let end = start + u128::from(length);
    (end <= memory.len() as u128).then_some(start as usize..end as usize)
}

/// What becomes of a memory.
type Change<'a> = &'a dyn Fn(&mut [u8]);

/// A call, and what should come of it: a value read, or nothing, or a trap; the memory is changed as it should be.
struct Expected<'a> {
    name: &'a str,
    arguments: Vec<Val>,
    result: Result<Option<u128>, TrapCode>,
    memory: Vec<u8>,
}

fn accesses<'a>(case: &'a Case, before: &'a [u8]) -> impl Iterator<Item = Expected<'a>> {
    ACCESSES.iter().flat_map(move |(name, ty, width, kind)| {
        case.all_addresses().into_iter().map(move |address| {
            let mut memory = before.to_vec();
            let mut arguments = vec![case.address(address)];
            let place = range(before, address, case.offset, *width as u64).ok_or(TrapCode::MemoryOutOfBounds);
            let result = match kind {
                Kind::Load => place.map(|place| {
                    let mut bytes = [0; 16];
                    bytes[..*width].copy_from_slice(&before[place]);
                    Some(u128::from_le_bytes(bytes))
                }),
                Kind::Store => {
                    arguments.push(value(ty));
                    place.map(|place| {
                        memory[place].copy_from_slice(&STORED[..*width]);
                        None
                    })
                }
            };
            Expected { name, arguments, result, memory }
        })
    })
}

fn bulk<'a>(case: &'a Case, before: &'a [u8]) -> impl Iterator<Item = Expected<'a>> {
    let mask = if case.wide { u64::MAX } else { 0xffff_ffff };
    let out = TrapCode::MemoryOutOfBounds;
    let addresses = case.all_addresses();
    let lengths = case.lengths.iter().map(move |length| length & mask);
    lengths.flat_map(move |length| {
        let pairs: Vec<(u64, u64)> = addresses.iter().copied().zip(addresses.iter().rev().copied()).collect();
        pairs.into_iter().flat_map(move |(to, from)| {
            let expected = |name, arguments, done: Option<Change<'_>>| {
                let mut memory = before.to_vec();
                let result = done.map(|change| change(&mut memory)).map(|()| None).ok_or(out);
                Expected { name, arguments, result, memory }
            };
            let (target, source) = (range(before, to, 0, length), range(before, from, 0, length));
            let fill = |memory: &mut [u8]| memory[target.clone().unwrap_or(0..0)].fill(0x5a);
            let copy = |memory: &mut [u8]| {
                memory.copy_within(source.clone().unwrap_or(0..0), to as usize);
            };
            // The data has 36 bytes.
            let (first, count) = (from as u32 % 40, length as u32);
            let data = b"0123456789abcdefghijklmnopqrstuvwxyz";
            let piece = range(data, u64::from(first), 0, u64::from(count));
            let place = range(before, to, 0, u64::from(count));
            let init = |memory: &mut [u8]| {
                let (place, piece) = (place.clone().unwrap_or(0..0), piece.clone().unwrap_or(0..0));
                memory[place].copy_from_slice(&data[piece]);
            };
            let at = |address| case.address(address);
            [
                expected("fill", vec![at(to), at(length)], target.is_some().then_some(&fill)),
                expected(
                    "copy",
                    vec![at(to), at(from), at(length)],
                    (target.is_some() && source.is_some()).then_some(&copy),
                ),
                expected(
                    "init",
                    vec![at(to), Val::I32(first as i32), Val::I32(count as i32)],
                    (place.is_some() && piece.is_some()).then_some(&init),
                ),
            ]
        })
    })
}

fn check(config: &Config, case: &Case) -> Result<(), TestCaseError> {
    let engine = &Engine::new(&config.clone().guard_size(case.guard));
    let module = Module::new(engine, case.module()).expect("the text is a module");
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &module, &[]).expect("nothing is imported");
    let memory = instance.get_memory(&store, "m").expect("the memory is exported");
    let before = pattern(case.size());
    for expected in accesses(case, &before).chain(bulk(case, &before)) {
        memory.data_mut(&mut store).copy_from_slice(&before);
        let func = instance.get_func(&store, expected.name).expect("the function is exported");
        let result = match func.call(&mut store, &expected.arguments) {
            Ok(values) => Ok(values.first().map(bits)),
            Err(error) => Err(error.trap().map(|trap| trap.code)),
        };
        let what = format!("{}{:?} under {:?}", expected.name, expected.arguments, engine.config());
        prop_assert_eq!(result, expected.result.map_err(Some), "{}", what);
        let after = memory.data(&store);
        let changed = after.iter().zip(&expected.memory).position(|(found, wanted)| found != wanted);
        prop_assert_eq!(changed, None, "a byte of memory after {}", what);
    }
    Ok(())
}

#[test]
fn accesses_trap_exactly_past_the_end() {
    let mut configs = Vec::new();
    for checks in [CheckStrategy::Guard, CheckStrategy::Explicit] {
        for level in [OptLevel::O0, OptLevel::O2] {
            configs.push(Config::new().checks(checks).opt_level(level));
        }
        configs.push(Config::new().checks(checks).mode(Mode::Lazy).opt_level(OptLevel::O0));
    }
    let result =
        runner(CASES).run(&cases(), |case| configs.iter().try_for_each(|config| check(config, &case)));
    if let Err(error) = result {
        panic!("{error}");
    }
}
