//! Characters that one does not see: where they are, what they are called, and a way to show them.
//!
//! A text can say one thing to a reader and another to a model or a compiler: bidi controls reorder it
//! ("Trojan Source", CVE-2021-42574), tag characters and variation selectors carry whole hidden messages.
//! The list is `Default_Ignorable_Code_Point` of Unicode 16.0 (`DerivedCoreProperties.txt`), and beside it
//! the control characters that HTML neither shows nor refuses, the annotation marks U+FFF9–FFFB, the line
//! and paragraph separators, and the blank Braille pattern. The visible format characters of Arabic, Kaithi
//! and Egyptian (`Cf`, not ignorable) are absent on purpose.

use std::borrow::Cow;

use super::html;

/// First, last, short label, name. Sorted.
#[rustfmt::skip]
const RANGES: &[(u32, u32, &str, &str)] = &[
    (0x0001, 0x0008, "", "control character"), (0x000B, 0x000C, "", "control character"),
    (0x000E, 0x001F, "", "control character"), (0x007F, 0x009F, "", "control character"),
    (0x00AD, 0x00AD, "SHY", "soft hyphen"), (0x034F, 0x034F, "CGJ", "combining grapheme joiner"),
    (0x061C, 0x061C, "ALM", "arabic letter mark"), (0x115F, 0x1160, "HF", "hangul filler"),
    (0x17B4, 0x17B5, "", "khmer inherent vowel"), (0x180B, 0x180D, "FVS", "mongolian variation selector"),
    (0x180E, 0x180E, "MVS", "mongolian vowel separator"), (0x180F, 0x180F, "FVS", "mongolian variation selector"),
    (0x200B, 0x200B, "ZWSP", "zero width space"), (0x200C, 0x200C, "ZWNJ", "zero width non-joiner"),
    (0x200D, 0x200D, "ZWJ", "zero width joiner"), (0x200E, 0x200E, "LRM", "left-to-right mark"),
    (0x200F, 0x200F, "RLM", "right-to-left mark"), (0x2028, 0x2028, "LS", "line separator"),
    (0x2029, 0x2029, "PS", "paragraph separator"), (0x202A, 0x202A, "LRE", "left-to-right embedding"),
    (0x202B, 0x202B, "RLE", "right-to-left embedding"), (0x202C, 0x202C, "PDF", "pop directional formatting"),
    (0x202D, 0x202D, "LRO", "left-to-right override"), (0x202E, 0x202E, "RLO", "right-to-left override"),
    (0x2060, 0x2060, "WJ", "word joiner"), (0x2061, 0x2064, "", "invisible operator"),
    (0x2065, 0x2065, "", "unassigned, ignorable"), (0x2066, 0x2066, "LRI", "left-to-right isolate"),
    (0x2067, 0x2067, "RLI", "right-to-left isolate"), (0x2068, 0x2068, "FSI", "first strong isolate"),
    (0x2069, 0x2069, "PDI", "pop directional isolate"), (0x206A, 0x206F, "", "deprecated format character"),
    (0x2800, 0x2800, "", "braille pattern blank"), (0x3164, 0x3164, "HF", "hangul filler"),
    (0xFE00, 0xFE0F, "VS", "variation selector"), (0xFEFF, 0xFEFF, "BOM", "zero width no-break space"),
    (0xFFA0, 0xFFA0, "HF", "halfwidth hangul filler"), (0xFFF0, 0xFFF8, "", "unassigned, ignorable"),
    (0xFFF9, 0xFFFB, "", "interlinear annotation"), (0x1BCA0, 0x1BCA3, "", "shorthand format control"),
    (0x1D173, 0x1D17A, "", "musical format character"), (0xE0000, 0xE001F, "TAG", "tag character"),
    (0xE0020, 0xE007E, "TAG", "tag character"), (0xE007F, 0xE007F, "TAG", "cancel tag"),
    (0xE0080, 0xE00FF, "", "unassigned, ignorable"), (0xE0100, 0xE01EF, "VS", "variation selector"),
    (0xE01F0, 0xE0FFF, "", "unassigned, ignorable"),
];

