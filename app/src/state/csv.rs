//! Rows of inputs as people have them: CSV (RFC 4180, read liberally), or a JSON object a line.
//!
//! What cannot be read one way only is refused with its place, and never guessed: a value that slips into the next
//! column would be paid for a thousand times. Taken as it is: any of comma, semicolon and tab between fields, any line
//! ending, a byte order mark, blank lines, blanks around quotes, quotes inside a field that does not begin with one.

use std::collections::HashSet;
use std::fmt;

use domain::limits::ROWS_MAX;

use super::figures::thousands;

mod json;
mod mapping;
#[cfg(test)]
mod tests;

pub use mapping::{guess, inputs};

/// Largest text of rows that is read, in bytes.
pub const ROWS_BYTES_MAX: usize = 10_000_000;
/// Most fields of a row.
pub const FIELDS_MAX: usize = 100;
/// Records from which it is seen what stands between fields.
const SNIFFED_RECORDS: usize = 20;
/// What may stand between fields; the first wins where two would do.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// What the rows were written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Fields with this byte between them.
    Separated(u8),
    /// A JSON object a line.
    JsonLines,
}

impl Form {
    /// In words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Separated(b';') => "CSV, semicolons",
            Self::Separated(b'\t') => "CSV, tabs",
            Self::Separated(_) => "CSV",
            Self::JsonLines => "JSONL",
        }
    }
}

/// Rows as they were read: each has as many fields as there are names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What they were written in.
    pub form: Form,
    /// The names in the head; one may be empty.
    pub names: Vec<String>,
    /// The rows after it.
    pub rows: Vec<Vec<String>>,
}

/// Why a text is no table, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line and column, from 1, in characters; none where it is about the whole.
    pub place: Option<(usize, usize)>,
    /// What is wrong, and what would mend it.
    pub what: String,
}

impl Problem {
    fn at(line: usize, column: usize, what: impl Into<String>) -> Self {
        Self { place: Some((line, column)), what: what.into() }
    }

