//! The contract crate from outside: what is written can be read, and nothing else can.

mod bounds;
mod containers;
mod content;
mod digest;
mod file;
mod foreign;
mod halves;
mod header;
mod kinds;
mod pixels;
mod raw;
mod refusals;
mod seed;
