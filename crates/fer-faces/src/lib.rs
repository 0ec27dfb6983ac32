#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod align;
mod crop;
mod decode;
mod finder;
mod in_crop;
mod level;
mod network;
mod weights;

pub use align::align;
pub use crop::crop;
pub use finder::{Face, Finder, SMALLEST};
