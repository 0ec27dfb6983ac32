//! Tests of the public interface, a module a source file, and whole trainings against PyTorch.

mod golden;
mod history;
mod params;
mod recorder;
mod schedule;
mod selection;
mod session;
mod shards;
mod state;
mod train;
