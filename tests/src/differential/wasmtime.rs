//! wasmtime as a judge, in a process of its own: Python with the package `wasmtime`, where there is one. It knows every
//! proposal that Wootz implements.
//!
//! The driver (`driver.py`) goes to Python as text and stays for many modules. One that dies or hangs is replaced; the
//! module is then not judged by it.

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value as Json, json};

use super::observation::{Contents, Ended, Observation, Stop, Value};
use super::plan::Call;
use super::{FUEL, FUEL_GLOBAL};
use crate::python::Python;

const DRIVER: &str = include_str!("driver.py");

/// wasmtime with every feature that Wootz has.
pub(super) struct Wasmtime {
    process: Option<Python>,
}

/// What became of a module in wasmtime.
pub(super) enum Outcome {
    /// It ran.
    Ran(Observation),
    /// It is none, in wasmtime's words.
    Refused(String),
    /// The process died or did not answer.
    Failed,
}

impl Wasmtime {
    /// Starts the process, and has it run a module to see that it can.
    pub(super) fn start() -> Result<Self> {
        let mut wasmtime = Self { process: Some(Python::start(DRIVER)?) };
        let probe = wat::parse_str("(module (func (export \"f\") (result v128) (v128.const i64x2 1 2)))")?;
        let calls = [Call { name: "f".to_owned(), arguments: Vec::new(), results: 1 }];
        match wasmtime.observe(&probe, &calls) {
            Ok(Outcome::Ran(observation))
                if observation.calls == [("f".to_owned(), Ok(vec![Value::V128(2 << 64 | 1)]))] =>
            {
                Ok(wasmtime)
            }
            Ok(Outcome::Ran(observation)) => bail!("wasmtime answers {observation:?}"),
            Ok(Outcome::Refused(why)) => bail!("wasmtime refuses a module: {why}"),
            Ok(Outcome::Failed) => {
                bail!("Python has no package `wasmtime`, or one that this driver does not fit")
            }
            Err(error) => Err(error),
        }
    }

    /// Runs a module.
    ///
    /// # Errors
    /// If an answer is not as the driver makes it.
    pub(super) fn observe(&mut self, wasm: &[u8], calls: &[Call]) -> Result<Outcome> {
        let calls: Vec<Json> = calls.iter().map(call).collect();
        let request = json!({ "module": hex(wasm), "fuel": [FUEL_GLOBAL, FUEL], "calls": calls });
        let Some(answer) = self.ask(&request) else { return Ok(Outcome::Failed) };
        if let Some(why) = answer["refused"].as_str() {
            return Ok(Outcome::Refused(why.to_owned()));
        }
        observation(&answer).map(Outcome::Ran)
    }

    fn ask(&mut self, request: &Json) -> Option<Json> {
        let mut process = self.process.take().or_else(|| Python::start(DRIVER).ok())?;
        let answer = process.ask(request).ok()?;
        self.process = Some(process);
        Some(answer)
    }
}

fn call(call: &Call) -> Json {
    let arguments: Vec<Json> = call.arguments.iter().map(|value| given(*value)).collect();
    json!({ "name": call.name, "arguments": arguments, "results": call.results })
}

fn given(value: Value) -> Json {
    match value {
        Value::I32(value) => json!(["i32", value.to_string()]),
        Value::I64(value) => json!(["i64", value.to_string()]),
        Value::F32(bits) => json!(["f32", (bits as i32).to_string()]),
        Value::F64(bits) => json!(["f64", (bits as i64).to_string()]),
        Value::V128(bits) => json!(["v128", bits.to_string()]),
        Value::FuncRef(_) => json!(["funcref", "0"]),
        Value::ExternRef(_) => json!(["externref", "0"]),
    }
}

fn observation(answer: &Json) -> Result<Observation> {
    let mut observation = Observation::default();
    for call in items(&answer["calls"])? {
        observation.calls.push((name(call)?, ended(&call[1])?));
    }
    for note in items(&answer["notes"])? {
        observation.notes.push(note.as_i64().context("a note is a number")?);
    }
    for global in items(&answer["globals"])? {
        observation.globals.push((name(global)?, seen(&global[1])?));
    }
    for memory in items(&answer["memories"])? {
        observation.memories.push((name(memory)?, contents(memory)?));
    }
    for table in items(&answer["tables"])? {
        let nulls = items(&table[1])?.iter().map(|null| null.as_bool().unwrap_or(true)).collect();
        observation.tables.push((name(table)?, nulls));
    }
    observation.sort();
    Ok(observation)
}

fn items(json: &Json) -> Result<&Vec<Json>> {
    json.as_array().context("a part of the answer is a list")
}

fn name(item: &Json) -> Result<String> {
    Ok(item[0].as_str().context("an item has a name")?.to_owned())
}

fn ended(json: &Json) -> Result<Ended> {
    if let Some(why) = json["stop"].as_str() {
        return Ok(Err(stop(why)));
    }
    Ok(Ok(items(&json["values"])?.iter().map(seen).collect::<Result<_>>()?))
}

fn seen(json: &Json) -> Result<Value> {
    let (kind, bits) = (json[0].as_str().unwrap_or(""), json[1].as_str().unwrap_or(""));
    Ok(match kind {
        "i32" => Value::I32(bits.parse()?),
        "i64" => Value::I64(bits.parse()?),
        "f32" => Value::f32(bits.parse::<i32>()? as u32),
        "f64" => Value::f64(bits.parse::<i64>()? as u64),
        "v128" => Value::V128(bits.parse()?),
        "funcref" => Value::FuncRef(bits == "1"),
        "externref" => Value::ExternRef(bits == "1"),
        _ => bail!("wasmtime has a value of kind {kind:?}"),
    })
}

fn contents(json: &Json) -> Result<Contents> {
    let number = |index: usize| json[index].as_u64().context("a size is a number");
    let mut bytes = vec![0; number(2)? as usize];
    for piece in items(&json[3])? {
        let at = piece[0].as_u64().context("an offset is a number")? as usize;
        let digits = piece[1].as_str().context("contents are text")?.as_bytes();
        for (index, pair) in digits.chunks(2).enumerate() {
            let byte = std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
            let place = bytes.get_mut(at + index).ok_or_else(|| anyhow!("contents are past the end"))?;
            *place = byte.context("contents are hexadecimal")?;
        }
    }
    Ok(Contents { pages: number(1)?, bytes })
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

/// The driver gives the names of wasmtime's trap codes.
fn stop(why: &str) -> Stop {
    match why {
        "UNREACHABLE" => Stop::Unreachable,
        "MEMORY_OUT_OF_BOUNDS" => Stop::MemoryOutOfBounds,
        "HEAP_MISALIGNED" => Stop::UnalignedAtomic,
        "TABLE_OUT_OF_BOUNDS" => Stop::TableOutOfBounds,
        "INDIRECT_CALL_TO_NULL" => Stop::NullCall,
        "NULL_REFERENCE" => Stop::NullReference,
        "BAD_SIGNATURE" => Stop::SignatureMismatch,
        "INTEGER_DIVISION_BY_ZERO" => Stop::DivideByZero,
        "INTEGER_OVERFLOW" => Stop::IntegerOverflow,
        "BAD_CONVERSION_TO_INTEGER" => Stop::InvalidConversion,
        "STACK_OVERFLOW" => Stop::StackExhausted,
        other => Stop::Other(other.to_owned()),
    }
}
