//! Stands between the program and the C library, for tests: loaded by `LD_PRELOAD`, it sees every call that concerns a file below one
//! folder, writes it down, and lets the n-th one fail. The tests compile it by `rustc --crate-type cdylib`; it is no part of any crate.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `FAULTS_BELOW` | the folder, without links in its path |
//! | `FAULTS_LOG` | file, outside of the folder, to which calls are appended; with a fault, that one alone |
//! | `FAULTS_COUNT` | file of eight bytes, outside of the folder: the number of calls, of all processes together |
//! | `FAULTS_AT` | number of the call that fails, counted from 1 |
//! | `FAULTS_KIND` | how: a number of an error, `short` or `corrupt` |
//! | `FAULTS_LASTING` | if set: as does every later call for which this makes sense |
//!
//! No file below the folder is synced in earnest: the tests look at what was asked for, and need no disk for it.

#[macro_use]
mod real;
mod calls_on_files;
mod calls_on_names;
mod fate;
mod open_files;
mod plan;
