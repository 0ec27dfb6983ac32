//! Speed of the operators, forward and forward with backward. An element is a floating-point operation where the name
//! says `flop` (so Gelem/s reads GFLOP/s, counted for the direct method, whatever method is used), and an image elsewhere.
//!
//!     cargo bench --manifest-path benches/operators/Cargo.toml [-- FILTER]
//!
//! RAYON_NUM_THREADS sets the threads. Run on a quiet machine.

use std::hint::black_box;

use candle_core::{Device, Tensor, Var};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fer_model::{Mode, Network, NetworkConfig, NetworkParams};
use fer_nn::*;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BATCH: usize = 128;

fn random(shape: &[usize], key: u64) -> Tensor {
    init_uniform(shape, 0.5, Stream::new(key)).expect("a tensor")
}

fn parameter(shape: &[usize], key: u64) -> Parameter {
    Parameter::new(random(shape, key)).expect("a parameter")
}

/// Times `f` of a tracked x alone, and with its backward pass.
fn both(c: &mut Criterion, name: &str, throughput: u64, shape: &[usize], f: impl Fn(&Tensor) -> Tensor) {
    let x = Var::from_tensor(&random(shape, 1)).expect("a variable");
    let mut group = c.benchmark_group(name);
    group.sample_size(10).throughput(Throughput::Elements(throughput));
    group.bench_function("forward", |b| b.iter(|| black_box(f(x.as_tensor()))));
    group.throughput(Throughput::Elements(3 * throughput));
    group.bench_function("forward+backward", |b| {
        b.iter(|| f(x.as_tensor()).sum_all().and_then(|loss| loss.backward()).expect("a backward pass"));
    });
    group.finish();
}

fn products(c: &mut Criterion) {
    const SIZE: usize = 1024;
    let (a, b, mut out) = (vec![0.5f32; SIZE * SIZE], vec![0.25f32; SIZE * SIZE], vec![0f32; SIZE * SIZE]);
    let mut group = c.benchmark_group("matrix product 1024×1024×1024, flop");
    group.throughput(Throughput::Elements(2 * (SIZE * SIZE * SIZE) as u64));
    group.bench_function("gemm", |bench| {
        bench.iter(|| {
            let (columns, threads) = (SIZE as isize, gemm::Parallelism::Rayon(rayon::current_num_threads()));
            // SAFETY: three square matrices without gaps.
            unsafe {
                gemm::gemm(
                    SIZE,
                    SIZE,
                    SIZE,
                    out.as_mut_ptr(),
                    1,
                    columns,
                    false,
                    a.as_ptr(),
                    1,
                    columns,
                    b.as_ptr(),
                    1,
                    columns,
                    1.0,
                    1.0,
                    false,
                    false,
                    false,
                    threads,
                );
            }
        });
    });
    group.finish();
}

fn convolutions(c: &mut Criterion) {
    // Channels, size, outputs, window, stride.
    for (channels, size, outputs, window, stride) in
        [(64, 24, 128, 3, 1), (128, 12, 256, 3, 1), (40, 24, 40, 3, 1), (32, 48, 40, 3, 2), (40, 24, 80, 1, 1)]
    {
        let weight = parameter(&[outputs, channels, window, window], 2);
        let out = size / stride;
        let flops = 2 * BATCH * out * out * outputs * channels * window * window;
        for (name, method) in [("fast", Method::Fast), ("exact", Method::Exact)] {
            let config = Conv2d { stride, padding: window / 2, method };
            let name = format!("conv {window}×{window}/{stride} {channels}→{outputs} at {size}×{size} {name}, flop");
            both(c, &name, flops as u64, &[BATCH, size, size, channels], |x| {
                conv2d(x, &weight, None, config).expect("a convolution")
            });
        }
    }
    let weight = parameter(&[80, 1, 3, 3], 2);
    both(c, "depthwise 3×3 80 at 24×24, flop", (2 * BATCH * 24 * 24 * 80 * 9) as u64, &[BATCH, 24, 24, 80], |x| {
        depthwise_conv2d(x, &weight, None, Conv2d::new(1, 1)).expect("a convolution")
    });
}

fn norms(c: &mut Criterion) {
    let (weight, bias) = (parameter(&[64], 2), parameter(&[64], 3));
    let rrelu = Activation::LeakyRelu(Slope::Random { lower: 0.125, upper: 1.0 / 3.0, stream: Stream::new(4) });
    for (name, activation, pooling) in [
        ("norm", Activation::Identity, Pooling::None),
        ("norm, SiLU", Activation::Silu, Pooling::None),
        ("norm, RReLU, pool", rrelu, Pooling::Max2),
    ] {
        both(c, &format!("{name}, 64 at 24×24, images"), BATCH as u64, &[BATCH, 24, 24, 64], |x| {
            let norm = BatchNorm { activation, pooling, ..BatchNorm::new(&weight, &bias, 1e-5, Statistics::Batch) };
            batch_norm(x, norm).expect("a norm").0
        });
    }
    // The first block needs no gradient of its images.
    let conv = parameter(&[64, 1, 3, 3], 5);
    let x = random(&[BATCH, 48, 48, 1], 1);
    let mut group = c.benchmark_group("gray block 1→64 at 48×48, images");
    group.sample_size(10).throughput(Throughput::Elements(BATCH as u64));
    group.bench_function("forward+backward", |b| {
        b.iter(|| {
            let norm = BatchNorm::new(&weight, &bias, 1e-5, Statistics::Batch);
            let norm = BatchNorm { activation: rrelu, pooling: Pooling::Max2, ..norm };
            let (y, _) = conv2d_batch_norm(&x, &conv, None, Conv2d::new(1, 1), norm).expect("a block");
            y.sum_all().and_then(|loss| loss.backward()).expect("a backward pass");
        });
    });
    group.finish();
}

