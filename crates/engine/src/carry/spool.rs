//! A file that is being handed over: on the disk while it arrives, never whole in memory, gone when it is dropped.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use domain::limits::IMPORT_BYTES_MAX;
use domain::{ApiError, Code};
use tokio::io::AsyncWriteExt;

use crate::clock::Clock;
use crate::error::Error;

/// Only the server's own user reads it.
const MODE: u32 = 0o600;

/// A file that arrives.
pub struct Spool {
    file: tokio::fs::File,
    bytes: usize,
}

impl Spool {
    /// Makes an empty one in a folder, which is made as well.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub(super) fn open(folder: &Path, clock: &Clock) -> Result<Self, Error> {
        let cannot = || Error::disk(format!("a file to be imported cannot be kept in {}", folder.display()));
        std::fs::create_dir_all(folder).map_err(cannot())?;
        let name = clock.id().iter().fold("import-".to_owned(), |name, byte| format!("{name}{byte:02x}"));
        let path = folder.join(name);
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(MODE).open(&path);
        let file = file.map_err(cannot())?;
        // Its name goes at once, and with the last handle the file: also when the process is killed.
        std::fs::remove_file(&path).map_err(cannot())?;
        Ok(Self { file: tokio::fs::File::from_std(file), bytes: 0 })
    }

    /// Adds a piece.
    ///
    /// # Errors
    /// `body_too_large` beyond [`IMPORT_BYTES_MAX`]; when the disk does not take it.
    pub async fn write(&mut self, piece: &[u8]) -> Result<(), Error> {
        self.bytes += piece.len();
        if self.bytes > IMPORT_BYTES_MAX {
            return Err(too_large().into());
        }
        self.file.write_all(piece).await.map_err(Error::disk("a file to be imported cannot be kept"))
    }

    /// The whole file.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub async fn finish(mut self) -> Result<Spooled, Error> {
        self.file.flush().await.map_err(Error::disk("a file to be imported cannot be kept"))?;
        Ok(Spooled { file: self.file.into_std().await, bytes: self.bytes })
    }
}

/// A file that has arrived.
pub struct Spooled {
    file: File,
    bytes: usize,
}

impl Spooled {
    /// Its size in bytes.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// A reader at its beginning. One at a time: they share their place.
    ///
    /// # Errors
    /// When the disk does not answer.
    pub(super) fn reader(&self) -> Result<File, Error> {
        let open = || {
            let mut file = self.file.try_clone()?;
            file.rewind()?;
            Ok(file)
        };
        open().map_err(Error::disk("a file to be imported cannot be read"))
    }

    /// Its text, where it is one and not longer than that.
    ///
    /// # Errors
    /// When the disk does not answer.
    pub fn text(&self, bytes_max: usize) -> Result<Option<String>, Error> {
        if self.bytes > bytes_max {
            return Ok(None);
        }
        let mut bytes = Vec::with_capacity(self.bytes);
        let read = self.reader()?.read_to_end(&mut bytes);
        read.map_err(Error::disk("a file to be imported cannot be read"))?;
        Ok(String::from_utf8(bytes).ok())
    }
}

/// Over the limit of what is imported.
#[must_use]
pub fn too_large() -> ApiError {
    let megabytes = IMPORT_BYTES_MAX / 1024 / 1024;
    ApiError::new(Code::BodyTooLarge, format!("The file is larger than {megabytes} MiB. Nothing was imported."))
        .hint("Export prompts and comparisons one by one, and import those files.")
}
