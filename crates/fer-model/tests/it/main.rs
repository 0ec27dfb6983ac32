//! Tests of the public interface, a module a source file.

mod catalog;
mod config;
mod grad_cam;
mod gradient;
mod network;
mod params;
mod tape;