/// Names an invisible character: a short label and its Unicode name. Nothing for a visible one.
#[must_use]
pub fn name(c: char) -> Option<(Cow<'static, str>, Cow<'static, str>)> {
    let code = u32::from(c);
    if matches!(code, 0x20..=0x7E | 0x09 | 0x0A | 0x0D | 0) {
        return None;
    }
    let at = RANGES.binary_search_by(|(first, last, ..)| {
        if *last < code {
            std::cmp::Ordering::Less
        } else if *first > code {
            std::cmp::Ordering::Greater
        } else {
            std::cmp::Ordering::Equal
        }
    });
    let (first, _, short, name) = RANGES[at.ok()?];
    let nth = |base: u32| code - first + base;
    Some(match code {
        // A tag repeats an ASCII character: show which, and the hidden text can be read.
        0xE0021..=0xE007E => {
            let hidden = char::from_u32(code - 0xE0000).unwrap_or('?');
            (format!("tag {hidden}").into(), format!("tag {hidden}").into())
        }
        0xFE00..=0xFE0F => (format!("VS{}", nth(1)).into(), format!("variation selector-{}", nth(1)).into()),
        0xE0100..=0xE01EF => (format!("VS{}", nth(17)).into(), format!("variation selector-{}", nth(17)).into()),
        _ if short.is_empty() => (format!("U+{code:04X}").into(), name.into()),
        _ => (short.into(), name.into()),
    })
}

/// Remembers the last character, to tell a joiner that makes an emoji or a Persian word from one that hides.
#[derive(Clone, Copy, Debug, Default)]
pub struct Watch {
    last: Option<char>,
}

impl Watch {
    /// Says whether `c`, coming next, is worth telling a reader about.
    pub fn sees(&mut self, c: char) -> bool {
        let last = self.last.replace(c);
        if c.is_ascii_graphic() || c == ' ' || name(c).is_none() {
            return false;
        }
        match c {
            '\u{FE0E}' | '\u{FE0F}' => !last.is_some_and(is_pictograph_or_key),
            '\u{200D}' => !last.is_some_and(|last| is_pictograph_or_key(last) || joins(last)),
            '\u{200C}' => !last.is_some_and(joins),
            _ => true,
        }
    }
}

/// What emoji sequences are built from: pictographs, skin tones, keycap digits, and U+FE0F before a joiner.
fn is_pictograph_or_key(c: char) -> bool {
    matches!(u32::from(c), 0x2010..=0x2BFF | 0x3030..=0x303D | 0x3297..=0x3299 | 0x1F000..=0x1FAFF | 0xFE0F | 0xA9 | 0xAE)
        && !matches!(u32::from(c), 0x2028..=0x202E | 0x2060..=0x206F | 0x2800)
        || matches!(c, '0'..='9' | '#' | '*')
}

/// Scripts in which joiners are spelling: Arabic, Syriac, those of India and their neighbours.
fn joins(c: char) -> bool {
    matches!(u32::from(c), 0x0600..=0x08FF | 0x0900..=0x0DFF | 0x0F00..=0x109F | 0x1780..=0x17FF | 0x1800..=0x18AF | 0xFB50..=0xFDCF | 0xFE70..=0xFEFC)
        && name(c).is_none()
}

/// Counts the invisible characters that a reader should know of.
#[must_use]
pub fn count(text: &str) -> usize {
    let mut watch = Watch::default();
    text.chars().filter(|c| watch.sees(*c)).count()
}

/// Text as HTML in which invisible characters have a sign of their own.
#[must_use]
pub fn reveal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut ink = html::Ink::new(true, false);
    ink.write(&mut out, text);
    out
}

/// Appends the sign of one invisible character.
pub(super) fn sign(out: &mut String, c: char) {
    let Some((short, name)) = name(c) else { return };
    out.push_str("<span class=\"invisible\" title=\"");
    html::escape(out, &format!("U+{:04X} {name}", u32::from(c)));
    out.push_str("\">⟦");
    html::escape(out, &short);
    out.push_str("⟧</span>");
}
