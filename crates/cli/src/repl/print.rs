//! Values as a session shows them.

use wootz::{Extern, Val};
use wootz_cli::values::print_value;

use super::scope::Scope;

/// A value: vectors as four signed lanes, functions by their name.
pub(super) fn value(scope: &Scope, value: &Val) -> String {
    match value {
        Val::V128(bits) => {
            let lane = |index: u32| ((bits >> (index * 32)) as i32).to_string();
            format!("i32x4:{}", [0, 1, 2, 3].map(lane).join(","))
        }
        Val::FuncRef(Some(func)) => {
            let is_it = |item: &Extern| matches!(item, Extern::Func(other) if other == func);
            let mut functions = scope.functions.iter().enumerate();
            let found = functions.find(|(_, item)| is_it(&item.item));
            found.map_or_else(|| "funcref".to_owned(), |(index, item)| format!("func {}", item.shown(index)))
        }
        value => print_value(value),
    }
}

/// Bytes in rows of sixteen, as numbers and as text.
pub(super) fn hexdump(address: u64, bytes: &[u8]) -> String {
    let mut out = String::new();
    for (row, bytes) in bytes.chunks(16).enumerate() {
        let hex = |half: &[u8]| half.iter().map(|byte| format!("{byte:02x} ")).collect::<String>();
        let (left, right) = bytes.split_at(bytes.len().min(8));
        let text: String = bytes
            .iter()
            .map(|byte| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '.' })
            .collect();
        let address = address + row as u64 * 16;
        out.push_str(&format!("{address:08x}  {:<24} {:<24} |{text}|\n", hex(left), hex(right)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_has_numbers_and_text() {
        let dump = hexdump(0x10, b"wootz\0\x7fABCDEFGHIJ");
        assert_eq!(
            dump,
            "00000010  77 6f 6f 74 7a 00 7f 41  42 43 44 45 46 47 48 49  |wootz..ABCDEFGHI|\n\
             00000020  4a                                                |J|\n"
        );
    }

    #[test]
    fn vectors_are_lanes() {
        let vector = Val::V128(0xffff_ffff_0000_0003_0000_0002_0000_0001);
        assert_eq!(value(&Scope::default(), &vector), "i32x4:1,2,3,-1");
    }
}
