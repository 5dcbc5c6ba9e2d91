//! The header of an object, as text: C99 and C++.

use std::fmt::Write as _;

use super::interface::{CType, Field, FieldKind, Interface, Item, ItemKind, Signature};

/// The header. It includes `wootz_rt.h`, which says what instances and traps are.
pub(super) fn header(interface: &Interface) -> String {
    let prefix = &interface.prefix;
    let guard = format!("{}_H", prefix.to_uppercase());
    let mut text = format!(
        "/* Made by `wootz compile --emit obj`: the exports of a WebAssembly module as C functions. */\n\
         #ifndef {guard}\n#define {guard}\n\n#include \"wootz_rt.h\"\n\n\
         #ifdef __cplusplus\nextern \"C\" {{\n#endif\n\n\
         /* An instance of the module. One thread at a time may use it. */\n\
         typedef struct {prefix}_t {prefix}_t;\n\n"
    );
    imports(&mut text, interface);
    for item in &interface.items {
        declare(&mut text, prefix, item);
    }
    text + &format!("#ifdef __cplusplus\n}}\n#endif\n\n#endif /* {guard} */\n")
}

/// The structure of imports, and the two functions of an instance's life.
fn imports(text: &mut String, interface: &Interface) {
    let prefix = &interface.prefix;
    let parameter = if interface.has_imports() {
        for field in &interface.fields {
            if let FieldKind::Function(signature, results) = &field.kind {
                result_struct(text, results, signature);
            }
        }
        *text += &format!(
            "/* What the module imports: every function must be given, and returns through *trap if it fails. */\n\
             typedef struct {prefix}_imports_t {{\n    /* Handed to each of the functions. */\n    void *user;\n"
        );
        let mut members: Vec<(usize, String)> =
            interface.fields.iter().map(|field| (field.offset, member(prefix, field))).collect();
        members.extend(interface.wasi.map(|offset| {
            (offset, "    /* What the module sees through WASI; null is an empty world. */\n    const wootz_wasi_t *wasi;\n".into())
        }));
        members.sort();
        members.iter().for_each(|(_, member)| *text += member);
        *text += &format!("}} {prefix}_imports_t;\n\n");
        format!("const {prefix}_imports_t *imports, ")
    } else {
        String::new()
    };
    *text += &format!(
        "/* Makes an instance and runs the module's start function. Null, and a trap in *trap, if that fails. */\n\
         {prefix}_t *{prefix}_new({parameter}wootz_trap_t **trap);\n\
         /* Ends an instance; null is none. */\nvoid {prefix}_free({prefix}_t *instance);\n\n"
    );
}

fn member(prefix: &str, field: &Field) -> String {
    let comment = comment(&field.title);
    match &field.kind {
        FieldKind::Function(signature, results) => {
            let name = format!("(*{})", field.c_name);
            let first = format!("void *user, {prefix}_t *instance");
            format!("    {comment}\n    {};\n", function(&name, &first, signature, results))
        }
        FieldKind::Global(ty) => {
            let constant = comment.trim_end_matches(" */");
            format!("    {constant}: the initial value */\n    {}{};\n", ty.name(), field.c_name)
        }
    }
}

fn declare(text: &mut String, prefix: &str, item: &Item) {
    let (name, comment) = (&item.c_name, comment(&item.title));
    *text += &format!("{comment}\n");
    match &item.kind {
        ItemKind::Function(signature) => {
            let results = format!("{name}_results_t");
            result_struct(text, &results, signature);
            let first = format!("{prefix}_t *instance");
            *text += &format!("{};\n\n", function(name, &first, signature, &results));
        }
        ItemKind::Memory => {
            *text += &format!(
                "uint8_t *{name}({prefix}_t *instance, size_t *len);\n\
                 int64_t {name}_grow({prefix}_t *instance, uint64_t pages);\n\n"
            );
        }
        ItemKind::Global { ty, mutable } => {
            *text += &format!("{}{name}({prefix}_t *instance);\n", ty.name());
            if *mutable {
                *text += &format!("void {name}_set({prefix}_t *instance, {});\n", parameter(*ty, "value"));
            }
            text.push('\n');
        }
        ItemKind::Nothing => *text += "/* A table: it has no form in C. */\n\n",
    }
}

/// The structure of a function's results, if it has several.
fn result_struct(text: &mut String, name: &str, signature: &Signature) {
    if signature.has_result_struct() {
        *text += "typedef struct {\n";
        for (index, ty) in signature.results.iter().enumerate() {
            *text += &format!("    {}r{index};\n", ty.name());
        }
        *text += &format!("}} {name};\n");
    }
}

/// A function's declaration without its semicolon.
fn function(name: &str, first: &str, signature: &Signature, results: &str) -> String {
    let result = match (signature.single_result(), signature.has_result_struct()) {
        (Some(ty), _) => ty.name(),
        (None, _) => "void ",
    };
    let mut text = format!("{result}{name}({first}");
    for (index, ty) in signature.params.iter().enumerate() {
        _ = write!(text, ", {}", parameter(*ty, &format!("p{index}")));
    }
    if signature.has_result_struct() {
        _ = write!(text, ", {results} *results");
    }
    text + ", wootz_trap_t **trap)"
}

fn parameter(ty: CType, name: &str) -> String {
    match ty {
        CType::V128 => format!("const {}*{name}", ty.name()),
        _ => format!("{}{name}", ty.name()),
    }
}

/// A name of the module in a comment, in quotes and with everything unusual escaped.
fn comment(name: &str) -> String {
    format!("/* {} */", format!("{name:?}").replace("*/", "*\\/").replace("/*", "/\\*"))
}

#[cfg(test)]
mod tests {
    use super::comment;

    #[test]
    fn a_name_cannot_end_its_comment() {
        assert_eq!(comment("a*/b"), "/* \"a*\\/b\" */");
        assert_eq!(comment("line\nbreak"), "/* \"line\\nbreak\" */");
    }
}
