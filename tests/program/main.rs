//! Whole-program tests: they call the program `fer` as a user does.

mod architecture;
mod commands;
mod compare;
mod determinism;
mod exports;
mod failure;
mod freshness;
mod pipeline_file;
mod run;
mod selection;
mod stage;
mod world;
