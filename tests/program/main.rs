//! Whole-program tests: they call the program `fer` as a user does.

#![allow(clippy::disallowed_methods, reason = "tests wait, and call programs by the path")]

mod align;
mod architecture;
mod commands;
mod compare;
mod csv_rows;
mod determinism;
mod digests;
mod distillation;
mod explain;
mod exports;
mod failure;
mod faults;
mod freshness;
mod init;
mod inputs;
mod journeys;
mod known_before;
mod layouts;
mod loops;
mod memory;
mod names;
mod one_decoder;
mod own_model;
mod own_program;
mod parts;
mod pipeline_file;
mod predict;
mod reference;
mod resume;
mod run;
mod run_folder;
mod runs;
mod selection;
mod stage;
mod store;
mod swap;
mod sweep;
mod verify;
mod video;
mod watch;
mod words;
mod world;
