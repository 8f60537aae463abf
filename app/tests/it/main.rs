//! Tests of the markdown module from outside.
mod checker;
mod features;
mod fuzz;
mod hostile;
mod page;
mod work;
