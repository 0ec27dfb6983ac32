//! The networks: a file each, with its parameters, its layers and what it asks of the size of images.

mod compact_cnn;
mod face_cnn;
mod face_resnet;
mod linear;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::choice::{Choice, choose, settings_of};
use crate::plan::LayerPlan;
pub use compact_cnn::CompactCnn;
pub use face_cnn::FaceCnn;
pub use face_resnet::FaceResnet;
pub use linear::Linear;

/// A kind of network: what follows from its parameters.
pub(crate) trait Architecture: fmt::Debug {
    /// The layers and their size, in a line.
    fn summary(&self) -> &'static str;

    /// Fewest rows, and fewest pixels in a row, of an image.
    fn minimum_size(&self) -> usize;

    /// Whether images may have another size than the one that the network is configured for.
    fn takes_any_size(&self) -> bool {
        false
    }

    /// Every layer with its name, in the order of the forward pass, for images of `height` rows of `width` pixels.
    fn layers(&self, height: usize, width: usize, classes: usize) -> Vec<(String, LayerPlan)>;
}

/// Makes [`NetworkParams`] of a list of networks. The parameters of a network are a struct that implements
/// [`Architecture`], `Default` (its defaults) and serde's traits.
macro_rules! networks {
    ($($(#[$doc:meta])* $name:literal => $network:ident,)*) => {
        /// Which network, by name, and its parameters.
        ///
        /// As in `{name: face-cnn, rrelu: {lower: 0.125, upper: 0.333}, dropout: [0.2, 0.5]}`, `{name: compact-cnn,
        /// dropout: 0.25}`, `{name: face-resnet, widths: [40, 80, 160]}` or `{name: linear}`; a parameter that is left
        /// out has its default. [`crate::networks`] lists all networks.
        #[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
        #[serde(tag = "name")]
        pub enum NetworkParams {
            $($(#[$doc])* #[serde(rename = $name)] $network($network),)*
        }

        impl NetworkParams {
            /// All networks with their defaults, the seed's first.
            pub fn all() -> Vec<Self> {
                vec![$(Self::$network($network::default())),*]
            }

            /// The name in pipeline files and headers.
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$network(_) => $name,)*
                }
            }

            pub(crate) fn architecture(&self) -> &dyn Architecture {
                match self {
                    $(Self::$network(network) => network,)*
                }
            }
        }

        impl Choice for NetworkParams {
            const KEY: &'static str = "name";
            const NAMES: &'static [&'static str] = &[$($name),*];

            fn read<'de, D: Deserializer<'de>>(name: &str, settings: D) -> Result<Self, D::Error> {
                match name {
                    $($name => $network::deserialize(settings).map(Self::$network),)*
                    _ => unreachable!("a name of the list"),
                }
            }

            fn settings() -> Vec<&'static str> {
                [$(settings_of::<$network>()),*].concat()
            }
        }

        $(impl From<$network> for NetworkParams {
            fn from(network: $network) -> Self {
                Self::$network(network)
            }
        })*
    };
}

networks! {
    /// The seed's network: three convolutions and four linear layers.
    "face-cnn" => FaceCnn,
    /// A small network: three convolutions and one linear layer.
    "compact-cnn" => CompactCnn,
    /// A small residual network for gray images of any size.
    "face-resnet" => FaceResnet,
    /// One linear layer on the pixels: multinomial logistic regression, the baseline.
    "linear" => Linear,
}

impl NetworkParams {
    /// The layers and their size, in a line.
    pub fn summary(&self) -> &'static str {
        self.architecture().summary()
    }

    /// Fewest rows, and fewest pixels in a row, of an image.
    pub fn minimum_size(&self) -> usize {
        self.architecture().minimum_size()
    }

    /// Whether the network takes images of another size than its configuration's.
    pub fn takes_any_size(&self) -> bool {
        self.architecture().takes_any_size()
    }
}

impl Default for NetworkParams {
    fn default() -> Self {
        Self::FaceCnn(FaceCnn::default())
    }
}

impl<'de> Deserialize<'de> for NetworkParams {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        choose(deserializer)
    }
}
