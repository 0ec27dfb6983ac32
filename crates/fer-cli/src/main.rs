//! The program `fer`.

fn main() {}
