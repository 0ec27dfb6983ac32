//! Times a model from gray pixels to logits, preprocessing included: `logits --model FILE --batch 128 --repeats 20` prints
//! one JSON object with the median and all times in milliseconds. RAYON_NUM_THREADS sets the threads.

#![allow(clippy::disallowed_methods, reason = "it measures time")]

use std::time::Instant;

use fer_predict::Ensemble;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Passes that do not count.
const WARM_UP: usize = 3;

fn argument(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}

fn number(name: &str, default: usize) -> usize {
    argument(name).map_or(default, |value| value.parse().expect("a whole number"))
}

#[expect(clippy::print_stdout, reason = "its result")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (batch, repeats) = (number("--batch", 128), number("--repeats", 20));
    let ensemble = Ensemble::open(&[argument("--model").expect("--model FILE")])?;
    let size = ensemble.size()?;
    // Noise: a step of a linear congruential generator a pixel, its upper bits.
    let step = |state: u32| state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    let noise = std::iter::successors(Some(1), |&state| Some(step(state))).map(|state| (state >> 24) as u8);
    let pixels: Vec<u8> = noise.take(batch * size.area()).collect();
    let mut times = vec![];
    for _ in 0..WARM_UP + repeats {
        let start = Instant::now();
        ensemble.logits(&pixels, size)?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let times = &times[WARM_UP..];
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    let median = (sorted[(repeats - 1) / 2] + sorted[repeats / 2]) / 2.0;
    println!("{{\"batch\":{batch},\"median_ms\":{median},\"all_ms\":{times:?}}}");
    Ok(())
}
