//! Values of options from what people type, or what is wrong with it.

use std::time::Duration;

use wootz_engine::{Cpu, Machine};

use crate::args::Dir;

pub(crate) fn dir(text: &str) -> Result<Dir, String> {
    let (host, guest) = text.split_once("::").unwrap_or((text, text));
    if host.is_empty() || guest.is_empty() {
        return Err("expected HOST or HOST::GUEST, neither empty".into());
    }
    Ok(Dir { host: host.into(), guest: guest.into() })
}

pub(crate) fn variable(text: &str) -> Result<(String, Option<String>), String> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (text, None),
    };
    if name.is_empty() {
        return Err("expected NAME or NAME=VALUE".into());
    }
    Ok((name.to_owned(), value))
}

#[allow(clippy::unnecessary_wraps, reason = "the shape of a value parser")]
pub(crate) fn cpu(text: &str) -> Result<Cpu, String> {
    Ok(match text {
        "native" => Cpu::Native,
        "baseline" => Cpu::Baseline,
        name => Cpu::Named(name.to_owned()),
    })
}

pub(crate) fn machine(text: &str) -> Result<Machine, String> {
    let known =
        || Machine::ALL.iter().map(|machine| format!("{machine}-linux")).collect::<Vec<_>>().join(", ");
    Machine::from_triple(text)
        .or_else(|| Machine::ALL.iter().copied().find(|machine| machine.name() == text))
        .ok_or_else(|| format!("no code can be made for it; known are {}", known()))
}

pub(crate) fn size(text: &str) -> Result<usize, String> {
    let (digits, shift) = match text.char_indices().last() {
        Some((end, 'k' | 'K')) => (&text[..end], 10),
        Some((end, 'm' | 'M')) => (&text[..end], 20),
        Some((end, 'g' | 'G')) => (&text[..end], 30),
        _ => (text, 0),
    };
    let number: usize = digits.parse().map_err(|_| "expected a number, or one with K, M or G".to_owned())?;
    number.checked_mul(1 << shift).ok_or_else(|| "the number is too large".to_owned())
}

pub(crate) fn time(text: &str) -> Result<Duration, String> {
    let expected = || "expected a number with ms, s or m, such as 500ms".to_owned();
    let end = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(expected)?;
    let (digits, unit) = text.split_at(end);
    let number: u64 = digits.parse().map_err(|_| expected())?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => {
            number.checked_mul(60).map(Duration::from_secs).ok_or_else(|| "the time is too long".to_owned())
        }
        _ => Err(expected()),
    }
}
