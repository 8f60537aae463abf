//! What a page knows, apart from how it looks.
//!
//! | module | what stands there |
//! |---|---|
//! | [`desk`] | all that the playground works with, and what its buttons do |
//! | [`draft`] | what stands in the playground's fields |
//! | [`figures`] | the eight figures under an output, as text |
//! | [`run`] | one run as it grows |

pub mod desk;
pub mod draft;
pub mod figures;
pub mod run;
