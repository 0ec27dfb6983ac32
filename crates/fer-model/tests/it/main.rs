//! Tests of the public interface, a module a source file.

mod catalog;
mod config;
mod grad_cam;
mod gradient;
mod memory;
mod network;
mod params;
mod tape;
