//! What the linker has noted of a file: what each function and each piece of data refers to.
//!
//! It does so where it is told `--emit-relocs`, which the splitter needs, too; the format is that of
//! <https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md>.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use anyhow::{Context, Result, bail, ensure};
use wasmparser::{
    CustomSectionReader, DataKind, DataSectionReader, DefinedDataSymbol, KnownCustom, Linking, Name, Operator, Parser,
    Payload, RelocAddendKind, RelocSectionReader, RelocationEntry, RelocationType, SymbolInfo, TypeRef,
};

/// Bytes of an address in data.
const POINTER: usize = 4;
/// Bytes of an address in code: as many as the linker may need.
const WIDE: usize = 5;

/// A file of WASM, as far as it matters here.
pub struct Wasm<'a> {
    pub bytes: &'a [u8],
    pub functions: Vec<Function<'a>>,
    pub segments: Vec<Segment>,
    /// Where the contents of the sections of code and of data begin in the file.
    code: usize,
    data: usize,
    customs: Vec<CustomSectionReader<'a>>,
}

/// A function that has code: its name, and where its body is in the file.
pub struct Function<'a> {
    pub name: &'a str,
    pub body: Range<usize>,
}

/// A piece of memory as it is at the start: its address, and where it is in the file.
pub struct Segment {
    pub address: usize,
    file: Range<usize>,
}

impl Segment {
    pub fn addresses(&self) -> Range<usize> {
        self.address..self.address + self.file.len()
    }
}

impl<'a> Wasm<'a> {
    pub fn read(bytes: &'a [u8]) -> Result<Self> {
        let mut wasm =
            Self { bytes, functions: Vec::new(), segments: Vec::new(), code: 0, data: 0, customs: Vec::new() };
        let mut imported = 0;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        imported += usize::from(matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
                    }
                }
                Payload::CodeSectionStart { range, .. } => wasm.code = usize::try_from(range.start)?,
                Payload::CodeSectionEntry(body) => {
                    wasm.functions.push(Function { name: "", body: in_file(&body.range())? });
                }
                Payload::DataSection(data) => wasm.read_data(data)?,
                Payload::CustomSection(custom) => wasm.customs.push(custom),
                _ => {}
            }
        }
        for custom in &wasm.customs {
            let KnownCustom::Name(names) = custom.as_known() else { continue };
            for names in names {
                let Name::Function(names) = names? else { continue };
                for naming in names {
                    let naming = naming?;
                    let place = (naming.index as usize).checked_sub(imported);
                    if let Some(function) = place.and_then(|place| wasm.functions.get_mut(place)) {
                        function.name = naming.name;
                    }
                }
            }
        }
        Ok(wasm)
    }

    fn read_data(&mut self, data: DataSectionReader<'a>) -> Result<()> {
        self.data = in_file(&data.range())?.start;
        for segment in data {
            let segment = segment?;
            let DataKind::Active { offset_expr, .. } = segment.kind else { bail!("a piece of data has no address") };
            let Operator::I32Const { value } = offset_expr.get_operators_reader().read()? else {
                bail!("the address of a piece of data is no number")
            };
            let end = in_file(&segment.range)?.end;
            let file = end - segment.data.len()..end;
            self.segments.push(Segment { address: address(value), file });
        }
        Ok(())
    }

    /// What memory has at an address at the start.
    pub fn memory(&self, at: Range<usize>) -> Result<&'a [u8]> {
        let found = self.segments.iter().find_map(|segment| {
            let from = at.start.checked_sub(segment.address)?;
            self.bytes[segment.file.clone()].get(from..from + at.len())
        });
        found.with_context(|| format!("no data is at {at:?}"))
    }

    /// The address of a byte of the file.
    fn address_of(&self, file: usize) -> Result<usize> {
        let segment = self.segments.iter().find(|segment| segment.file.contains(&file));
        let segment = segment.context("an address is beside all data")?;
        Ok(segment.address + file - segment.file.start)
    }
}

fn in_file(range: &Range<u64>) -> Result<Range<usize>> {
    Ok(usize::try_from(range.start)?..usize::try_from(range.end)?)
}

/// Addresses have no sign.
fn address(number: i32) -> usize {
    number.cast_unsigned() as usize
}

/// What the linker has noted of the linked file.
pub struct Notes {
    /// Where each symbol is that is data, by its number; what is no data has no extent.
    pub symbols: Vec<Range<usize>>,
    of_functions: HashMap<usize, Vec<Reference>>,
    of_data: HashMap<usize, Vec<Reference>>,
    /// Where in a piece of data numbers stand that depend on the place of something.
    blanks: HashMap<usize, Vec<usize>>,
}

/// A place that holds the address of a piece of data.
pub struct Reference {
    /// Bytes from the beginning of the function's body, or of the data.
    at: usize,
    /// What it is the address of.
    pub symbol: usize,
    /// What is added to it.
    addend: i64,
}

impl Reference {
    /// The address of the symbol, as a function's body has it.
    pub fn read_in_code(&self, body: &[u8]) -> Result<usize> {
        let number = body.get(self.at..self.at + WIDE).context("an address is behind its function")?;
        ensure!(number[..WIDE - 1].iter().all(|byte| byte & 0x80 != 0), "an address is not as wide as it was");
        let number = number.iter().rev().fold(0, |number, byte| (number << 7) | u64::from(byte & 0x7f));
        Ok(self.symbol_at(number))
    }

    /// The address of the symbol, as a piece of data has it.
    pub fn read_in_data(&self, data: &[u8]) -> Result<usize> {
        let number = data.get(self.at..self.at + POINTER).context("an address is behind its data")?;
        Ok(self.symbol_at(u64::from(u32::from_le_bytes(number.try_into()?))))
    }

