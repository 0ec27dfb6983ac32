//! The networks, by name: configuration, strict loading, sorted state.
//!
//! | name | made of | parameters at 48×48, 7 classes |
//! | --- | --- | --- |
//! | `face-cnn` | the seed's: conv 64, 128, 256 with batch norm, RReLU, max pool; linear 4096, 1024, 256 | 42,582,919 |
//! | `compact-cnn` | conv 16, 32, 64 with batch norm, ReLU, max pool; one linear layer | 39,655 |
//! | `face-resnet` | stem 32, 40; residual stages 40, 80, 160 of 1, 2, 2 blocks; mean over positions, one linear layer | 1,068,439 |
//! | `linear` | one linear layer on the pixels: multinomial logistic regression | 16,135 |
//!
//! A [`NetworkConfig`] says which network it is, how large its images are and how many classes it tells apart;
//! everything about a [`Network`] but the numbers in its tensors follows from it. Tensors have the names and shapes of
//! PyTorch's `state_dict`: `conv1.0.weight` is the first layer of the `Sequential` called `conv1`.
//!
//! ```
//! use fer_model::{FaceCnn, NetworkConfig};
//!
//! let config: NetworkConfig = serde_json::from_str(
//!     r#"{"name": "face-cnn", "dropout": [0.2, 0.5], "height": 48, "width": 48, "classes": 7}"#,
//! )?;
//! assert_eq!(config.params, FaceCnn::default().into());
//! let tensors = config.tensors()?;
//! assert_eq!(tensors["conv1.0.weight"], [64, 1, 3, 3]);
//! assert_eq!(tensors["fc.1.weight"], [4096, 9216]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod catalog;
mod choice;
mod config;
mod dimension;
mod error;
mod grad_cam;
mod layers;
mod mode;
mod network;
mod networks;
mod plan;
mod rrelu;

pub use catalog::{NetworkInfo, networks};
pub use config::NetworkConfig;
pub use dimension::Dimension;
pub use error::{Error, Mismatch};
pub use mode::Mode;
pub use network::Network;
pub use networks::{CompactCnn, FaceCnn, FaceResnet, Linear, NetworkParams};
pub use rrelu::Rrelu;
