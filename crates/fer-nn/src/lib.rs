//! CPU operators for candle with tested gradients, seeded masks and initialisation, and PyTorch's optimisers.
//!
//! candle's own max pooling has a wrong gradient, its CPU generator cannot be seeded, and its convolutions are slow
//! to train. This crate brings operators of its own as candle custom operators. All tensors are f32 on the CPU;
//! images are NHWC, channels last, and weights
//! are laid out as PyTorch's. Each operator's gradient is tested by finite differences and against PyTorch.
//!
//! * Weights are [`Parameter`]s: a candle variable with a gradient buffer of its own, like PyTorch's `.grad`.
//!   Activations' gradients go through candle's backward pass as usual.
//! * Random masks and initial weights come from a counter-based [`Stream`], so they depend on key, position and
//!   index alone: never on threads or on what was drawn before.
//! * Results are bit-identical for any number of threads: work is split by the data's shape alone, and sums are
//!   taken in a fixed order.
//!
//! ```
//! use candle_core::{Device, Tensor};
//! use fer_nn::{Optimizer, Parameter, Rule, Sgd, Stream, cross_entropy, init_uniform, linear};
//!
//! let weight = Parameter::new(init_uniform(&[3, 2], 0.7, Stream::new(1))?)?;
//! let bias = Parameter::new(Tensor::zeros(3, candle_core::DType::F32, &Device::Cpu)?)?;
//! let x = Tensor::new(&[[1f32, 0.], [0., 1.], [1., 1.]], &Device::Cpu)?;
//! let labels = [0, 1, 2];
//! let rule = Rule::Sgd(Sgd { momentum: 0.9, nesterov: false, weight_decay: 0. });
//! let parameters = [("weight".to_owned(), weight.clone()), ("bias".to_owned(), bias.clone())];
//! let mut optimizer = Optimizer::new(rule, parameters.into())?;
//! let loss = || cross_entropy(&linear(&x, &weight, &bias)?, &labels, 0.);
//! let before = loss()?.to_scalar::<f32>()?;
//! for _ in 0..50 {
//!     loss()?.backward()?;
//!     optimizer.step(0.5)?;
//! }
//! assert!(loss()?.to_scalar::<f32>()? < before / 4.);
//! # Ok::<(), candle_core::Error>(())
//! ```

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
mod matmul;
mod norm;
mod optimizer;
mod parameter;
mod pool;
mod scratch;
mod simd;
mod stream;
mod tensor;

pub use activation::{Activation, Slope, activate};
pub use average::update_average;
pub use block::{BatchNorm, Pooling, Statistics, batch_norm, conv2d_batch_norm};
pub use conv::{Conv2d, Method, conv2d, depthwise_conv2d};
pub use dropout::dropout;
pub use flatten::flatten;
pub use init::{init_normal, init_uniform};
pub use linear::linear;
pub use loss::{cross_entropy, smooth_targets, soft_cross_entropy};
pub use norm::BatchStats;
pub use optimizer::{AdamW, Decay, Optimizer, Rule, Sgd};
pub use parameter::Parameter;
pub use pool::{avg_pool2, global_avg_pool, max_pool2};
pub use simd::{Instructions, instructions, set_instructions};
pub use stream::Stream;
