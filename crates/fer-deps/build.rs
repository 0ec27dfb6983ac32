//! Nothing to build: without this file, Cargo would pass over the build dependencies.

fn main() {}
