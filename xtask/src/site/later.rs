//! What the playground's start does not call comes in a file of its own, `later.wasm`.
//!
//! A build cannot tell which of 20,000 functions that start calls, so it was looked at once
//! (`cargo xtask look`): `frontend/later.txt` lists the functions that no start has called. They go to the second file. In
//! the first, each of them that something there refers to is a stub that makes sure that the second is there, then calls
//! it by its place in the table of functions. A function that the list does not know stays in the first file, so an old
//! list makes the page larger, not slower, and never wrong. Data that only they read goes with them.

mod data;
mod halves;
mod linked;

use std::collections::{BTreeSet, HashSet};

use anyhow::{Context, Result};
use walrus::ir::Value;
use walrus::{FunctionId, FunctionKind, Module, ValType};

pub use data::only_later;
pub use halves::{Halves, split};

/// What notes a call.
const NOTE: &str = "noteCall";
/// It stands at the end of the script that loads the parts. Where a page needs a part, what comes later comes with it.
const NOTING_SCRIPT: &str = "
const called = new Set();
let hasPart = false;
export function noteCall(number) { if (!hasPart) called.add(number); }
window.calledFunctions = () => [...called];
";
/// Where a part has come, in the script that loads them.
const PART_CAME: &str = "await callee();";
/// What each part waits for, in the script that loads them.
const PARTS_WAIT_FOR: &str = "deps.map(d => d())";
/// Characters of a function's hash that the list keeps: few enough of 20,000 are alike.
const KEPT: usize = 7;
/// Names in a line of the list.
const LINE: usize = 14;

/// The list, below the root of the clone.
pub const LIST: &str = "frontend/later.txt";
/// What fetches the second file; it stands at the end of the script that loads the parts.
pub const SCRIPT: &str = include_str!("later.js");

/// The functions that no start has called.
pub struct List {
    text: String,
    keys: HashSet<String>,
}

impl List {
    pub fn read(text: &str) -> Self {
        Self { text: text.to_owned(), keys: text.split_whitespace().map(str::to_owned).collect() }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// A list of the functions but those that were called, by their place in [`locals`].
    pub fn write(module: &Module, called: &[usize]) -> String {
        let called: HashSet<_> = called.iter().collect();
        let (mut stay, mut go) = (HashSet::new(), BTreeSet::new());
        for (place, id) in locals(module).into_iter().enumerate() {
            if let Some(key) = key(name(module, id)) {
                if called.contains(&place) {
                    stay.insert(key)
                } else {
                    go.insert(key)
                };
            }
        }
        let keys: Vec<_> = go.into_iter().filter(|key| !stay.contains(key)).collect();
        keys.chunks(LINE).map(|line| line.join(" ") + "\n").collect()
    }

    /// Whether a function of that name comes later.
    pub fn has(&self, name: &str) -> bool {
        key(name).is_some_and(|key| self.keys.contains(&key))
    }
}

/// The end of a function's name is a hash of its path and the types that it is compiled for. It does not change with
/// what stands in the function, nor with other functions. The standard library's names have none; their crates have, in
/// brackets. Where names are alike, wasm-bindgen counts those that follow, in brackets as well: they have no key.
fn key(name: &str) -> Option<String> {
    let name = readable(name);
    let is_hash = |hash: &str| hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    match name.rsplit_once("::h") {
        Some((_, hash)) if is_hash(hash) => Some(hash[..KEPT].to_owned()),
        _ if name.contains("]::") && !name.ends_with(']') => {
            Some(blake3::hash(name.as_bytes()).to_hex()[..KEPT].to_owned())
        }
        _ => None,
    }
}

/// A function's name as wasm-bindgen writes it.
fn readable(name: &str) -> String {
    rustc_demangle::demangle(name).to_string()
}

fn name(module: &Module, id: FunctionId) -> &str {
    module.funcs.get(id).name.as_deref().unwrap_or_default()
}

/// The functions that have code, in an order that is the same for the same bytes.
fn locals(module: &Module) -> Vec<FunctionId> {
    module.funcs.iter_local().map(|(id, _)| id).collect()
}

/// The script that loads the parts, with what fetches the second file. A part waits for it, too: only the playground's
/// start was looked at.
pub fn join(parts: &str) -> Result<String> {
    let (before, after) =
        parts.split_once(&format!("{PARTS_WAIT_FOR};")).context("the script that loads the parts is another one")?;
    Ok([before, "[fetchLater(), ...", PARTS_WAIT_FOR, "];", after, SCRIPT].concat())
}

/// The script that loads the parts, with what notes the calls.
pub fn join_noting(parts: &str) -> Result<String> {
    let (before, after) = parts.split_once(PART_CAME).context("the script that loads the parts is another one")?;
    Ok([before, PART_CAME, "hasPart = true;", after, NOTING_SCRIPT].concat())
}

/// Has each function note that it was called, for `cargo xtask look`.
pub fn note_calls(module: &mut Module) {
    let number = module.types.add(&[ValType::I32], &[]);
    let (note, _) = module.add_import_func(super::wasm::LOADER, NOTE, number);
    for (place, id) in locals(module).into_iter().enumerate() {
        let FunctionKind::Local(function) = &mut module.funcs.get_mut(id).kind else { continue };
        let place = Value::I32(i32::try_from(place).expect("a file has fewer functions"));
        function.builder_mut().func_body().const_at(0, place).call_at(1, note);
    }
}

#[cfg(test)]
mod tests {
    use walrus::ir::BinaryOp;
    use walrus::{ConstExpr, DataKind, ElementItems, ElementKind, FunctionBuilder, RefType};

