//! Which data of the page only that reads which comes later: texts, tables of numbers, tables of functions of views.
//!
//! The splitter moves data, and writes the new addresses where the old ones stood; so what the linker has noted of the
//! linked file tells where the new addresses are to be read.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use anyhow::{Result, bail, ensure};

use super::linked::{Function, Notes, Wasm};
use super::readable;

/// What the splitter adds: functions that pass a call on, and read no data.
const SHIM: &str = "_shim";

/// The addresses in `main`, which the splitter has made of `linked`, of what is read by functions that go and by none
/// that stays. Functions of the parts do not count: they are called once everything is there.
///
/// # Errors
/// When the splitter works otherwise than it did: then some data would be missing.
pub fn only_later(linked: &[u8], main: &[u8], goes: impl Fn(&str) -> bool) -> Result<Vec<Range<usize>>> {
    let (linked, main) = (Wasm::read(linked)?, Wasm::read(main)?);
    let notes = Notes::read(&linked)?;
    let pairs = pair(&linked, &main)?;
    let places = places(&linked, &main, &notes, &pairs)?;

    let names: Vec<_> = main.functions.iter().map(|function| readable(function.name)).collect();
    let mut times: HashMap<&str, usize> = HashMap::new();
    for name in &names {
        *times.entry(name).or_default() += 1;
    }
    // Of functions with one name it is not known which of them goes: as far as this is concerned, they stay.
    let (going, staying): (Vec<_>, Vec<_>) =
        pairs.iter().partition(|(_, new)| times[names[*new].as_str()] == 1 && goes(&names[*new]));
    let read = |of: Vec<&(usize, usize)>| {
        let symbols = notes.reachable(of.into_iter().map(|(old, _)| *old));
        symbols
            .into_iter()
            .flat_map(|symbol| places[&symbol]..places[&symbol] + notes.symbols[symbol].len())
            .collect::<HashSet<_>>()
    };
    let (staying, going) = (read(staying), read(going));
    let mut only: Vec<Range<usize>> = Vec::new();
    for segment in &main.segments {
        for at in segment.addresses().filter(|at| going.contains(at) && !staying.contains(at)) {
            match only.last_mut() {
                // Where two segments meet, a run ends: it is moved out of one of them.
                Some(run) if run.end == at && at != segment.address => run.end += 1,
                _ => only.push(at..at + 1),
            }
        }
    }
    Ok(only)
}

/// Which function of the linked file each of `main` was: the splitter keeps their order, their names and their lengths.
fn pair(linked: &Wasm<'_>, main: &Wasm<'_>) -> Result<Vec<(usize, usize)>> {
    let mut pairs = Vec::new();
    let mut next = 0;
    for (new, function) in main.functions.iter().enumerate() {
        let same = |old: &Function<'_>| old.name == function.name && old.body.len() == function.body.len();
        match linked.functions[next..].iter().position(same) {
            Some(further) => {
                pairs.push((next + further, new));
                next += further + 1;
            }
            None if function.name.ends_with(SHIM) => {}
            None => bail!("the splitter has made a function that the linked file does not have: {}", function.name),
        }
    }
    Ok(pairs)
}

