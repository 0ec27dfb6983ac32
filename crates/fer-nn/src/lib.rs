#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]

mod activation;
mod average;
mod block;
mod conv;
mod dropout;
mod flatten;
mod gray;
mod init;
mod linear;
mod loss;
mod norm;
mod optimizer;
mod parameter;
mod pool;
#[expect(unsafe_code, reason = "vector instructions, and matrices that threads write side by side")]
mod product;
mod results;
mod scratch;
mod separable;
mod simd;
mod stream;
mod tape;
mod tensor;
mod upsample;

pub use activation::{Activation, Slope, activate};
pub use average::update_average;
pub use block::{BatchNorm, Pooling, Statistics, batch_norm, conv2d_batch_norm};
pub use conv::{Conv2d, Method, conv2d, depthwise_conv2d};
pub use dropout::dropout;
pub use flatten::flatten;
pub use init::{init_normal, init_uniform};
pub use linear::linear;
pub use loss::{cross_entropy, one_hot, smooth_targets, soft_cross_entropy};
pub use norm::BatchStats;
pub use optimizer::{AdamW, Decay, Optimizer, Rule, Sgd};
pub use parameter::Parameter;
pub use pool::{avg_pool2, global_avg_pool, max_pool2};
pub use separable::{Separable, Weights};
pub use simd::{Instructions, InstructionsError, instructions, set_instructions};
pub use stream::Stream;
pub use tape::Tape;
pub use upsample::add_upsampled2;
