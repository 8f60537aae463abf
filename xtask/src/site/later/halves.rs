//! One file of WASM made two.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use anyhow::{Context, Result, ensure};
use walrus::ir::{Call, RefFunc, ReturnCall, Value, Visitor, dfs_in_order};
use walrus::{
    ConstExpr, DataKind, ElementItems, ElementKind, ExportItem, FunctionBuilder, FunctionId, FunctionKind, GlobalKind,
    ImportKind, ImportedFunction, LocalFunction, Module, RefType, TableId, ValType, passes,
};

use super::List;
use crate::site::wasm::LOADER;

/// What the second file calls the first.
const FIRST: &str = "first";
/// What fetches the second file, exported by the script that loads the parts.
const ENSURE: &str = "ensureLater";

/// Both files.
pub struct Halves {
    pub first: Vec<u8>,
    pub later: Vec<u8>,
}

/// Splits what wasm-bindgen has made; `parse` reads it with the names of its functions, and writes without them.
/// `only_later` are the addresses of data that comes later, too.
pub fn split(
    whole: &[u8],
    list: &List,
    only_later: &[Range<usize>],
    parse: impl Fn(&[u8]) -> Result<Module>,
) -> Result<Option<Halves>> {
    let (mut first, mut later) = (parse(whole)?, parse(whole)?);
    let goes: Vec<bool> = first
        .funcs
        .iter()
        .map(|function| {
            matches!(function.kind, FunctionKind::Local(_)) && list.has(function.name.as_deref().unwrap_or_default())
        })
        .collect();
    if !goes.contains(&true) {
        return Ok(None);
    }
    let mut places = Places::of(&first)?;
    stub(&mut first, &goes, &mut places)?;
    let exports = export(&mut first, &later, &goes);
    keep_only(&mut later, &goes, &places, &exports)?;
    move_data(&mut first, &mut later, only_later)?;
    passes::gc::run(&mut first);
    passes::gc::run(&mut later);
    Ok(Some(Halves { first: first.emit_wasm(), later: later.emit_wasm() }))
}

/// Which function stands where in the table that calls by pointer go through.
struct Places {
    table: TableId,
    /// By the function's number.
    places: HashMap<usize, i32>,
    next: i32,
}

impl Places {
    fn of(module: &Module) -> Result<Self> {
        let numbers = numbers(module);
        let mut table = None;
        let mut places = HashMap::new();
        for element in module.elements.iter() {
            let ElementKind::Active { table: of, offset: ConstExpr::Value(Value::I32(offset)) } = &element.kind else {
                continue;
            };
            let ElementItems::Functions(functions) = &element.items else { continue };
            table = Some(*of);
            places.extend((*offset..).zip(functions).map(|(place, function)| (numbers[function], place)));
        }
        let table = table.context("the WASM has no table of functions")?;
        let next = i32::try_from(module.tables.get(table).initial).context("the table of functions is too long")?;
        Ok(Self { table, places, next })
    }

    fn place(&mut self, number: usize) -> i32 {
        *self.places.entry(number).or_insert_with(|| {
            self.next += 1;
            self.next - 1
        })
    }
}

fn numbers(module: &Module) -> HashMap<FunctionId, usize> {
    module.funcs.iter().enumerate().map(|(number, function)| (function.id(), number)).collect()
}

fn ids(module: &Module) -> Vec<FunctionId> {
    module.funcs.iter().map(|function| function.id()).collect()
}

/// The functions that a function names.
fn named(function: &LocalFunction) -> Vec<FunctionId> {
    struct Named(Vec<FunctionId>);
    impl Visitor<'_> for Named {
        fn visit_call(&mut self, call: &Call) {
            self.0.push(call.func);
        }
        fn visit_return_call(&mut self, call: &ReturnCall) {
            self.0.push(call.func);
        }
        fn visit_ref_func(&mut self, reference: &RefFunc) {
            self.0.push(reference.func);
        }
    }
    let mut named = Named(Vec::new());
    dfs_in_order(&mut named, function, function.entry_block());
    named.0
}