/// Where the splitter has put each piece of data that functions of `main` reach.
fn places(
    linked: &Wasm<'_>,
    main: &Wasm<'_>,
    notes: &Notes,
    pairs: &[(usize, usize)],
) -> Result<HashMap<usize, usize>> {
    let mut places = HashMap::new();
    let mut waiting = Vec::new();
    for (old, new) in pairs {
        let body = &main.bytes[main.functions[*new].body.clone()];
        for to in notes.of_function(*old) {
            waiting.push((to.symbol, to.read_in_code(body)?));
        }
    }
    while let Some((symbol, at)) = waiting.pop() {
        if let Some(known) = places.insert(symbol, at) {
            ensure!(known == at, "a piece of data is at {at} and at {known}");
            continue;
        }
        let memory = main.memory(at..at + notes.symbols[symbol].len())?;
        let former = linked.memory(notes.symbols[symbol].clone())?;
        ensure!(
            notes.blank(symbol, memory) == notes.blank(symbol, former),
            "other data is at {at} than was looked for"
        );
        for to in notes.of_data(symbol) {
            waiting.push((to.symbol, to.read_in_data(memory)?));
        }
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{
        CodeSection, ConstExpr, CustomSection, DataSection, DataSymbolDefinition, FunctionSection, LinkingSection,
        Module, NameMap, NameSection, SymbolTable,
    };

    use super::*;

    const STAYS: &str = "_ZN3app3hot17hfedcba9876543210E";
    const GOES: &str = "_ZN3app4cold17h0123456789abcdefE";
    /// What the data is, four bytes each: `both` functions read it, or one of them; `more` is read by way of `table`.
    const DATA: [&str; 4] = ["keep", "both", "table", "more"];
    /// Where each function has its two addresses.
    const FIELDS: [usize; 2] = [2, 9];
    const BODY: usize = 16;

    /// A file whose data is in that order from an address on.
    struct File {
        from: usize,
        order: [&'static str; 4],
        names: [&'static str; 2],
        more: &'static [u8; 4],
    }

    impl File {
        const LINKED: Self = Self { from: 100, order: DATA, names: [STAYS, GOES], more: b"more" };
        const MAIN: Self = Self { from: 70, order: ["table", "keep", "more", "both"], ..Self::LINKED };

        fn address(&self, of: &str) -> usize {
            self.from + 4 * self.order.iter().position(|data| *data == of).expect("it is there")
        }

        fn data(&self) -> Vec<u8> {
            let pointer = u32::try_from(self.address("more")).expect("small").to_le_bytes();
            let piece = |of: &&str| match *of {
                "table" => pointer,
                "more" => *self.more,
                other => other.as_bytes().try_into().expect("four letters"),
            };
            self.order.iter().flat_map(piece).collect()
        }

        /// The first function reads `keep` and `both`, the second `both` and `table`.
        fn bytes(&self) -> Vec<u8> {
            let mut module = Module::new();
            let mut types = FunctionSection::new();
            types.function(0).function(0);
            let mut code = CodeSection::new();
            for reads in [["keep", "both"], ["both", "table"]] {
                let mut body = vec![0; BODY];
                for (field, of) in FIELDS.into_iter().zip(reads) {
                    body[field - 1] = 0x41;
                    let address = self.address(of);
                    for (place, byte) in body[field..field + 5].iter_mut().enumerate() {
                        *byte = (address >> (7 * place)) as u8 & 0x7f | if place < 4 { 0x80 } else { 0 };
                    }
                    body[field + 5] = 0x1a;
                }
                body[BODY - 1] = 0x0b;
                code.raw(&body);
            }
            let mut data = DataSection::new();
            data.active(0, &ConstExpr::i32_const(i32::try_from(self.from).expect("small")), self.data());
            let mut names = NameMap::new();
            for (function, name) in (0..).zip(self.names) {
                names.append(function, name);
            }
            let mut named = NameSection::new();
            named.functions(&names);
            module.section(&types).section(&code).section(&data).section(&named);
            module.finish()
        }

        fn with_notes(&self) -> Vec<u8> {
            let mut symbols = SymbolTable::new();
            for (index, name) in DATA.iter().enumerate() {
                let offset = 4 * u32::try_from(index).expect("small");
                symbols.data(0, name, Some(DataSymbolDefinition { index: 0, offset, size: 4 }));
            }
            let mut linking = LinkingSection::new();
            linking.symbol_table(&symbols);
            // Kind, place in the section, symbol, what is added; before them the section's number and how many there are.
            let places = |body: usize| FIELDS.map(|field| (1 + body * (1 + BODY) + 1 + field) as u8);
            let ([a, b], [c, d]) = (places(0), places(1));
            let in_code = [0, 4, 4, a, 0, 0, 4, b, 1, 0, 4, c, 1, 0, 4, d, 2, 0];
            let header = 1 + 1 + 3 + 1 + 1;
            let in_data = [1, 1, 5, header + 8, 3, 0];
            let mut bytes = self.bytes();
            let mut module = Module::new();
            module
                .section(&linking)
                .section(&CustomSection { name: "reloc.CODE".into(), data: in_code.as_slice().into() })
                .section(&CustomSection { name: "reloc.DATA".into(), data: in_data.as_slice().into() });
            bytes.extend_from_slice(&module.finish()[8..]);
            bytes
        }
    }

    fn only(linked: &File, main: &File) -> Result<Vec<Range<usize>>> {
        only_later(&linked.with_notes(), &main.bytes(), |name| name.contains("cold"))
    }

    #[test]
    fn what_only_that_reads_which_goes_is_found_where_it_is_now() {
        let (table, more) = (File::MAIN.address("table"), File::MAIN.address("more"));
        assert_eq!(only(&File::LINKED, &File::MAIN).expect("found"), [table..table + 4, more..more + 4]);
    }

    #[test]
    fn functions_of_one_name_stay() {
        let names = [GOES, GOES];
        let (linked, main) = (File { names, ..File::LINKED }, File { names, ..File::MAIN });
        assert!(only(&linked, &main).expect("found").is_empty());
    }

    #[test]
    fn a_splitter_that_works_otherwise_is_an_error() {
        let new = File { names: [STAYS, "_ZN3app3new17h0123456789abcdefE"], ..File::MAIN };
        assert!(only(&File::LINKED, &new).expect_err("new").to_string().contains("app3new"));
        let other = File { more: b"less", ..File::MAIN };
        assert!(only(&File::LINKED, &other).expect_err("other").to_string().contains("other data"));
        assert!(only_later(&File::LINKED.bytes(), &File::MAIN.bytes(), |_| true).is_err());
    }
}
