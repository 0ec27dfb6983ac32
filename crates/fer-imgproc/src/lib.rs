#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod align;
mod augment;
mod blur;
mod corruption;
mod draw;
mod equalize;
mod error;
mod gray;
mod jpeg;
mod limits;
mod normalize;
mod params;
mod picture;
mod preprocessing;
mod resize;
mod side_by_side;
mod warp;
mod write_png;

pub use align::{AlignMethod, AlignParams, Aligned, Aligner, Roll, Shown, WayUp, align};
pub use augment::{Augmentation, Degradation, Erasing};
pub use corruption::{Corruption, Strength};
pub use equalize::equalize;
pub use error::Error;
pub use gray::grayscale;
pub use limits::LIMITS;
pub use normalize::Fitted;
pub use params::{Equalization, Normalization, PreprocessParams};
pub use picture::{Picture, PictureProblem};
pub use preprocessing::{Preprocessing, preprocess};
pub use resize::resize;
pub use side_by_side::{Beside, side_by_side};
pub use warp::{shift, warp};
pub use write_png::write_png;
