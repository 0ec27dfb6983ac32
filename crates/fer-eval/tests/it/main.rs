//! Public behaviour of the crate, a module a source file.

mod average;
mod evaluate;
mod heat;
mod paired;
mod params;
mod predict;
mod report;
mod report_pictures;
mod robustness;
mod sample;
mod scores;
mod subsets;
mod table;
mod temperature;
mod tta;
mod votes;
