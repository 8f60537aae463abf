//! JSON for reading, every token as it was; see [`domain::pretty`].

pub use domain::pretty::pretty;
