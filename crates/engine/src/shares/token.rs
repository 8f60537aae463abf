//! What stands behind `/s/` in a link: what it grants, signed.
//!
//! Sixty bytes, so that base64 has no bits to spare: a version, the key, the share, the scope, the end, and the
//! HMAC-SHA256 of all before it. It is checked from memory, before anything is looked up.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use domain::{ShareId, ShareScope};
use ring::hmac;

/// Length of what is signed, in bytes.
const SIGNED_BYTES: usize = 28;
/// Length of the signature, in bytes.
const SIGNATURE_BYTES: usize = 32;
/// Length of a token, in bytes: a multiple of three.
const TOKEN_BYTES: usize = SIGNED_BYTES + SIGNATURE_BYTES;
/// Length of its text, in characters.
const TOKEN_CHARS: usize = TOKEN_BYTES / 3 * 4;
/// The first byte of each. What else is signed under the same keys begins with a letter.
const VERSION: u8 = 1;
/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

/// What a link grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// The key that signs it.
    pub key: u32,
    /// The share.
    pub share: ShareId,
    /// What it allows.
    pub scope: ShareScope,
    /// When it ends, in seconds since 1970, UTC.
    pub expires_s: u64,
}

impl Grant {
    /// The text that stands in the link.
    #[must_use]
    pub fn token(&self, key: &hmac::Key) -> String {
        let signed = self.signed();
        BASE64.encode([&signed[..], hmac::sign(key, &signed).as_ref()].concat())
    }

    /// Reads a token; nothing where one bit of it is not as it was signed, or its time is over.
    pub fn read(token: &str, key_of: impl FnOnce(u32) -> Option<hmac::Key>, now_micros: i64) -> Option<Self> {
        if token.len() != TOKEN_CHARS {
            return None;
        }
        let bytes: [u8; TOKEN_BYTES] = BASE64.decode(token).ok()?.try_into().ok()?;
        let (signed, signature) = bytes.split_at(SIGNED_BYTES);
        let (version, rest) = signed.split_first()?;
        let (key, rest) = rest.split_first_chunk::<4>()?;
        let (share, rest) = rest.split_first_chunk::<16>()?;
        let (scope, expiry) = rest.split_first()?;
        let key = u32::from_be_bytes(*key);
        hmac::verify(&key_of(key)?, signed, signature).ok()?;
        let expires_s = expiry.iter().fold(0, |seconds, byte| seconds << 8 | u64::from(*byte));
        let grant = Self { key, share: ShareId::from_bytes(*share), scope: scope_of(*scope)?, expires_s };
        (*version == VERSION && now_micros < grant.expires_at()).then_some(grant)
    }

    /// When it ends, in microseconds since 1970, UTC.
    #[must_use]
    pub fn expires_at(&self) -> i64 {
        i64::try_from(self.expires_s).unwrap_or(i64::MAX).saturating_mul(SECOND)
    }

    fn signed(&self) -> [u8; SIGNED_BYTES] {
        let mut signed = [0; SIGNED_BYTES];
        signed[0] = VERSION;
        signed[1..5].copy_from_slice(&self.key.to_be_bytes());
        signed[5..21].copy_from_slice(self.share.as_bytes());
        signed[21] = byte_of(self.scope);
        signed[22..].copy_from_slice(&self.expires_s.to_be_bytes()[2..]);
        signed
    }
}

const fn byte_of(scope: ShareScope) -> u8 {
    match scope {
        ShareScope::View => 1,
        ShareScope::Fork => 2,
        ShareScope::Run => 3,
    }
}

fn scope_of(byte: u8) -> Option<ShareScope> {
    [ShareScope::View, ShareScope::Fork, ShareScope::Run].into_iter().find(|scope| byte_of(*scope) == byte)
}

/// What a visitor has done, so that it need not be done twice: kept by the browser, signed by us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Opened the link: what belongs to this opening is not counted again.
    Opened,
    /// Typed the passphrase.
    Unlocked,
}

impl Done {
    /// How long it counts, in seconds.
    #[must_use]
    pub const fn ttl_s(self) -> u64 {
        match self {
            Self::Opened => 60 * 60,
            Self::Unlocked => 12 * 60 * 60,
        }
    }

