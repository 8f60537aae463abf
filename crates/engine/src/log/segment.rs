//! Files of the run log: `log/<number>.seg`, appended to in order, deleted once all their runs are rows.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Size at which a new segment is begun, in bytes.
pub const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;

/// A segment that is written to.
pub struct Segment {
    /// Its place in the order.
    pub number: u64,
    file: Arc<File>,
    length: u64,
    /// A write failed in the middle: what stands after `length` must go first.
    torn: bool,
}

impl Segment {
    /// Begins the segment with that number, its disk space reserved: a full disk is met here, before a run
    /// is admitted, and not in the middle of one.
    ///
    /// # Errors
    /// What the system says.
    pub fn create(folder: &Path, number: u64) -> io::Result<Self> {
        let place = path(folder, number);
        let file = OpenOptions::new().create(true).append(true).open(&place)?;
        match rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::KEEP_SIZE, 0, SEGMENT_BYTES) {
            // Some file systems cannot reserve; they say so when they are full.
            Ok(()) | Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => {}
            Err(error) => {
                let _ = fs::remove_file(&place);
                return Err(error.into());
            }
        }
        // The name must survive a power loss as the bytes do.
        File::open(folder)?.sync_all()?;
        let length = file.metadata()?.len();
        Ok(Self { number, file: Arc::new(file), length, torn: false })
    }

    /// Appends bytes, all or none: what a failed call left is cut off by the next.
    ///
    /// # Errors
    /// What the system says.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.torn {
            self.file.set_len(self.length)?;
        }
        self.torn = true;
        (&*self.file).write_all(bytes)?;
        self.torn = false;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Whether the next record belongs into a new segment.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.length >= SEGMENT_BYTES
    }

    /// The file, to be synced by someone else.
    #[must_use]
    pub fn file(&self) -> Arc<File> {
        self.file.clone()
    }
}

/// The segments in a folder, oldest first.
///
/// # Errors
/// When the folder cannot be read.
pub fn list(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut segments = Vec::new();
    for entry in fs::read_dir(folder)? {
        let place = entry?.path();
        let number = place
            .file_name()
            .and_then(|name| name.to_str()?.strip_suffix(".seg"))
            .and_then(|digits| u64::from_str_radix(digits, 16).ok());
        if let Some(number) = number {
            segments.push((number, place));
        }
    }
    segments.sort_unstable();
    Ok(segments)
}

/// Deletes a segment whose runs are all rows.
pub fn remove(folder: &Path, number: u64) {
    if let Err(error) = fs::remove_file(path(folder, number)) {
        tracing::warn!(%error, number, "a finished log segment could not be deleted");
    }
}

fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:016x}.seg"))
}
