//! Where in a file of JSON a reader is: its byte, and the names of what it is inside of.
//!
//! The parser says that a file ends too early, not what it ends in; and it does not bound what it must hold at a time.

use std::fmt::Write as _;
use std::io::{self, Read};

/// Deepest nesting of a file, in brackets.
pub const DEPTH_MAX: usize = 100;
/// Largest entry of a file (a run, a version, a cell), in bytes: it is held in memory while it is looked at.
pub const ENTRY_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// How much is read from the disk at a time, in bytes.
const BUFFER_BYTES: usize = 64 * 1024;
/// Longest name of a field that is repeated, in bytes.
const KEY_BYTES_MAX: usize = 64;
/// How deep the entries stand that are read one by one: `{"prompts": [{"versions": [{`, `{"runs": [{`.
const NESTED_DEPTH: usize = 4;
const LISTED_DEPTH: usize = 2;

/// Why a file is not read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nested deeper than [`DEPTH_MAX`].
    TooDeep,
    /// An entry is larger than [`ENTRY_BYTES_MAX`].
    TooLarge,
    /// The disk did not give it.
    Disk,
}

/// A reader that knows where it is.
pub struct Scan<R> {
    inner: R,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    place: Place,
    trouble: Option<Trouble>,
}

impl<R: Read> Scan<R> {
    /// Begins at the beginning.
    pub fn new(inner: R) -> Self {
        Self { inner, buffer: vec![0; BUFFER_BYTES], at: 0, end: 0, place: Place::default(), trouble: None }
    }

    /// How many bytes have been read.
    pub const fn byte(&self) -> u64 {
        self.place.byte
    }

    /// What it is inside of, such as `prompts[7].versions[3].content`; empty at the top.
    pub fn path(&self) -> String {
        self.place.path()
    }

    /// Why it does not read on.
    pub const fn trouble(&self) -> Option<Trouble> {
        self.trouble
    }

    fn stop(&mut self, trouble: Trouble) -> io::Error {
        self.trouble = Some(trouble);
        io::Error::other("stopped")
    }
}

impl<R: Read> Read for Scan<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.end {
            self.at = 0;
            self.end = match self.inner.read(&mut self.buffer) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
                Err(_) => return Err(self.stop(Trouble::Disk)),
            };
        }
        let bytes = out.len().min(self.end - self.at);
        out[..bytes].copy_from_slice(&self.buffer[self.at..self.at + bytes]);
        for byte in &out[..bytes] {
            if let Err(trouble) = self.place.step(*byte) {
                return Err(self.stop(trouble));
            }
        }
        self.at += bytes;
        Ok(bytes)
    }
}

/// The brackets that are open, and what stands before the byte.
#[derive(Default)]
struct Place {
    byte: u64,
    open: Vec<Open>,
    text: Text,
    entry_from: u64,
}

enum Open {
    Object { key: String, awaits_key: bool },
    List { index: u64 },
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Text {
    #[default]
    Outside,
    Inside {
        is_key: bool,
        escaped: bool,
    },
}

impl Place {
    fn step(&mut self, byte: u8) -> Result<(), Trouble> {
        self.byte += 1;
        match self.text {
            Text::Inside { is_key, escaped: true } => self.text = Text::Inside { is_key, escaped: false },
            Text::Inside { is_key, escaped: false } => match byte {
                b'"' => self.text = Text::Outside,
                b'\\' => self.text = Text::Inside { is_key, escaped: true },
                _ if is_key => self.push_key(byte),
                _ => {}
            },
            Text::Outside => self.structure(byte)?,
        }
        if self.byte - self.entry_from > ENTRY_BYTES_MAX { Err(Trouble::TooLarge) } else { Ok(()) }
    }

