//! Times `FaceCNN` in evaluation on 48×48 images: `forward --batch 128 --repeats 20` prints one JSON object with the
//! median and all times in milliseconds. `--train` times a step of plain SGD instead. RAYON_NUM_THREADS sets the threads.

#![allow(clippy::disallowed_methods, reason = "it measures time")]

use std::time::Instant;

use candle_core::{DType, Device, Tensor};
use fer_model::{Mode, Network, NetworkConfig, NetworkParams};
use fer_nn::{Optimizer, Rule, Sgd, cross_entropy};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn argument(name: &str, default: usize) -> usize {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1).map_or(default, |value| value.parse().expect("a whole number"))
}

#[expect(clippy::print_stdout, reason = "its result")]
fn main() -> Result<(), fer_model::Error> {
    let (batch, repeats) = (argument("--batch", 128), argument("--repeats", 20));
    let is_training = std::env::args().any(|argument| argument == "--train");
    let params = NetworkParams::default();
    let network = Network::new(&NetworkConfig { params, height: 48, width: 48, classes: 7 }, 42)?;
    let images = fer_nn::init_uniform(&[batch, 1, 48, 48], 1.0, fer_nn::Stream::new(1))?;
    let images = (images + 1.0)?.affine(0.5, 0.0)?.to_dtype(DType::F32)?.to_device(&Device::Cpu)?;
    let labels: Vec<u8> = (0..batch).map(|image| (image % 7) as u8).collect();
    let rule = Rule::Sgd(Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0 });
    let mut optimizer = Optimizer::new(rule, network.parameters().clone())?;
    let mut pass = |step: u64| -> Result<Tensor, fer_model::Error> {
        if !is_training {
            return network.forward(&images, Mode::Evaluate);
        }
        let loss = cross_entropy(&network.forward(&images, Mode::Train { seed: 1, step })?, &labels, 0.0)?;
        loss.backward()?;
        optimizer.step(0.01)?;
        Ok(loss)
    };
    for step in 0..3 {
        pass(step)?;
    }
    let mut times = vec![];
    for step in 0..repeats {
        let start = Instant::now();
        pass(3 + step as u64)?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let mut sorted = times.clone();
    sorted.sort_by(f64::total_cmp);
    let median = (sorted[(repeats - 1) / 2] + sorted[repeats / 2]) / 2.0;
    println!("{{\"batch\":{batch},\"median_ms\":{median},\"all_ms\":{times:?}}}");
    Ok(())
}