/// Puts stubs in the place of what comes later. Those that nothing refers to are collected afterwards.
fn stub(first: &mut Module, goes: &[bool], places: &mut Places) -> Result<()> {
    let ids = ids(first);
    let numbers = numbers(first);
    let mut called: HashSet<usize> = HashSet::new();
    for (_, local) in first.funcs.iter_local().filter(|(id, _)| !goes[numbers[id]]) {
        called.extend(named(local).iter().map(|id| numbers[id]));
    }
    called.extend(first.exports.iter().filter_map(|export| match export.item {
        ExportItem::Function(id) => Some(numbers[&id]),
        _ => None,
    }));
    called.retain(|number| goes[*number]);
    let mut called: Vec<_> = called.into_iter().collect();
    called.sort_unstable();
    for number in called {
        places.place(number);
    }

    let is_there = first.globals.add_local(ValType::I32, true, false, ConstExpr::Value(Value::I32(0)));
    let nothing = first.types.add(&[], &[]);
    let (fetch, _) = first.add_import_func(LOADER, ENSURE, nothing);
    let mut ensure = FunctionBuilder::new(&mut first.types, &[], &[]);
    ensure.func_body().global_get(is_there).if_else(
        None,
        |_| {},
        |missing| {
            missing.call(fetch).i32_const(1).global_set(is_there);
        },
    );
    let ensure = ensure.finish(Vec::new(), &mut first.funcs);
    let mut stubbed: Vec<_> = places.places.iter().map(|(number, place)| (*number, *place)).collect();
    stubbed.sort_unstable();
    for (number, place) in stubbed.into_iter().filter(|(number, _)| goes[*number]) {
        let ty = first.funcs.get(ids[number]).ty();
        let (params, results) = first.types.params_results(ty);
        let (params, results) = (params.to_vec(), results.to_vec());
        let mut builder = FunctionBuilder::new(&mut first.types, &params, &results);
        let args: Vec<_> = params.iter().map(|param| first.locals.add(*param)).collect();
        let mut body = builder.func_body();
        body.call(ensure);
        for arg in &args {
            body.local_get(*arg);
        }
        body.i32_const(place).call_indirect(ty, places.table);
        first.funcs.get_mut(ids[number]).kind = FunctionKind::Local(builder.local_func(args));
    }
    let table = first.tables.get_mut(places.table);
    table.initial = places.next as u64;
    table.maximum = table.maximum.map(|most| most.max(places.next as u64));
    Ok(())
}

/// What the second file needs of the first: names by number of function, and of the rest.
struct Exports {
    functions: BTreeMap<usize, String>,
}

/// Exports from the first what stays there and is named by what goes. Names are as short as they can be.
fn export(first: &mut Module, later: &Module, goes: &[bool]) -> Exports {
    let numbers = numbers(later);
    let ids = ids(first);
    let mut functions: BTreeMap<usize, String> = BTreeMap::new();
    for (_, local) in later.funcs.iter_local().filter(|(id, _)| goes[numbers[id]]) {
        let stays = named(local).into_iter().map(|id| numbers[&id]).filter(|number| !goes[*number]);
        functions.extend(stays.map(|number| (number, String::new())));
    }
    for (count, (number, name)) in functions.iter_mut().enumerate() {
        *name = format!("{count:x}");
        first.exports.add(name, ids[*number]);
    }
    let rest: Vec<(String, ExportItem)> = first
        .memories
        .iter()
        .map(|memory| ExportItem::Memory(memory.id()))
        .chain(first.tables.iter().map(|table| ExportItem::Table(table.id())))
        .chain(first.globals.iter().map(|global| ExportItem::Global(global.id())))
        .enumerate()
        .map(|(place, item)| (format!("+{place:x}"), item))
        .collect();
    for (name, item) in rest {
        first.exports.add(&name, item);
    }
    Exports { functions }
}

/// Leaves of the second file what goes there; the rest of what it names comes from the first.
fn keep_only(later: &mut Module, goes: &[bool], places: &Places, exports: &Exports) -> Result<()> {
    let ids = ids(later);
    for id in later.exports.iter().map(|export| export.id()).collect::<Vec<_>>() {
        later.exports.delete(id);
    }
    later.start = None;
    let table = later.tables.iter().map(|table| table.id()).collect::<Vec<_>>();
    for element in later.elements.iter().map(|element| element.id()).collect::<Vec<_>>() {
        later.elements.delete(element);
    }
    for data in later.data.iter().map(|data| data.id()).collect::<Vec<_>>() {
        later.data.delete(data);
    }
    let globals: Vec<_> = later.globals.iter().map(|global| global.id()).collect();
    let memories: Vec<_> = later.memories.iter().map(|memory| memory.id()).collect();
    let mut count = 0;
    let mut name = || {
        count += 1;
        format!("+{:x}", count - 1)
    };
    for id in memories {
        later.memories.get_mut(id).import = Some(later.imports.add(FIRST, &name(), ImportKind::Memory(id)));
        // Whatever size it has by then.
        later.memories.get_mut(id).maximum = None;
        later.memories.get_mut(id).data_segments.clear();
    }
    let mut functions = None;
    for id in table {
        later.tables.get_mut(id).import = Some(later.imports.add(FIRST, &name(), ImportKind::Table(id)));
        later.tables.get_mut(id).maximum = None;
        later.tables.get_mut(id).elem_segments.clear();
        if later.tables.get(id).element_ty == RefType::FUNCREF {
            functions = functions.or(Some(id));
        }
    }
    for id in globals {
        later.globals.get_mut(id).kind = GlobalKind::Import(later.imports.add(FIRST, &name(), ImportKind::Global(id)));
    }
    for (number, name) in &exports.functions {
        let id = ids[*number];
        let ty = later.funcs.get(id).ty();
        if let FunctionKind::Import(former) = &later.funcs.get(id).kind {
            later.imports.delete(former.import);
        }
        let import = later.imports.add(FIRST, name, ImportKind::Function(id));
        later.funcs.get_mut(id).kind = FunctionKind::Import(ImportedFunction { import, ty });
    }
    place(later, functions.context("the WASM has no table of functions")?, goes, places);
    Ok(())
}

