//! The right word for a refused module: limit, unsupported, malformed or invalid.
//!
//! The validator decodes and checks in one go and its errors do not say which of the two failed, so the module is read
//! again: with every feature it knows (then it is merely unsupported), and without checking (then it is malformed).

use wasmparser::{
    DataKind, ElementItems, ElementKind, FunctionBody, Operator, Parser, Payload, Validator, WasmFeatures,
};

use crate::{Error, ErrorKind, Features};

use super::features::{SUPPORTED, flags};
use super::sections::Failure;

/// The error to report for a module that decoding gave up on.
#[cold]
pub(super) fn explain(bytes: &[u8], features: Features, failure: Failure) -> Error {
    let error = match failure {
        Failure::Parser(error) => error,
        Failure::Ours(error) => return error,
    };
    if !is_limit(&error) && Validator::new_with_features(WasmFeatures::all()).validate_all(bytes).is_ok() {
        return unsupported(features, &error);
    }
    match check_decodes(bytes, features) {
        Err(error) if is_limit(&error) => report(ErrorKind::Limit, &error),
        Err(error) => report(ErrorKind::Malformed, &error),
        Ok(_) if is_limit(&error) => report(ErrorKind::Limit, &error),
        Ok(Some(error)) => error,
        Ok(None) => report(ErrorKind::Invalid, &error),
    }
}

fn report(kind: ErrorKind, error: &wasmparser::Error) -> Error {
    Error::new(kind, error.offset(), error.message())
}

fn unsupported(features: Features, error: &wasmparser::Error) -> Error {
    let names: Vec<_> = error
        .missing_wasm_feature()
        .iter()
        .flat_map(|features| features.iter_names())
        .map(|(name, _)| name.to_lowercase().replace('_', "-"))
        .collect();
    let feature = match &*names {
        [] => "a WebAssembly feature".to_owned(),
        names => format!("the WebAssembly feature `{}`", names.join("`, `")),
    };
    let implemented =
        error.missing_wasm_feature().map_or(features != Features::ALL, |f| SUPPORTED.contains(f));
    let missing = if implemented { "enabled" } else { "implemented" };
    let message = format!("{} (it needs {feature}, which is not {missing})", error.message());
    Error::new(ErrorKind::Unsupported, error.offset(), message)
}

/// Whether the parser gave up at a limit of its own. It has no error kind for that; its messages are stable because its
/// version is pinned, and tests hold them.
fn is_limit(error: &wasmparser::Error) -> bool {
    let marks = [
        "exceeds limit of",
        "exceeds the limit of",
        "implementation limit",
        "locals exceed maximum",
        "size is out of bounds",
        "size out of bounds",
        "number of elements is out of bounds",
        "too many data segments",
        "Content too large to parse",
    ];
    marks.iter().any(|mark| error.message().contains(mark))
}

/// Decodes everything and validates nothing: an error, or one of the binary format's rules that the parser leaves to
/// its validator.
fn check_decodes(bytes: &[u8], features: Features) -> Result<Option<Error>, wasmparser::Error> {
    let mut parser = Parser::new(0);
    parser.set_features(flags(features));
    let mut data_count = false;
    let mut deferred = None;
    for payload in parser.parse_all(bytes) {
        match payload? {
            Payload::TypeSection(section) => drain(section)?,
            Payload::ImportSection(section) => section.into_imports().try_for_each(|i| i.map(drop))?,
            Payload::FunctionSection(section) => drain(section)?,
            Payload::TableSection(section) => drain(section)?,
            Payload::MemorySection(section) => drain(section)?,
            Payload::TagSection(section) => drain(section)?,
            Payload::GlobalSection(section) => drain(section)?,
            Payload::ExportSection(section) => drain(section)?,
            Payload::ElementSection(section) => section.into_iter().try_for_each(|e| check_element(&e?))?,
            Payload::DataSection(section) => section.into_iter().try_for_each(|d| check_data(&d?))?,
            Payload::DataCountSection { .. } => data_count = true,
            Payload::CodeSectionEntry(body) => {
                let data_use = check_body(&body)?.filter(|_| !data_count);
                let message = "data count section required by a bulk memory instruction";
                let error = data_use.map(|offset| Error::new(ErrorKind::Malformed, offset, message));
                deferred = deferred.or(error);
            }
            Payload::UnknownSection { id, range, .. } => {
                let message = format!("malformed section id {id}");
                return Ok(Some(Error::new(ErrorKind::Malformed, range.start, message)));
            }
            _ => {}
        }
    }
    Ok(deferred)
}

fn drain<'a, T: wasmparser::FromReader<'a>>(
    section: wasmparser::SectionLimited<'a, T>,
) -> Result<(), wasmparser::Error> {
    section.into_iter().try_for_each(|item| item.map(drop))
}

fn check_element(element: &wasmparser::Element<'_>) -> Result<(), wasmparser::Error> {
    if let ElementKind::Active { offset_expr, .. } = &element.kind {
        check_expression(offset_expr)?;
    }
    match &element.items {
        ElementItems::Functions(items) => drain(items.clone()),
        ElementItems::Expressions(_, items) => {
            items.clone().into_iter().try_for_each(|e| check_expression(&e?))
        }
    }
}

fn check_data(data: &wasmparser::Data<'_>) -> Result<(), wasmparser::Error> {
    match &data.kind {
        DataKind::Active { offset_expr, .. } => check_expression(offset_expr),
        DataKind::Passive => Ok(()),
    }
}

fn check_expression(expr: &wasmparser::ConstExpr<'_>) -> Result<(), wasmparser::Error> {
    let mut reader = expr.get_operators_reader();
    while !reader.eof() {
        reader.read()?;
    }
    reader.finish()
}

/// Decodes a body and gives the offset of its first instruction that needs the data count section.
fn check_body(body: &FunctionBody<'_>) -> Result<Option<u64>, wasmparser::Error> {
    let mut locals = body.get_locals_reader()?;
    for _ in 0..locals.get_count() {
        locals.read()?;
    }
    let mut reader = body.get_operators_reader()?;
    let mut data_use = None;
    while !reader.eof() {
        let (op, offset) = reader.read_with_offset()?;
        if matches!(op, Operator::MemoryInit { .. } | Operator::DataDrop { .. }) {
            data_use = data_use.or(Some(offset));
        }
    }
    reader.finish()?;
    Ok(data_use)
}
