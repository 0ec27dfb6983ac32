//! Finds the faces in a photograph and crops them as FER2013's are cropped.
//!
//! * [`Finder::find`] gives the [`Face`]s of a gray picture, from left to right. It holds SeetaFace's detector of
//!   frontal faces, weights and all, through the crate `rustface`.
//! * [`crop`] cuts a face out as the faces of FER2013 are cut out, at the size that a network takes.
//!
//! Results depend on the pixels alone. A finder may be used from several threads at once.
//!
//! ```
//! use fer_artifact::Size;
//! use fer_faces::Finder;
//!
//! let gray_wall = vec![128; 120 * 160];
//! assert!(Finder::new().find(&gray_wall, Size::new(120, 160)?, None).is_empty());
//! # Ok::<(), fer_artifact::OutOfRange>(())
//! ```

mod crop;
mod finder;

pub use crop::crop;
pub use finder::{Face, Finder, SMALLEST};