/// Puts what the second file has into the table, where stubs and pointers look for it.
fn place(later: &mut Module, table: TableId, goes: &[bool], places: &Places) {
    let ids = ids(later);
    let mut runs: Vec<(i32, Vec<FunctionId>)> = Vec::new();
    let mut stands: Vec<_> = places.places.iter().filter(|(number, _)| goes[**number]).collect();
    stands.sort_unstable_by_key(|(_, place)| **place);
    for (number, place) in stands {
        match runs.last_mut() {
            Some((from, run)) if *from + run.len() as i32 == *place => run.push(ids[*number]),
            _ => runs.push((*place, vec![ids[*number]])),
        }
    }
    for (from, run) in runs {
        let offset = ConstExpr::Value(Value::I32(from));
        let element = later.elements.add(ElementKind::Active { table, offset }, ElementItems::Functions(run));
        later.tables.get_mut(table).elem_segments.insert(element);
    }
}

/// Leaves zeros in the first where the second puts data: compressed they are nothing, and segments are something.
fn move_data(first: &mut Module, later: &mut Module, only_later: &[Range<usize>]) -> Result<()> {
    let memory = later.memories.iter().next().context("the WASM has no memory")?.id();
    let mut moved = Vec::new();
    for id in first.data.iter().map(|data| data.id()).collect::<Vec<_>>() {
        let data = first.data.get_mut(id);
        let DataKind::Active { offset: ConstExpr::Value(Value::I32(from)), .. } = &data.kind else { continue };
        let from = from.cast_unsigned() as usize;
        let within = from..=from + data.value.len();
        for run in only_later.iter().filter(|run| within.contains(&run.start) && within.contains(&run.end)) {
            let value = &mut data.value[run.start - from..run.end - from];
            moved.push((run.start, value.to_vec()));
            value.fill(0);
        }
    }
    ensure!(moved.len() == only_later.len(), "some data that comes later is not where it was");
    for (at, value) in moved {
        let offset = ConstExpr::Value(Value::I32(u32::try_from(at)?.cast_signed()));
        let data = later.data.add(DataKind::Active { memory, offset }, value);
        later.memories.get_mut(memory).data_segments.insert(data);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::super::tests::{parse, whole};
    use super::*;

    #[test]
    fn what_is_listed_comes_in_the_second_file() {
        let Halves { first, later } = split(&whole(), &List::read("0123456 1111111"), from_ref(&(102..104)), parse)
            .expect("splits")
            .expect("two files");
        let (first, later) = (parse(&first).expect("sound"), parse(&later).expect("sound"));
        // `hot`, `start`, the stub and what it calls first.
        assert_eq!(first.funcs.iter_local().count(), 4);
        assert!(first.imports.iter().any(|import| import.name == ENSURE));
        assert_eq!(later.funcs.iter_local().count(), 1);
        assert_eq!(later.imports.iter().filter(|import| matches!(import.kind, ImportKind::Function(_))).count(), 2);
        assert!(later.imports.iter().all(|import| import.module == FIRST));
        let element = later.elements.iter().next().expect("the function's place");
        let ElementKind::Active { offset: ConstExpr::Value(place), .. } = &element.kind else { panic!("it is active") };
        assert_eq!(format!("{place:?}"), format!("{:?}", Value::I32(1)));
        let data = |module: &Module| {
            let data = module.data.iter().next().expect("the data");
            let DataKind::Active { offset: ConstExpr::Value(Value::I32(at)), .. } = data.kind else { panic!("active") };
            (at, String::from_utf8(data.value.clone()).expect("text"))
        };
        assert_eq!(data(&first), (100, "ab\0\0ef".to_owned()));
        assert_eq!(data(&later), (102, "cd".to_owned()));
    }

    #[test]
    fn data_that_is_not_where_it_was_is_an_error() {
        assert!(split(&whole(), &List::read("0123456"), from_ref(&(104..107)), parse).is_err());
    }

    #[test]
    fn a_page_that_the_list_does_not_know_stays_whole() {
        assert!(split(&whole(), &List::read("1111111"), &[], parse).expect("splits").is_none());
    }
}
