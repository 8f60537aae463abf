//! Packing of what is kept, and unpacking with a bound: it is believed to be ours, not to be small.

use std::cell::RefCell;
use std::io;

use zstd::bulk::Compressor;

/// Largest text that is packed by the thread's own compressor, in bytes: it keeps its memory, which grows with the
/// text.
const SMALL_BYTES_MAX: usize = 256 * 1024;

thread_local! {
    /// Making one costs more than packing a short text with it.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
}

/// Packs bytes.
///
/// # Errors
/// When zstd has no memory.
pub fn pack(bytes: &[u8], level: i32) -> io::Result<Vec<u8>> {
    if bytes.len() > SMALL_BYTES_MAX {
        return zstd::bulk::compress(bytes, level);
    }
    COMPRESSOR.with_borrow_mut(|compressor| {
        let compressor = match compressor {
            Some(compressor) => compressor,
            None => compressor.insert(Compressor::new(level)?),
        };
        compressor.set_compression_level(level)?;
        compressor.compress(bytes)
    })
}

/// What [`pack`] packed, if it is at most `bytes_max` long.
///
/// # Errors
/// When it is damaged or longer.
pub fn unpack(packed: &[u8], bytes_max: usize) -> io::Result<Vec<u8>> {
    let size = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten().unwrap_or_default();
    zstd::bulk::decompress(packed, usize::try_from(size).unwrap_or(usize::MAX).min(bytes_max))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_again_at_any_level() {
        for (length, level) in [(0, 1), (10, 3), (1_000, 1), (SMALL_BYTES_MAX + 1, 3)] {
            let bytes: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            let packed = pack(&bytes, level).expect("packs");
            assert_eq!(unpack(&packed, length).expect("unpacks"), bytes);
            assert!(length == 0 || unpack(&packed, length - 1).is_err(), "{length}");
        }
    }
}
