#![doc = include_str!("../README.md")]

mod crop;
mod decode;
mod finder;
mod network;
mod weights;

pub use crop::crop;
pub use finder::{Face, Finder, SMALLEST};
