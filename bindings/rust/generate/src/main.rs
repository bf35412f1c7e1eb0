// SPDX-License-Identifier: Apache-2.0
//! usage: generate INCLUDE OUTPUT [--check]
//!
//! Writes what bindgen makes of `INCLUDE/sabir/sabir.h` to OUTPUT, or with --check only compares it with what is there.

use std::process::ExitCode;

use bindgen::callbacks::{IntKind, ParseCallbacks};

const LICENSE: &str = "// SPDX-License-Identifier: Apache-2.0\n// Generated from include/sabir by bindings/rust/generate: do not edit.";

/// The types of the constants that C leaves as macros.
#[derive(Debug)]
struct ConstantTypes;

impl ParseCallbacks for ConstantTypes {
    fn int_macro(&self, name: &str, _value: i64) -> Option<IntKind> {
        let is = |start: &str| name.starts_with(start);
        if name == "SABIR_OK" || is("SABIR_E_") {
            Some(IntKind::Custom { name: "sabir_status", is_signed: true })
        } else if ["KIND", "CAUSE", "EXIT", "LOG", "DECISION"].iter().any(|group| is(&format!("SABIR_{group}_"))) {
            Some(IntKind::I32)
        } else {
            Some(IntKind::U32)
        }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (include, output, check) = match arguments.as_slice() {
        [include, output] => (include, output, false),
        [include, output, flag] if flag == "--check" => (include, output, true),
        _ => {
            eprintln!("usage: generate INCLUDE OUTPUT [--check]");
            return ExitCode::from(2);
        }
    };
    let text = match bindings(include) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("generate: {error}");
            return ExitCode::FAILURE;
        }
    };
    if !check {
        return match std::fs::write(output, text) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("generate: {output}: {error}");
                ExitCode::FAILURE
            }
        };
    }
    if std::fs::read_to_string(output).is_ok_and(|present| present == text) {
        println!("{output} is current");
        ExitCode::SUCCESS
    } else {
        eprintln!("{output} is not what the headers say now: run bindings/rust/generate.sh");
        ExitCode::FAILURE
    }
}

fn bindings(include: &str) -> Result<String, bindgen::BindgenError> {
    let made = bindgen::builder()
        .header(format!("{include}/sabir/sabir.h"))
        .clang_args(["-std=c99", &format!("-I{include}"), "-DSABIR_API="])
        .allowlist_item("(sabir|SABIR)_.*")
        .parse_callbacks(Box::new(ConstantTypes))
        // Stated rather than found, so that every machine writes the same.
        .rust_edition(bindgen::RustEdition::Edition2024)
        .rust_target(bindgen::RustTarget::stable(85, 0).expect("a version that bindgen knows"))
        .enable_function_attribute_detection() // SABIR_MUST_CHECK is #[must_use]
        .use_core()
        .derive_default(false)
        .generate_comments(false)
        .raw_line(LICENSE)
        .formatter(bindgen::Formatter::Prettyplease)
        .generate()?;
    Ok(made.to_string())
}
