//! The worker's end of the pipes: what it writes, and how it ends.

use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crate::protocol::{Event, append_frame};

/// Writes events to the supervisor, from any thread.
#[derive(Clone)]
pub(crate) struct Output(Arc<Mutex<File>>);

impl Output {
    /// Takes standard output for frames; whatever else is printed goes to standard error, so that
    /// a stray line of C cannot break a frame.
    pub(crate) fn take_stdout() -> io::Result<Self> {
        let stdout = rustix::io::dup(rustix::stdio::stdout())?;
        rustix::stdio::dup2_stdout(rustix::stdio::stderr())?;
        Ok(Self(Arc::new(Mutex::new(File::from(stdout)))))
    }

    /// Writes events at once, as one write. Without a reader there is nothing left to do: the
    /// process ends.
    pub(crate) fn send(&self, events: &[Event]) {
        let mut bytes = Vec::new();
        for event in events {
            if let Err(error) = append_frame(&mut bytes, event) {
                eprintln!("inference worker: an event could not be written: {error}");
                exit_now(1);
            }
        }
        if !bytes.is_empty() {
            let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if file.write_all(&bytes).is_err() {
                exit_now(0);
            }
        }
    }
}

/// Ends the process without waiting for threads that decode, load or write.
///
/// `std::process::exit` would run the destructors of C++ statics under the decoding threads.
#[allow(unsafe_code, reason = "the standard library has no `_exit`; it takes a number and cannot fail")]
pub(crate) fn exit_now(code: i32) -> ! {
    unsafe extern "C" {
        safe fn _exit(code: i32) -> !;
    }
    _exit(code)
}
