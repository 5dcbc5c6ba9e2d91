//! What a run of a module shows to the outside, in the same form for every engine, and how two runs differ.

use std::fmt;

/// A value. NaNs are all the same one, since the specification leaves their bits open; references are null or not.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the specification's types")]
pub enum Value {
    I32(i32),
    I64(i64),
    /// Bits.
    F32(u32),
    /// Bits.
    F64(u64),
    V128(u128),
    /// Whether it is null.
    FuncRef(bool),
    /// Whether it is null.
    ExternRef(bool),
}

impl Value {
    /// A float of these bits.
    pub fn f32(bits: u32) -> Self {
        Self::F32(if f32::from_bits(bits).is_nan() { 0x7fc0_0000 } else { bits })
    }

    /// A float of these bits.
    pub fn f64(bits: u64) -> Self {
        Self::F64(if f64::from_bits(bits).is_nan() { 0x7ff8_0000_0000_0000 } else { bits })
    }
}

/// Why a call did not return, as far as all engines tell reasons apart.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the specification's traps")]
pub enum Stop {
    Unreachable,
    MemoryOutOfBounds,
    /// A table access or an indirect call outside of the table.
    TableOutOfBounds,
    /// An indirect call of a null element.
    NullCall,
    /// A null reference, called or said not to be null.
    NullReference,
    UnalignedAtomic,
    SignatureMismatch,
    DivideByZero,
    IntegerOverflow,
    InvalidConversion,
    /// How deep a stack goes is each engine's own affair: what comes after it is not compared.
    StackExhausted,
    /// Anything else, in the engine's words.
    Other(String),
}

/// Results, or why there are none.
pub(super) type Ended = Result<Vec<Value>, Stop>;

/// A memory after the run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contents {
    /// Its size in pages.
    pub pages: u64,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// A run: instantiation, every call, and what is left behind.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Observation {
    /// Calls, by the name of the export; instantiation is the first, without a name.
    pub calls: Vec<(String, Ended)>,
    /// Numbers that the module gave to the host function `note`, in order.
    pub notes: Vec<i64>,
    /// Exported globals.
    pub globals: Vec<(String, Value)>,
    /// Exported memories.
    pub memories: Vec<(String, Contents)>,
    /// Exported tables: for each element whether it is null.
    pub tables: Vec<(String, Vec<bool>)>,
    /// Fuel that is left, in an engine that counts it. Engines are not compared by it.
    pub fuel: u64,
}

impl Observation {
    /// Puts exports in the order of their names, since engines list them in orders of their own.
    pub(super) fn sort(&mut self) {
        self.globals.sort_by(|left, right| left.0.cmp(&right.0));
        self.memories.sort_by(|left, right| left.0.cmp(&right.0));
        self.tables.sort_by(|left, right| left.0.cmp(&right.0));
    }
}

/// How two runs compare.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Comparison {
    /// Nothing tells them apart.
    Same,
    /// The same as far as they can be compared: the stack was exhausted in one of them, or the other engine failed.
    Inconclusive,
    /// The first thing that is not the same.
    Different(String),
}