    fn structure(&mut self, byte: u8) -> Result<(), Trouble> {
        match byte {
            b'"' => {
                let is_key = match self.open.last_mut() {
                    Some(Open::Object { key, awaits_key: true }) => {
                        key.clear();
                        true
                    }
                    _ => false,
                };
                self.text = Text::Inside { is_key, escaped: false };
            }
            b'{' => self.open(Open::Object { key: String::new(), awaits_key: true })?,
            b'[' => self.open(Open::List { index: 0 })?,
            b'}' | b']' => {
                self.open.pop();
                self.between();
            }
            b':' => {
                if let Some(Open::Object { awaits_key, .. }) = self.open.last_mut() {
                    *awaits_key = false;
                }
            }
            b',' => {
                match self.open.last_mut() {
                    Some(Open::Object { awaits_key, .. }) => *awaits_key = true,
                    Some(Open::List { index }) => *index += 1,
                    None => {}
                }
                self.between();
            }
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, open: Open) -> Result<(), Trouble> {
        self.between();
        self.open.push(open);
        if self.open.len() > DEPTH_MAX { Err(Trouble::TooDeep) } else { Ok(()) }
    }

    /// Notes that nothing of what was read is held any more, where that is so.
    fn between(&mut self) {
        let has_lists = matches!(self.open.first(), Some(Open::Object { key, .. }) if key != "runs");
        if self.open.len() <= if has_lists { NESTED_DEPTH } else { LISTED_DEPTH } {
            self.entry_from = self.byte;
        }
    }

    fn push_key(&mut self, byte: u8) {
        if let Some(Open::Object { key, .. }) = self.open.last_mut()
            && key.len() < KEY_BYTES_MAX
        {
            // It is shown, not compared with anything: other letters stand as a dot.
            key.push(if byte.is_ascii_graphic() { char::from(byte) } else { '·' });
        }
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for open in &self.open {
            match open {
                Open::Object { key, .. } if key.is_empty() => {}
                Open::Object { key, .. } if path.is_empty() => path.push_str(key),
                Open::Object { key, .. } => drop(write!(path, ".{key}")),
                Open::List { index } => drop(write!(path, "[{index}]")),
            }
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> (Scan<&[u8]>, io::Result<usize>) {
        let mut scan = Scan::new(text.as_bytes());
        let read = io::copy(&mut scan, &mut io::sink()).map(|bytes| bytes as usize);
        (scan, read)
    }

    #[test]
    fn says_where_a_text_ends() {
        let whole = r#"{"a":"}","prompts":[{"id":"x\"]","versions":[{"n":1},{"content":{"messages":[{"role":"us"#;
        let (there, read) = scan(whole);
        assert_eq!(read.expect("reads"), whole.len());
        assert_eq!(there.byte() as usize, whole.len());
        assert_eq!(there.path(), "prompts[0].versions[1].content.messages[0].role");
        assert_eq!(scan(r#"{"runs":[{"id":1},"#).0.path(), "runs[1]");
        assert_eq!(scan(r#"{"runs":[{"id":1}]"#).0.path(), "runs");
        assert_eq!(scan("").0.path(), "");
    }

    #[test]
    fn nesting_has_a_bound_and_brackets_in_texts_do_not_count() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(scan(&nested(DEPTH_MAX)).1.is_ok());
        assert_eq!(scan(&nested(DEPTH_MAX + 1)).0.trouble(), Some(Trouble::TooDeep));
        assert!(scan(&format!("\"{}\"", "[".repeat(1_000))).1.is_ok());
    }

    #[test]
    fn an_entry_has_a_bound_and_a_list_of_them_has_none() {
        struct Long(u64);
        impl Read for Long {
            fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
                let bytes = (out.len() as u64).min(self.0) as usize;
                out[..bytes].fill(b'x');
                self.0 -= bytes as u64;
                Ok(bytes)
            }
        }
        let of = |before: &'static str, bytes: u64| Scan::new(before.as_bytes().chain(Long(bytes)));
        let mut long = of("{\"runs\":[\"", ENTRY_BYTES_MAX + 1);
        assert!(io::copy(&mut long, &mut io::sink()).is_err());
        assert_eq!(long.trouble(), Some(Trouble::TooLarge));
        let two = "x".repeat(100);
        let list = format!("{{\"prompts\":[{{\"versions\":[\"{two}\",\"{two}\"]}}]}}");
        let mut scan = Scan::new(list.as_bytes());
        io::copy(&mut scan, &mut io::sink()).expect("reads");
        assert!(scan.byte() - scan.place.entry_from < 10);
    }
}
