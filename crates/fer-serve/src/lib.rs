#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod answer;
mod asked;
mod connections;
mod describe;
mod error;
mod explain;
mod faces;
mod frame_answer;
mod house;
mod judge;
mod limits;
mod live;
mod metrics;
mod models;
mod openapi;
mod page;
mod problem;
mod query;
mod routes;
mod runs;
mod server;
mod session;
mod trust;
mod upload;

pub use error::Error;
pub use house::{Clock, Settings};
pub use limits::{LIMITS, Limits};
pub use models::Models;
pub use openapi::openapi;
pub use runs::Runs;
pub use server::Server;
pub use trust::Trust;
