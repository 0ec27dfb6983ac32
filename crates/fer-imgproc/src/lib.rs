//! Grayscale, histogram equalisation, normalisation and resizing as pure functions, and the preprocess stage.

mod gray;

pub use gray::grayscale;