fn elementwise(c: &mut Criterion) {
    let shape = [BATCH, 24, 24, 64];
    let rrelu = Activation::LeakyRelu(Slope::Random { lower: 0.125, upper: 1.0 / 3.0, stream: Stream::new(4) });
    for (name, activation) in [("ReLU", Activation::RELU), ("RReLU", rrelu), ("SiLU", Activation::Silu)] {
        both(c, &format!("{name}, 64 at 24×24, images"), BATCH as u64, &shape, |x| {
            activate(x, activation).expect("an activation")
        });
    }
    let images = BATCH as u64;
    both(c, "max pool, 64 at 24×24, images", images, &shape, |x| max_pool2(x).expect("a pooling"));
    both(c, "global average, 64 at 24×24, images", images, &shape, |x| global_avg_pool(x).expect("a pooling"));
    both(c, "dropout, 64 at 24×24, images", images, &shape, |x| dropout(x, 0.2, Stream::new(5)).expect("dropout"));
}

fn linears(c: &mut Criterion) {
    let (weight, bias) = (parameter(&[4096, 9216], 2), parameter(&[4096], 3));
    both(c, "linear 9216→4096, flop", (2 * BATCH * 9216 * 4096) as u64, &[BATCH, 9216], |x| {
        linear(x, &weight, &bias).expect("a linear layer")
    });
}

fn optimizers(c: &mut Criterion) {
    let mut group = c.benchmark_group("optimizer, 37.7 M weights");
    group.sample_size(10).throughput(Throughput::Elements(4096 * 9216));
    let sgd = |momentum, nesterov, weight_decay| Rule::Sgd(Sgd { momentum, nesterov, weight_decay });
    let adamw = Rule::AdamW(AdamW { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.01 });
    for (name, rule, clip) in [
        ("SGD", sgd(0.0, false, 0.0), None),
        ("SGD, clipped", sgd(0.0, false, 0.0), Some(1.0)),
        ("momentum, decay", sgd(0.9, false, 5e-4), None),
        ("nesterov, decay", sgd(0.9, true, 5e-4), None),
        ("AdamW", adamw, None),
    ] {
        let (weight, bias) = (parameter(&[4096, 9216], 2), parameter(&[4096], 3));
        let parameters = [("weight".to_owned(), weight.clone())].into();
        let mut optimizer = Optimizer::new(rule, parameters).expect("an optimiser").with_clip_norm(clip);
        let x = random(&[1, 9216], 1);
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter_batched(
                || linear(&x, &weight, &bias).and_then(|y| y.sum_all()?.backward()).expect("a gradient"),
                |_| optimizer.step(1e-6).expect("a step"),
                criterion::BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn networks(c: &mut Criterion) {
    let config = NetworkConfig { params: NetworkParams::default(), height: 48, width: 48, classes: 7 };
    let network = Network::new(&config, 42).expect("a network");
    let sgd = Rule::Sgd(Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0 });
    let mut optimizer = Optimizer::new(sgd, network.parameters().clone()).expect("an optimiser");
    let mut group = c.benchmark_group("FaceCNN, images");
    group.sample_size(10);
    for batch in [1, BATCH] {
        let images = random(&[batch, 1, 48, 48], 1).to_device(&Device::Cpu).expect("images");
        group.throughput(Throughput::Elements(batch as u64));
        group.bench_function(BenchmarkId::new("evaluation", batch), |b| {
            b.iter(|| network.forward(&images, Mode::Evaluate).expect("logits"));
        });
    }
    let images = random(&[BATCH, 1, 48, 48], 1);
    let labels: Vec<u8> = (0..BATCH).map(|image| (image % 7) as u8).collect();
    let mut step = 0;
    group.bench_function(BenchmarkId::new("training step", BATCH), |b| {
        b.iter(|| {
            step += 1;
            let logits = network.forward(&images, Mode::Train { seed: 1, step }).expect("logits");
            cross_entropy(&logits, &labels, 0.0).and_then(|loss| loss.backward()).expect("gradients");
            optimizer.step(1e-3).expect("a step");
        });
    });
    group.finish();
}

criterion_group!(benches, products, convolutions, norms, elementwise, linears, optimizers, networks);
criterion_main!(benches);