    fn symbol_at(&self, number: u64) -> usize {
        // Addresses have 32 bits; in code they may be written as negative numbers.
        (number.wrapping_add_signed(-self.addend) & u64::from(u32::MAX)) as usize
    }
}

impl Notes {
    pub fn read(linked: &Wasm<'_>) -> Result<Self> {
        let mut notes =
            Self { symbols: Vec::new(), of_functions: HashMap::new(), of_data: HashMap::new(), blanks: HashMap::new() };
        for custom in &linked.customs {
            let KnownCustom::Linking(linking) = custom.as_known() else { continue };
            for part in linking.subsections() {
                let Linking::SymbolTable(symbols) = part? else { continue };
                for symbol in symbols {
                    notes.symbols.push(match symbol? {
                        SymbolInfo::Data { symbol: Some(symbol), .. } => extent(linked, &symbol)?,
                        _ => 0..0,
                    });
                }
            }
        }
        ensure!(!notes.symbols.is_empty(), "the linker has noted nothing");
        for custom in &linked.customs {
            let KnownCustom::Reloc(places) = custom.as_known() else { continue };
            match custom.name() {
                "reloc.CODE" => notes.read_code(linked, &places)?,
                "reloc.DATA" => notes.read_data(linked, &places)?,
                _ => {}
            }
        }
        Ok(notes)
    }

    fn read_code(&mut self, linked: &Wasm<'_>, places: &RelocSectionReader<'_>) -> Result<()> {
        for place in places.entries() {
            let place = place?;
            if !matches!(place.ty, RelocationType::MemoryAddrLeb | RelocationType::MemoryAddrSleb) {
                ensure!(place.ty.addend_kind() == RelocAddendKind::None, "{:?} is in the code", place.ty);
                continue;
            }
            let file = linked.code + place.offset as usize;
            let function = linked.functions.partition_point(|function| function.body.start <= file).checked_sub(1);
            let function = function.context("an address is before all functions")?;
            let at = file - linked.functions[function].body.start;
            let reference = self.reference(at, &place)?;
            self.of_functions.entry(function).or_default().extend(reference);
        }
        Ok(())
    }

    fn read_data(&mut self, linked: &Wasm<'_>, places: &RelocSectionReader<'_>) -> Result<()> {
        // Texts that end alike share their end: an address may be in more than one symbol.
        let mut symbols: Vec<usize> = (0..self.symbols.len()).filter(|id| !self.symbols[*id].is_empty()).collect();
        symbols.sort_unstable_by_key(|symbol| self.symbols[*symbol].start);
        let longest = self.symbols.iter().map(Range::len).max().unwrap_or_default();
        for place in places.entries() {
            let place = place?;
            let is_function = place.ty == RelocationType::TableIndexI32;
            ensure!(is_function || place.ty == RelocationType::MemoryAddrI32, "{:?} is in the data", place.ty);
            let at = linked.address_of(linked.data + place.offset as usize)?;
            let end = symbols.partition_point(|symbol| self.symbols[*symbol].start <= at);
            let near = symbols[..end].iter().rev().take_while(|symbol| self.symbols[**symbol].start + longest > at);
            let holders: Vec<_> = near.copied().filter(|symbol| self.symbols[*symbol].contains(&at)).collect();
            for holder in holders {
                let at = at - self.symbols[holder].start;
                self.blanks.entry(holder).or_default().push(at);
                if !is_function {
                    let reference = self.reference(at, &place)?;
                    self.of_data.entry(holder).or_default().extend(reference);
                }
            }
        }
        Ok(())
    }

    /// Nothing where it is the address of no data.
    fn reference(&self, at: usize, place: &RelocationEntry) -> Result<Option<Reference>> {
        let symbol = place.index as usize;
        let extent = self.symbols.get(symbol).context("a symbol is missing")?;
        Ok((!extent.is_empty()).then_some(Reference { at, symbol, addend: place.addend }))
    }

    /// What a function refers to.
    pub fn of_function(&self, function: usize) -> impl Iterator<Item = &Reference> {
        self.of_functions.get(&function).into_iter().flatten()
    }

    /// What a piece of data refers to.
    pub fn of_data(&self, symbol: usize) -> impl Iterator<Item = &Reference> {
        self.of_data.get(&symbol).into_iter().flatten()
    }

    /// What functions refer to, and what that refers to, and so on.
    pub fn reachable(&self, functions: impl Iterator<Item = usize>) -> HashSet<usize> {
        let mut waiting: Vec<_> = functions.flat_map(|function| self.of_function(function)).collect();
        let mut reached = HashSet::new();
        while let Some(to) = waiting.pop() {
            if reached.insert(to.symbol) {
                waiting.extend(self.of_data(to.symbol));
            }
        }
        reached
    }

    /// A piece of data without what depends on the place of something.
    pub fn blank(&self, symbol: usize, data: &[u8]) -> Vec<u8> {
        let mut data = data.to_vec();
        for at in self.blanks.get(&symbol).into_iter().flatten() {
            data.iter_mut().skip(*at).take(POINTER).for_each(|byte| *byte = 0);
        }
        data
    }
}

fn extent(linked: &Wasm<'_>, symbol: &DefinedDataSymbol) -> Result<Range<usize>> {
    if symbol.size == 0 {
        return Ok(0..0);
    }
    let segment = linked.segments.get(symbol.index as usize).context("a symbol is in no data")?;
    let start = segment.address + symbol.offset as usize;
    Ok(start..start + symbol.size as usize)
}
