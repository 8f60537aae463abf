//! Unpacking with a bound: what is kept is believed to be ours, not to be small.

use std::io;

/// What `zstd::bulk::compress` packed, if it is at most `bytes_max` long.
///
/// # Errors
/// When it is damaged or longer.
pub fn expand(packed: &[u8], bytes_max: usize) -> io::Result<Vec<u8>> {
    let size = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten().unwrap_or_default();
    zstd::bulk::decompress(packed, usize::try_from(size).unwrap_or(usize::MAX).min(bytes_max))
}
