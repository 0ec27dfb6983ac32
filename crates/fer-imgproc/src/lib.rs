//! The one decoder of pictures; grayscale, histogram equalisation, normalisation, resizing and augmentation as pure
//! functions; the align and preprocess stages.
//!
//! [`Picture`] reads one picture of any size and form, such as a photograph, upright and whole; [`write_png`] writes one.
//!
//! [`preprocess`] turns the sets of images that ingest leaves into the features that training takes. What depends on
//! the data is fitted to the train set alone; the outcome is a [`Preprocessing`], which travels in the header of the
//! features and of the model, and treats new pictures alike.
//!
//! Each image is resized (if a size is given), equalised and normalised, in this order. Images are treated in parallel
//! on rayon's current pool; results do not depend on the number of threads.
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use fer_artifact::{ImageSet, Split};
//! use fer_imgproc::{PreprocessParams, preprocess};
//!
//! let train = ImageSet {
//!     classes: vec!["sad".into(), "happy".into()],
//!     split: Split::Train,
//!     height: 2,
//!     width: 2,
//!     images: vec![10, 10, 20, 30],
//!     labels: vec![1],
//!     rows: vec![0],
//!     skipped_rows: vec![],
//!     groups: None,
//! };
//! let features = preprocess(&PreprocessParams::default(), &BTreeMap::from([(Split::Train, train)]))?;
//! assert_eq!(features[&Split::Train].images, [0.0, 0.0, 128.0 / 255.0, 1.0]);
//! # Ok::<(), fer_imgproc::Error>(())
//! ```

mod align;
mod augment;
mod equalize;
mod error;
mod gray;
mod jpeg;
mod normalize;
mod params;
mod picture;
mod preprocessing;
mod resize;

pub use align::{AlignMethod, AlignParams, align};
pub use augment::{Augmentation, Erasing};
pub use equalize::equalize;
pub use error::Error;
pub use gray::grayscale;
pub use params::{Equalization, Normalization, PreprocessParams};
pub use picture::{Picture, PictureProblem, write_png};
pub use preprocessing::{Preprocessing, preprocess};
pub use resize::resize;
