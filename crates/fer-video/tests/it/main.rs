//! The crate as its users see it.

mod encoder;
mod scene;
mod tracker;
