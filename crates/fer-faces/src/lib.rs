#![doc = include_str!("../README.md")]

mod crop;
mod decode;
mod finder;
mod in_crop;
mod level;
mod network;
mod weights;

pub use crop::{align, crop};
pub use finder::{Face, Finder, SMALLEST};
