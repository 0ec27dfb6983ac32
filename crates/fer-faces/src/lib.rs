#![doc = include_str!("../README.md")]

mod crop;
mod finder;

pub use crop::crop;
pub use finder::{Face, Finder, SMALLEST};
