#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod catalog;
mod choice;
mod config;
mod dimension;
mod error;
mod grad_cam;
mod layers;
mod limits;
mod memory;
mod mode;
mod network;
mod networks;
mod plan;
mod rrelu;

pub use catalog::{NetworkInfo, networks};
pub use config::NetworkConfig;
pub use dimension::Dimension;
pub use error::{Error, Mismatch};
pub use limits::LIMITS;
pub use memory::Passes;
pub use mode::Mode;
pub use network::Network;
pub use networks::{CompactCnn, FaceCnn, FaceResnet, Linear, NetworkParams};
pub use plan::{BATCH_NORM_EPS, Bias, Init, LayerPlan};
pub use rrelu::Rrelu;
