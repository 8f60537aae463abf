//! Where a word begins.
//!
//! A word is a run of letters and digits, or one sign of a script that writes no blanks between
//! words; blanks are one piece, every other char is one. What belongs to the char before it (accents,
//! the parts of an emoji) is not cut off. Whether a piece begins somewhere is seen from the two chars
//! that meet there, so that the same stretch is cut the same way in any text.

/// What a char is to the char beside it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    /// A sign that is a word by itself.
    Sign,
    Blank,
    /// Belongs to the char before it, and a letter may follow: an accent.
    Accent,
    /// Belongs to the char before it: the colour of a hand.
    Tail,
    /// Belongs to the char before it and to the one after it: the glue of a family.
    Glue,
    /// Half a flag.
    Flag,
    Other,
}

/// Cuts a text into its pieces, in order; nothing is left out.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut chars = rest.char_indices();
        let mut before = kind(chars.next()?.1);
        let end = chars.find_map(|(at, char)| {
            let here = kind(char);
            let starts = meets(before, here);
            before = here;
            starts.then_some(at)
        });
        let (piece, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        Some(piece)
    })
}

/// Whether a piece begins at that byte; both ends of a text count, the middle of a char does not.
pub(super) fn begins(text: &str, at: usize) -> bool {
    let Some((before, after)) = text.split_at_checked(at) else { return false };
    match (before.chars().next_back(), after.chars().next()) {
        (Some(before), Some(after)) => meets(kind(before), kind(after)),
        _ => true,
    }
}

/// Whether a piece is a word, as people count them.
pub(super) fn is_word(piece: &str) -> bool {
    piece.chars().next().is_some_and(|first| matches!(kind(first), Kind::Letter | Kind::Sign))
}

/// How many words there are in a text.
pub(super) fn count(text: &str) -> usize {
    pieces(text).filter(|piece| is_word(piece)).count()
}

/// Whether a piece begins between two such chars.
const fn meets(before: Kind, here: Kind) -> bool {
    use Kind::{Accent, Blank, Flag, Glue, Letter, Other, Sign, Tail};
    !matches!(
        (before, here),
        (_, Accent | Tail | Glue)
            | (Letter | Accent, Letter)
            | (Blank, Blank)
            | (Flag, Flag)
            | (Glue, Letter | Sign | Flag | Other)
    )
}

fn kind(char: char) -> Kind {
    if char.is_ascii() {
        return match char {
            ' ' | '\t' => Kind::Blank,
            char if char.is_ascii_alphanumeric() => Kind::Letter,
            _ => Kind::Other,
        };
    }
    match char as u32 {
        0x0300..=0x036F
        | 0x0483..=0x0489
        | 0x064B..=0x065F
        | 0x06D6..=0x06DC
        | 0x1AB0..=0x1AFF
        | 0x1DC0..=0x1DFF
        | 0x20D0..=0x20F0
        | 0x3099..=0x309A
        | 0xFE20..=0xFE2F => Kind::Accent,
        // The sign that takes a vowel away, and the dot below, in the scripts of India.
        code @ 0x0900..=0x0D7F if matches!(code & 0x7F, 0x3C | 0x4D) => Kind::Accent,
        0x0DCA => Kind::Accent,
        // The marks of Thai, Lao, Burmese and Khmer; between them, their letters.
        0x0E31 | 0x0E34..=0x0E3A | 0x0E47..=0x0E4E => Kind::Tail,
        0x0EB1 | 0x0EB4..=0x0EBC | 0x0EC8..=0x0ECE => Kind::Tail,
        0x102B..=0x103E | 0x17B4..=0x17D3 => Kind::Tail,
        0x0E01..=0x0EDF | 0x1000..=0x102A | 0x1780..=0x17B3 => Kind::Sign,
        // Kana, and the ideographs of China, Japan and Korea.
        0x3005..=0x3007 | 0x3041..=0x30FF | 0x31F0..=0x31FF | 0xFF66..=0xFF9F => Kind::Sign,
        0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF => Kind::Sign,
        0x200C | 0xFE00..=0xFE0F | 0x1_F3FB..=0x1_F3FF | 0xE_0020..=0xE_01EF => Kind::Tail,
        0x200D => Kind::Glue,
        0x1_F1E6..=0x1_F1FF => Kind::Flag,
        _ if char.is_alphanumeric() => Kind::Letter,
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::texts;
    use super::*;

    #[test]
    fn cuts_where_people_would() {
        for (text, want) in [
            ("don't  stop.", &["don", "'", "t", "  ", "stop", "."][..]),
            ("snake_case(a, 10)", &["snake", "_", "case", "(", "a", ",", " ", "10", ")"]),
            ("a\n\n  b\r\n", &["a", "\n", "\n", "  ", "b", "\r", "\n"]),
            ("日本語とEnglish", &["日", "本", "語", "と", "English"]),
            ("한국어 문장", &["한국어", " ", "문장"]),
            ("cafe\u{301}s", &["cafe\u{301}s"]),
            ("👩‍👩‍👧👍🏽!", &["👩‍👩‍👧", "👍🏽", "!"]),
            ("🇩🇪 x", &["🇩🇪", " ", "x"]),
            ("ก็ดี", &["ก็", "ดี"]),
            ("क्षि", &["क्षि"]),
        ] {
            assert_eq!(pieces(text).collect::<Vec<_>>(), want, "{text}");
        }
        assert_eq!(count("3 words, really: 日本"), 5);
    }

    proptest! {
        #[test]
        fn a_piece_begins_where_the_pieces_say(text in texts::text()) {
            let mut starts = vec![0];
            starts.extend(pieces(&text).scan(0, |at, piece| { *at += piece.len(); Some(*at) }));
            for at in 0..=text.len() {
                prop_assert_eq!(begins(&text, at), starts.contains(&at), "{:?} at {}", text, at);
            }
            prop_assert_eq!(pieces(&text).collect::<String>(), text);
        }
    }
}
