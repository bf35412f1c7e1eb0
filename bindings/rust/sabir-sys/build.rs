// SPDX-License-Identifier: Apache-2.0
//! Finds libsabir under SABIR_PREFIX, else by pkg-config, and tells cargo how to link it.
//!
//! This crate's own tests get the library's folder as an rpath. A crate that depends on this one can do the same for its programs in its
//! build script: the folders are in `DEP_SABIR_LIB` and the headers' in `DEP_SABIR_INCLUDE`.

use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=SABIR_PREFIX");
    let (includes, libraries) = match std::env::var_os("SABIR_PREFIX") {
        Some(prefix) => {
            let prefix = PathBuf::from(prefix);
            if !prefix.join("include/sabir/sabir.h").exists() {
                eprintln!("SABIR_PREFIX is {}: sabir is not installed there.", prefix.display());
                std::process::exit(1);
            }
            (vec![prefix.join("include")], vec![prefix.join("lib")])
        }
        None => match pkg_config::Config::new().atleast_version("0.1").cargo_metadata(false).probe("sabir") {
            Ok(found) => (found.include_paths, found.link_paths),
            Err(error) => {
                eprintln!("sabir is not found: set SABIR_PREFIX to where it is installed, or PKG_CONFIG_PATH.\n{error}");
                std::process::exit(1);
            }
        },
    };
    for library in &libraries {
        println!("cargo::rustc-link-search=native={}", library.display());
        println!("cargo::rustc-link-arg=-Wl,-rpath,{}", library.display());
        println!("cargo::metadata=lib={}", library.display());
    }
    for include in &includes {
        println!("cargo::metadata=include={}", include.display());
    }
    println!("cargo::rustc-link-lib=dylib=sabir");
}
