//! The crate as its users see it.

mod scene;
mod tracker;
