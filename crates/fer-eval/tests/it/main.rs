//! Public behaviour of the crate, a module a source file.

mod scores;