    const fn label(self) -> &'static [u8] {
        match self {
            Self::Opened => b"opened ",
            Self::Unlocked => b"unlocked ",
        }
    }

    /// A proof of it, for a share, until a time in seconds since 1970.
    #[must_use]
    pub fn proof(self, key: &hmac::Key, share: ShareId, until_s: u64) -> String {
        let until = until_s.to_be_bytes();
        let signature = hmac::sign(key, &self.signed(share, &until));
        BASE64.encode([&until[..], signature.as_ref()].concat())
    }

    /// Whether a text is such a proof, and still counts.
    #[must_use]
    pub fn is_proven(self, key: &hmac::Key, share: ShareId, proof: &str, now_micros: i64) -> bool {
        let Ok(bytes) = BASE64.decode(proof) else { return false };
        let Some((until, signature)) = bytes.split_first_chunk::<8>() else { return false };
        let now_s = u64::try_from(now_micros / SECOND).unwrap_or_default();
        hmac::verify(key, &self.signed(share, until), signature).is_ok() && now_s < u64::from_be_bytes(*until)
    }

    fn signed(self, share: ShareId, until: &[u8; 8]) -> Vec<u8> {
        [self.label(), share.as_bytes(), until].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000 * SECOND;

    fn key(fill: u8) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &[fill; 32])
    }

    fn grant() -> Grant {
        Grant { key: 7, share: ShareId::from_bytes([0xab; 16]), scope: ShareScope::Fork, expires_s: 1_001 }
    }

    fn read(token: &str) -> Option<Grant> {
        // Whatever key a changed token names: the signature alone must refuse it.
        Grant::read(token, |_| Some(key(1)), NOW)
    }

    #[test]
    fn e1_each_flipped_bit_is_refused() {
        let token = grant().token(&key(1));
        assert_eq!(read(&token), Some(grant()));
        let bytes = BASE64.decode(&token).expect("base64");
        assert_eq!(bytes.len() % 3, 0, "no bits that mean nothing");
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(read(&BASE64.encode(bytes)), None, "bit {bit}");
        }
    }

    #[test]
    fn e1_each_changed_character_is_refused() {
        let token = grant().token(&key(1));
        for place in 0..token.len() {
            for byte in 0..=127_u8 {
                let mut changed = token.clone().into_bytes();
                if changed[place] == byte {
                    continue;
                }
                changed[place] = byte;
                let changed = String::from_utf8(changed).expect("ASCII");
                assert_eq!(read(&changed), None, "character {place} as {byte}");
            }
        }
        for other in ["", "=", &token[1..], &format!("{token}="), &format!("{token}A"), &format!(" {token}")] {
            assert_eq!(read(other), None, "{other:?}");
        }
    }

    #[test]
    fn e1_key_and_end_are_checked() {
        let token = grant().token(&key(1));
        assert_eq!(Grant::read(&token, |_| None, NOW), None);
        assert_eq!(Grant::read(&token, |_| Some(key(2)), NOW), None);
        assert_eq!(Grant::read(&token, |id| (id == 7).then(|| key(1)), NOW), Some(grant()));
        let end = grant().expires_at();
        assert!(Grant::read(&token, |_| Some(key(1)), end - 1).is_some());
        assert!(Grant::read(&token, |_| Some(key(1)), end).is_none());
    }

    #[test]
    fn a_proof_is_of_one_deed_one_share_and_one_time() {
        let share = grant().share;
        let proof = Done::Opened.proof(&key(1), share, 1_060);
        assert!(Done::Opened.is_proven(&key(1), share, &proof, NOW));
        assert!(!Done::Opened.is_proven(&key(1), share, &proof, 1_060 * SECOND));
        assert!(!Done::Unlocked.is_proven(&key(1), share, &proof, NOW));
        assert!(!Done::Opened.is_proven(&key(2), share, &proof, NOW));
        assert!(!Done::Opened.is_proven(&key(1), ShareId::from_bytes([1; 16]), &proof, NOW));
        for other in ["", "AAAA", &proof[1..], "ä"] {
            assert!(!Done::Opened.is_proven(&key(1), share, other, NOW), "{other}");
        }
    }
}