    use super::*;

    const COLD: &str = "app::cold::h0123456789abcdef";
    const HOT: &str = "app::hot::hfedcba9876543210";

    /// `start` calls `cold`, which the table names, too; `cold` calls `hot` and what is imported. At 100 there is data.
    pub fn whole() -> Vec<u8> {
        let mut module = Module::default();
        let nothing = module.types.add(&[], &[]);
        let (imported, _) = module.add_import_func("./etude_bg.js", "_0", nothing);
        let mut hot = FunctionBuilder::new(&mut module.types, &[], &[]);
        hot.name(HOT.into()).func_body().call(imported);
        let hot = hot.finish(Vec::new(), &mut module.funcs);
        let argument = module.locals.add(ValType::I32);
        let mut cold = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[ValType::I32]);
        cold.name(COLD.into())
            .func_body()
            .call(hot)
            .call(imported)
            .local_get(argument)
            .i32_const(1)
            .binop(BinaryOp::I32Add);
        let cold = cold.finish(vec![argument], &mut module.funcs);
        let mut start = FunctionBuilder::new(&mut module.types, &[], &[]);
        start.func_body().call(hot).i32_const(1).call(cold).drop();
        let start = start.finish(Vec::new(), &mut module.funcs);
        module.exports.add("start", start);
        let table = module.tables.add_local(false, 2, Some(2), RefType::FUNCREF);
        let offset = ConstExpr::Value(Value::I32(1));
        let element = module.elements.add(ElementKind::Active { table, offset }, ElementItems::Functions(vec![cold]));
        module.tables.get_mut(table).elem_segments.insert(element);
        module.exports.add("table", table);
        let memory = module.memories.add_local(false, false, 1, None, None);
        let offset = ConstExpr::Value(Value::I32(100));
        let data = module.data.add(DataKind::Active { memory, offset }, b"abcdef".to_vec());
        module.memories.get_mut(memory).data_segments.insert(data);
        module.exports.add("memory", memory);
        module.emit_wasm()
    }

    pub fn parse(bytes: &[u8]) -> Result<Module> {
        walrus::ModuleConfig::new().strict_validate(true).parse(bytes)
    }

    #[test]
    fn functions_are_known_by_their_hash() {
        let mangled = "_ZN3app4cold17h0123456789abcdefE";
        assert_eq!(key(mangled).as_deref(), Some("0123456"));
        assert_eq!(key(&readable(mangled)), key(mangled));
        assert_eq!(key("app::cold::h0123456789abcdef[1]"), None);
        // Those of the standard library have a hash for each crate alone.
        let mangled = "_RNvNtNtCsgXGp5Oqx2Ny_4core3str5count14do_count_chars";
        let found = key(mangled).expect("a key");
        assert_eq!(found.len(), KEPT);
        assert_eq!(key(&readable(mangled)), Some(found));
        assert_ne!(key(mangled), key("_RNvNtNtCsgXGp5Oqx2Ny_4core3str5count11count_chars"));
        assert_eq!(key(&format!("{}[1]", readable(mangled))), None);
        assert_eq!(key("__externref_table_alloc"), None);
    }

    #[test]
    fn a_list_has_what_was_not_called() {
        let module = parse(&whole()).expect("sound");
        let place = |name: &str| {
            let is_it = |id: &FunctionId| module.funcs.get(*id).name.as_deref() == Some(name);
            locals(&module).iter().position(is_it).expect("it is there")
        };
        assert_eq!(List::write(&module, &[place(HOT)]), "0123456\n");
        assert_eq!(List::write(&module, &[place(HOT), place(COLD)]), "");
    }
}
