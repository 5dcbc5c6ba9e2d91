//! Modules with wrong bytes. Wootz must refuse one with an error that says where, or compile it like any other: no
//! panic, no failure of LLVM's verifier. A module is not run, since nothing says that it ends.

use wootz::{Error, Module};

use super::ours::{Configurations, Ours};
use super::{Case, Comparison, Generator, module as intact};

/// Bytes of a case, at its end, that say what is damaged.
const DAMAGE: usize = 12;

/// The damaged module that these bytes stand for.
pub(super) fn module(entropy: &[u8]) -> anyhow::Result<Option<Vec<u8>>> {
    let (rest, damage) = entropy.split_at(entropy.len().saturating_sub(DAMAGE));
    let generator = match rest.first() {
        Some(byte) if byte % 2 == 1 => Generator::Smith,
        _ => Generator::Program,
    };
    let wasm = intact(&Case { generator, entropy: rest.get(1..).unwrap_or_default().to_vec() })?;
    Ok(wasm.map(|mut wasm| {
        // Three bytes are a place, behind the header, and what becomes of it.
        for change in damage.chunks_exact(3) {
            let at = usize::from(u16::from_le_bytes([change[0], change[1]]));
            if let Some(byte) = wasm.len().checked_sub(8).filter(|rest| *rest > 0).map(|rest| 8 + at % rest) {
                wasm[byte] = change[2];
            }
        }
        wasm
    }))
}

/// What is wrong with how Wootz takes a damaged module.
pub(super) fn judge(ours: &Configurations, wasm: &[u8]) -> Comparison {
    let judged: Result<Vec<Option<Module>>, String> =
        ours.of(wasm).into_iter().map(|ours| compile(ours, wasm)).collect();
    match judged {
        Err(what) => Comparison::Different(what),
        Ok(modules) if modules.iter().any(Option::is_some) != modules.iter().all(Option::is_some) => {
            Comparison::Different("some configurations refuse the module and some do not".to_owned())
        }
        Ok(_) => Comparison::Same,
    }
}

/// The module, or none if it is refused.
fn compile(ours: &Ours, wasm: &[u8]) -> Result<Option<Module>, String> {
    match Module::from_binary(&ours.engine, wasm) {
        Ok(module) => Ok(Some(module)),
        Err(Error::Module(_)) => Ok(None),
        Err(error) => Err(format!("{} fails to compile: {error}", ours.name)),
    }
}
