//! Ids: 16 bytes (UUIDv7, so that they sort by time), printed as a prefix and 32 lower-case hex digits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A text that is not an id of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not an id of this kind: expected {prefix} and 32 lower-case hex digits")]
pub struct BadId {
    given: String,
    prefix: &'static str,
}

/// Longest part of a malformed id that an error repeats, in characters.
const GIVEN_CHARS_MAX: usize = 64;

fn parse(prefix: &'static str, text: &str) -> Result<[u8; 16], BadId> {
    let bad = || BadId { given: text.chars().take(GIVEN_CHARS_MAX).collect(), prefix };
    let digits = text.strip_prefix(prefix).ok_or_else(bad)?.as_bytes();
    if digits.len() != 32 {
        return Err(bad());
    }
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let (high, low) = nibble(pair[0]).zip(nibble(pair[1])).ok_or_else(bad)?;
        *byte = high << 4 | low;
    }
    Ok(bytes)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// Wraps the bytes of a UUID.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The bytes, as the database keeps them.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($prefix)?;
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                parse($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}

id!(
    /// One execution, kept for ever.
    RunId, "run_"
);
id!(
    /// The tenant that rows belong to.
    WorkspaceId, "wsp_"
);
id!(
    /// What one tab has in its fields.
    DraftId, "drf_"
);
id!(
    /// A provider that was added on the page.
    ProviderId, "prv_"
);
id!(
    /// Something with a name and a history.
    PromptId, "prm_"
);
id!(
    /// One state of a prompt, which never changes.
    VersionId, "ver_"
);
id!(
    /// Several variants side by side, or over rows of inputs.
    ComparisonId, "cmp_"
);
id!(
    /// A link that shows something to whoever has it.
    ShareId, "shr_"
);
id!(
    /// Something that was imported, as long as it can be taken back.
    ImportId, "imp_"
);
id!(
    /// A person, or the built-in user where there are no accounts.
    UserId, "usr_"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_and_refuses_what_is_no_id() {
        let id = RunId::from_bytes([0xab; 16]);
        let text = id.to_string();
        assert_eq!(text, format!("run_{}", "ab".repeat(16)));
        assert_eq!(text.parse(), Ok(id));
        for bad in ["", "run_", "run_AB", &text[..35], &text.replace("run_", "prm_"), &text.to_uppercase(), "run_é"] {
            assert!(bad.parse::<RunId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn sorts_as_its_text_does() {
        let (a, b) = (RunId::from_bytes([1; 16]), RunId::from_bytes([2; 16]));
        assert!(a < b && a.to_string() < b.to_string());
    }
}