/// Compares two runs of one module.
pub fn compare(left: &Observation, right: &Observation) -> Comparison {
    for (index, ((name, left), (_, right))) in left.calls.iter().zip(&right.calls).enumerate() {
        if [left, right].contains(&&Err(Stop::StackExhausted)) {
            return Comparison::Inconclusive;
        }
        if left != right {
            return different(format!("call {index} of {name:?}"), &Shown(left), &Shown(right));
        }
    }
    if left.calls.len() != right.calls.len() {
        return different("the number of calls".to_owned(), &left.calls.len(), &right.calls.len());
    }
    if left.notes != right.notes {
        let at = left.notes.iter().zip(&right.notes).take_while(|(left, right)| left == right).count();
        return different(format!("note {at}"), &Note(left.notes.get(at)), &Note(right.notes.get(at)));
    }
    for ((name, left), (_, right)) in left.globals.iter().zip(&right.globals) {
        if left != right {
            return different(format!("global {name:?}"), &format!("{left:x?}"), &format!("{right:x?}"));
        }
    }
    for ((name, left), (_, right)) in left.memories.iter().zip(&right.memories) {
        if left.pages != right.pages {
            return different(format!("pages of memory {name:?}"), &left.pages, &right.pages);
        }
        if left.bytes != right.bytes {
            let at = left.bytes.iter().zip(&right.bytes).take_while(|(left, right)| left == right).count();
            return different(format!("byte {at:#x} of memory {name:?}"), &left.bytes[at], &right.bytes[at]);
        }
    }
    for ((name, left), (_, right)) in left.tables.iter().zip(&right.tables) {
        if left != right {
            return different(format!("table {name:?}"), &format!("{left:?}"), &format!("{right:?}"));
        }
    }
    Comparison::Same
}

fn different(what: String, left: &dyn fmt::Display, right: &dyn fmt::Display) -> Comparison {
    Comparison::Different(format!("{what}: {left}, but {right}"))
}

struct Shown<'a>(&'a Ended);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Ok(values) => write!(f, "{values:x?}"),
            Err(stop) => write!(f, "{stop:?}"),
        }
    }
}

struct Note<'a>(Option<&'a i64>);

impl fmt::Display for Note<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(note) => write!(f, "{note:#x}"),
            None => f.write_str("none"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Comparison, Contents, Observation, Stop, Value, compare};

    fn observation() -> Observation {
        Observation {
            calls: vec![("f".to_owned(), Ok(vec![Value::f32(0x7fa0_0000)]))],
            notes: vec![1, 2],
            globals: vec![("g".to_owned(), Value::f64(0))],
            memories: vec![("m".to_owned(), Contents { pages: 1, bytes: vec![0; 65536] })],
            tables: vec![("t".to_owned(), vec![true, false])],
            fuel: 0,
        }
    }

    #[test]
    fn every_part_is_compared() {
        let same = observation();
        assert_eq!(compare(&same, &observation()), Comparison::Same);
        type Change = fn(&mut Observation);
        let changes: &[(&str, Change)] = &[
            ("call 0 of \"f\"", |o| o.calls[0].1 = Err(Stop::Unreachable)),
            ("number of calls", |o| o.calls.clear()),
            ("note 1", |o| o.notes[1] = 3),
            ("note 2: none, but 0x3", |o| o.notes.push(3)),
            ("global \"g\"", |o| o.globals[0].1 = Value::f64(1 << 63)),
            ("pages of memory", |o| o.memories[0].1.pages = 2),
            ("byte 0xffff of memory", |o| o.memories[0].1.bytes[0xffff] = 1),
            ("table \"t\"", |o| o.tables[0].1[0] = false),
        ];
        for (expected, change) in changes {
            let mut other = observation();
            change(&mut other);
            match compare(&same, &other) {
                Comparison::Different(message) => assert!(message.contains(expected), "{message}"),
                comparison => panic!("{expected}: {comparison:?}"),
            }
        }
    }

    #[test]
    fn all_nans_are_one() {
        assert_eq!(Value::f32(0xffc0_0001), Value::f32(0x7fa0_0000));
        assert_ne!(Value::f32(0x7f80_0000), Value::f32(0xff80_0000));
        assert_eq!(Value::f64(0xfff8_0000_0000_0001), Value::f64(0x7ff4_0000_0000_0000));
    }

    #[test]
    fn nothing_is_compared_after_the_stack_is_exhausted() {
        let mut left = observation();
        let mut right = observation();
        left.calls.push(("g".to_owned(), Err(Stop::StackExhausted)));
        right.calls.push(("g".to_owned(), Ok(Vec::new())));
        right.notes.clear();
        assert_eq!(compare(&left, &right), Comparison::Inconclusive);
    }
}
