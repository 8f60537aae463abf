//! The data directory: where everything stands, held by one process at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// A data directory that this process holds; dropping it lets go.
pub struct DataDir {
    root: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Creates the directory where it is missing, and takes it.
    ///
    /// # Errors
    /// When it cannot be written, or another process holds it.
    pub fn take(root: &Path) -> Result<Self, Error> {
        let cannot = |what: &str| format!("the data directory {} {what}", root.display());
        fs::create_dir_all(root.join("log")).map_err(Error::disk(cannot("cannot be created or written")))?;
        let mut lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(root.join("lock"))
            .map_err(Error::disk(cannot("cannot be written")))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = lock.read_to_string(&mut holder);
                return Err(Error::Config(format!(
                    "Another etude (process {}) holds the data directory {}. Stop it, or give this one a directory of its own with ETUDE_DATA_DIR.",
                    holder.trim(),
                    root.display()
                )));
            }
            Err(TryLockError::Error(source)) => return Err(Error::disk(cannot("cannot be locked"))(source)),
        }
        let write = |lock: &mut File| {
            lock.set_len(0)?;
            lock.rewind()?;
            write!(lock, "{}", std::process::id())
        };
        write(&mut lock).map_err(Error::disk(cannot("cannot be written")))?;
        Ok(Self { root: root.to_owned(), _lock: lock })
    }

    /// The database's file.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.root.join("etude.db")
    }

    /// The file with the key that secrets are sealed under.
    #[must_use]
    pub fn key(&self) -> PathBuf {
        self.root.join("key")
    }

    /// The folder of files that are being imported.
    #[must_use]
    pub fn spool(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// The folder of the run log's segments.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.root.join("log")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_at_a_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let held = DataDir::take(folder.path()).expect("free");
        let refused = DataDir::take(folder.path()).err().expect("held").to_string();
        assert!(refused.contains("Another etude"), "{refused}");
        drop(held);
        assert!(DataDir::take(folder.path()).is_ok());
    }
}
