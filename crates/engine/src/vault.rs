//! Secrets at rest: sealed under a key that stands in a file of the data directory.
//!
//! ChaCha20-Poly1305 (RFC 8439) with a random nonce before each text. A copy of the database alone opens nothing; what
//! a text belongs to is sealed with it, so that rows cannot be swapped.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::clock::Clock;
use crate::error::Error;
use crate::secret::Secret;

/// Length of the key, in bytes.
const KEY_BYTES: usize = 32;

/// Seals secrets and opens them.
pub struct Vault {
    key: LessSafeKey,
    clock: Clock,
}

impl Vault {
    /// Reads the key file; makes one where there is none.
    ///
    /// # Errors
    /// When it cannot be read or written, or is damaged.
    pub fn open(file: &Path, clock: &Clock) -> Result<Self, Error> {
        let bytes = match fs::read_to_string(file) {
            Ok(text) => from_hex(text.trim()).ok_or_else(|| {
                Error::Config(format!(
                    "The key file {} is damaged. Restore it from a backup; without it, the keys of providers that were added on the page must be typed again: move the file away and start again.",
                    file.display()
                ))
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => make(file, clock)?,
            Err(error) => return Err(Error::disk(format!("the key file {} cannot be read", file.display()))(error)),
        };
        let key = UnboundKey::new(&CHACHA20_POLY1305, &bytes).expect("the length is the cipher's");
        Ok(Self { key: LessSafeKey::new(key), clock: clock.clone() })
    }

    /// Seals a secret for what it belongs to.
    #[must_use]
    pub fn seal(&self, of: &[u8], secret: &Secret) -> Vec<u8> {
        let mut nonce = [0; NONCE_LEN];
        self.clock.random(&mut nonce);
        let mut sealed = secret.expose().as_bytes().to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(of), &mut sealed)
            .expect("a key is far shorter than what the cipher takes");
        [&nonce[..], &sealed].concat()
    }

    /// Opens what was sealed for `of`; `None` where it was not sealed under this key, or for something else.
    #[must_use]
    pub fn unseal(&self, of: &[u8], sealed: &[u8]) -> Option<Secret> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut sealed = sealed.to_vec();
        let plain = self.key.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(of), &mut sealed).ok()?;
        Some(String::from_utf8(plain.to_vec()).ok()?.into())
    }
}

/// Makes a key that nobody but this user can read.
fn make(file: &Path, clock: &Clock) -> Result<[u8; KEY_BYTES], Error> {
    let mut key = [0; KEY_BYTES];
    clock.random(&mut key);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    // Under its name there is never half a key, also not after a power cut.
    let half = file.with_extension("new");
    let write = || {
        let mut new = options.open(&half)?;
        writeln!(new, "{hex}")?;
        new.sync_all()?;
        fs::rename(&half, file)?;
        fs::File::open(file.parent().unwrap_or(Path::new(".")))?.sync_all()
    };
    write().map_err(Error::disk(format!("the key file {} cannot be written", file.display())))?;
    Ok(key)
}

fn from_hex(text: &str) -> Option<[u8; KEY_BYTES]> {
    let digits = (text.len() == 2 * KEY_BYTES && text.is_ascii()).then_some(text)?;
    let mut key = [0; KEY_BYTES];
    for (place, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k2_what_is_sealed_opens_here_and_for_its_own_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("key");
        let vault = Vault::open(&file, &Clock::system()).expect("a new key");
        let secret = Secret::from("sk-canary".to_owned());
        let sealed = vault.seal(b"one", &secret);
        assert!(!sealed.windows(6).any(|part| part == b"canary"));
        assert_ne!(sealed, vault.seal(b"one", &secret), "each with a nonce of its own");
        let again = Vault::open(&file, &Clock::system()).expect("the same key");
        assert_eq!(again.unseal(b"one", &sealed).expect("opens").expose(), "sk-canary");
        assert!(again.unseal(b"two", &sealed).is_none());
        assert!(again.unseal(b"one", &sealed[..20]).is_none() && again.unseal(b"one", b"").is_none());
        let other = Vault::open(&folder.path().join("other"), &Clock::system()).expect("another key");
        assert!(other.unseal(b"one", &sealed).is_none());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
        }
        fs::write(&file, "zz").expect("written");
        assert!(Vault::open(&file, &Clock::system()).is_err());
    }
}