    fn whole(what: impl Into<String>) -> Self {
        Self { place: None, what: what.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some((line, column)) => write!(f, "Line {line}, column {column}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

/// Reads rows; what begins with a brace is JSON.
///
/// # Errors
/// The first thing that is wrong.
pub fn read(text: &str) -> Result<Table, Problem> {
    if text.len() > ROWS_BYTES_MAX {
        let most = ROWS_BYTES_MAX / 1_000_000;
        return Err(Problem::whole(format!("It has more than {most} MB, the most that is taken. Use fewer rows.")));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let table = match text.trim_start().chars().next() {
        None => return Err(Problem::whole("There is nothing in it.")),
        Some('{') => json::lines(text)?,
        Some(_) => separated(text, sniff(text))?,
    };
    if table.rows.is_empty() {
        return Err(Problem::whole("It has a head and no rows under it."));
    }
    Ok(table)
}

/// Sees what stands between fields: what makes several of the head, and as many of the records after it.
fn sniff(text: &str) -> u8 {
    let judge = |delimiter: u8| {
        let mut reader = Reader::new(text, delimiter);
        let counts = std::iter::from_fn(|| reader.record().ok().flatten()).filter(|record| !record.is_blank());
        let counts: Vec<usize> = counts.take(SNIFFED_RECORDS).map(|record| record.fields.len()).collect();
        let first = counts.first().copied().unwrap_or_default();
        (first > 1, counts.iter().all(|count| *count == first), first)
    };
    // The last of equals is what `max_by_key` gives.
    DELIMITERS.into_iter().rev().max_by_key(|delimiter| judge(*delimiter)).unwrap_or(b',')
}

fn separated(text: &str, delimiter: u8) -> Result<Table, Problem> {
    let mut reader = Reader::new(text, delimiter);
    let mut names: Option<Vec<String>> = None;
    let mut rows = Vec::new();
    while let Some(record) = reader.record()? {
        if record.is_blank() {
            continue;
        }
        match &names {
            None => names = Some(head(text, &record)?),
            Some(names) => {
                if record.fields.len() != names.len() {
                    return Err(ragged(text, &record, names.len()));
                }
                let line = record.spots.first().map_or(1, |spot| spot.line);
                push(&mut rows, record.fields, line)?;
            }
        }
    }
    Ok(Table { form: Form::Separated(delimiter), names: names.unwrap_or_default(), rows })
}

fn ragged(text: &str, record: &Record, wanted: usize) -> Problem {
    let fields = |count: usize| if count == 1 { "1 field".to_owned() } else { format!("{count} fields") };
    let what = format!("the row has {}, the head has {}.", fields(record.fields.len()), fields(wanted));
    let extra = record.spots.get(wanted).or(record.spots.last());
    extra.map_or_else(|| Problem::whole(&what), |spot| spot.problem(text, &what))
}

fn push(rows: &mut Vec<Vec<String>>, fields: Vec<String>, line: usize) -> Result<(), Problem> {
    if rows.len() == ROWS_MAX {
        let most = thousands(ROWS_MAX as u64);
        return Err(Problem::at(line, 1, format!("there are more than {most} rows, the most that a grid has.")));
    }
    rows.push(fields);
    Ok(())
}

/// The names of the head: none twice. One may be missing: its column can be left out.
fn head(text: &str, record: &Record) -> Result<Vec<String>, Problem> {
    let names: Vec<String> = record.fields.iter().map(|name| name.trim().to_owned()).collect();
    let refuse = |place: usize, what: &str| Err(record.spots[place].problem(text, what));
    if names.len() > FIELDS_MAX {
        return refuse(FIELDS_MAX, &format!("the head has more than {FIELDS_MAX} fields."));
    }
    if names.iter().all(String::is_empty) {
        return refuse(0, "the head has no names. Write the variables' names into its first line.");
    }
    let mut known = HashSet::new();
    for (place, name) in names.iter().enumerate() {
        if !name.is_empty() && !known.insert(name) {
            let what = format!("the name “{name}” stands in the head twice. Call one of the two something else.");
            return refuse(place, &what);
        }
    }
    Ok(names)
}

/// Where something stands: a line, where it begins and the place itself in bytes.
#[derive(Clone, Copy)]
struct Spot {
    line: usize,
    line_start: usize,
    at: usize,
}

impl Spot {
    /// A problem there. Columns are counted here alone: a good text needs none.
    fn problem(self, text: &str, what: &str) -> Problem {
        Problem::at(self.line, text[self.line_start..self.at].chars().count() + 1, what)
    }
}

/// One record, and where its first fields begin.
struct Record {
    fields: Vec<String>,
    spots: Vec<Spot>,
    quoted: bool,
}

impl Record {
    /// Whether it is an empty line.
    fn is_blank(&self) -> bool {
        !self.quoted && self.fields.len() == 1 && self.fields[0].trim().is_empty()
    }
}

/// A text on its way through the reader.
struct Reader<'t> {
    text: &'t str,
    at: usize,
    line: usize,
    line_start: usize,
    delimiter: u8,
}

impl<'t> Reader<'t> {
    const fn new(text: &'t str, delimiter: u8) -> Self {
        Self { text, at: 0, line: 1, line_start: 0, delimiter }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// A byte of the line.
    const fn spot(&self, at: usize) -> Spot {
        Spot { line: self.line, line_start: self.line_start, at }
    }

    /// Whether a field can end there.
    fn is_end(&self, at: usize) -> bool {
        self.byte(at).is_none_or(|byte| byte == self.delimiter || byte == b'\n' || byte == b'\r')
    }

    fn record(&mut self) -> Result<Option<Record>, Problem> {
        if self.at >= self.text.len() {
            return Ok(None);
        }
        let mut record = Record { fields: Vec::new(), spots: Vec::new(), quoted: false };
        loop {
            if record.spots.len() <= FIELDS_MAX {
                record.spots.push(self.spot(self.at));
            }
            let (field, quoted) = self.field()?;
            record.fields.push(field);
            record.quoted |= quoted;
            match self.byte(self.at) {
                Some(byte) if byte == self.delimiter => self.at += 1,
                Some(_) => {
                    self.line_end();
                    return Ok(Some(record));
                }
                None => return Ok(Some(record)),
            }
        }
    }

    /// Steps over the end of a line: one of LF, CR LF and CR.
    fn line_end(&mut self) {
        let is_pair = self.byte(self.at) == Some(b'\r') && self.byte(self.at + 1) == Some(b'\n');
        self.at += if is_pair { 2 } else { 1 };
        self.line += 1;
        self.line_start = self.at;
    }

    /// One field, and whether it was quoted.
    fn field(&mut self) -> Result<(String, bool), Problem> {
        let mut begin = self.at;
        while self.byte(begin) == Some(b' ') {
            begin += 1;
        }
        if self.byte(begin) == Some(b'"') {
            return Ok((self.quoted(begin)?, true));
        }
        let mut end = self.at;
        while !self.is_end(end) {
            end += 1;
        }
        let field = self.text[self.at..end].to_owned();
        self.at = end;
        Ok((field, false))
    }

    fn quoted(&mut self, open: usize) -> Result<String, Problem> {
        let opened = self.spot(open);
        let mut field = String::new();
        self.at = open + 1;
        loop {
            let begin = self.at;
            match self.byte(self.at) {
                None => {
                    let what = "the quote that opens here is never closed. Write a quote inside quotes twice.";
                    return Err(opened.problem(self.text, what));
                }
                Some(b'"') if self.byte(self.at + 1) == Some(b'"') => {
                    field.push('"');
                    self.at += 2;
                }
                Some(b'"') => break,
                Some(b'\n' | b'\r') => {
                    self.line_end();
                    field.push_str(&self.text[begin..self.at]);
                }
                Some(_) => {
                    while self.byte(self.at).is_some_and(|byte| !matches!(byte, b'"' | b'\n' | b'\r')) {
                        self.at += 1;
                    }
                    field.push_str(&self.text[begin..self.at]);
                }
            }
        }
        let mut after = self.at + 1;
        while self.byte(after) == Some(b' ') {
            after += 1;
        }
        if !self.is_end(after) {
            let what = "text goes on after the closing quote. Write a quote inside quotes twice.";
            return Err(self.spot(after).problem(self.text, what));
        }
        self.at = after;
        Ok(field)
    }
}
