use candle_core::{Device, Result, Tensor};
use fer_nn::*;

use crate::differences::{check_input, check_parameter, random};
use crate::golden::{Case, case, distance};

const EPS: f64 = 1e-5;

/// A block of the golden file: convolution, norm, activation, pooling.
struct Block {
    weight: Parameter,
    norm_weight: Parameter,
    norm_bias: Parameter,
}

impl Block {
    fn of(case: &Case) -> Self {
        let [weight, norm_weight, norm_bias] = ["weight", "norm_weight", "norm_bias"].map(|name| case.parameter(name));
        Self { weight, norm_weight, norm_bias }
    }

    fn norm<'a>(&'a self, activation: Activation, pooling: Pooling, residual: Option<&'a Tensor>) -> BatchNorm<'a> {
        let norm = BatchNorm::new(&self.norm_weight, &self.norm_bias, EPS, Statistics::Batch);
        BatchNorm { activation, pooling, residual, ..norm }
    }

    fn check_grads(&self, case: &Case, tolerance: f64) {
        case.check_grad("dweight", &self.weight, tolerance);
        case.check_grad("dnorm_weight", &self.norm_weight, tolerance);
        case.check_grad("dnorm_bias", &self.norm_bias, tolerance);
    }
}

fn check(name: &str, activation: Activation, pooling: Pooling, tolerance: f64) {
    let case = case(name);
    for method in [Method::Fast, Method::Exact] {
        let config = Conv2d { method, ..Conv2d::new(1, 1) };
        let block = Block::of(&case);
        let run = |x: &Tensor| {
            conv2d_batch_norm(x, &block.weight, None, config, block.norm(activation, pooling, None)).map(|(y, _)| y)
        };
        case.run(tolerance, run);
        block.check_grads(&case, tolerance);
        // With an input that needs no gradient, gray images take a way of their own.
        let block = Block::of(&case);
        let norm = block.norm(activation, pooling, None);
        let (y, _) = conv2d_batch_norm(&case.get("x"), &block.weight, None, config, norm).unwrap();
        case.check("y", &y, tolerance);
        (y * case.get("dy")).unwrap().sum_all().unwrap().backward().unwrap();
        block.check_grads(&case, tolerance);
    }
}

fn leaky(slope: f32) -> Activation {
    Activation::LeakyRelu(Slope::Fixed(slope))
}

#[test]
fn blocks_equal_pytorchs_forward_and_backward() {
    check("block_gray", leaky(0.229), Pooling::Max2, 5e-6);
    check("block_gray_odd", Activation::Silu, Pooling::Max2, 5e-6);
    check("block_pool", Activation::RELU, Pooling::Max2, 5e-6);
    check("block_few", leaky(0.1), Pooling::Max2, 5e-6);
    check("block_silu", Activation::Silu, Pooling::None, 5e-6);
}

#[test]
fn a_mean_of_a_hundred_does_not_lose_the_spread_of_a_gray_block() {
    check("block_gray_offset", Activation::RELU, Pooling::Max2, 1e-4);
}

#[test]
fn a_residual_is_added_before_the_activation_and_gets_its_gradient() {
    for (name, activation, pooling) in
        [("block_residual", Activation::RELU, Pooling::None), ("block_residual_pool", Activation::Silu, Pooling::Max2)]
    {
        let case = case(name);
        let block = Block::of(&case);
        let residual = candle_core::Var::from_tensor(&case.get("residual")).unwrap();
        let norm = block.norm(activation, pooling, Some(residual.as_tensor()));
        let (y, _) = conv2d_batch_norm(&case.get("x"), &block.weight, None, Conv2d::new(1, 1), norm).unwrap();
        case.check("y", &y, 5e-6);
        let gradients = (y * case.get("dy")).unwrap().sum_all().unwrap().backward().unwrap();
        case.check("dresidual", gradients.get(&residual).unwrap(), 5e-6);
        block.check_grads(&case, 5e-6);
    }
}

/// The parameters of a block of so many channels.
fn parameters(outputs: usize, channels: usize) -> Block {
    let parameter = |shape: &[usize], key| Parameter::new(random(shape, key)).unwrap();
    let norm_weight = Parameter::new((random(&[outputs], 3) + 2.0).unwrap()).unwrap();
    Block { weight: parameter(&[outputs, channels, 3, 3], 2), norm_weight, norm_bias: parameter(&[outputs], 4) }
}

#[test]
fn a_block_is_its_parts_one_after_the_other() {
    let slope = Slope::Random { lower: 0.1, upper: 0.4, stream: Stream::new(9).at(2, 1) };
    let activation = Activation::LeakyRelu(slope);
    for (channels, outputs, size) in [(1, 10, [9, 8]), (1, 64, [4, 4]), (16, 24, [7, 10]), (2, 3, [5, 5])] {
        let x = random(&[3, size[0], size[1], channels], 1);
        let run = |fused: bool| -> Result<(Block, Tensor, BatchStats)> {
            let block = parameters(outputs, channels);
            let bias = Parameter::new(random(&[outputs], 5))?;
            let config = Conv2d::new(1, 1);
            let (y, stats) = if fused {
                let norm = block.norm(activation, Pooling::Max2, None);
                conv2d_batch_norm(&x, &block.weight, Some(&bias), config, norm)?
            } else {
                let y = conv2d(&x, &block.weight, Some(&bias), config)?;
                let (y, stats) = batch_norm(&y, block.norm(Activation::Identity, Pooling::None, None))?;
                (max_pool2(&activate(&y, activation)?)?, stats)
            };
            (&y * random(y.dims(), 6))?.sum_all()?.backward()?;
            assert!(bias.grad().unwrap().abs()?.max(0)?.to_scalar::<f32>()? < 1e-4);
            Ok((block, y, stats))
        };
        let ((a, y, stats), (b, expected, expected_stats)) = (run(true).unwrap(), run(false).unwrap());
        assert!(distance(&expected, &y) < 2e-6);
        let vector = |values: &[f32]| Tensor::new(values, &Device::Cpu).unwrap();
        assert!(distance(&vector(&expected_stats.mean), &vector(&stats.mean)) < 1e-6);
        assert!(distance(&vector(&expected_stats.var), &vector(&stats.var)) < 2e-6);
        assert_eq!(stats.count, expected_stats.count);
        for (a, b) in [(a.weight, b.weight), (a.norm_weight, b.norm_weight), (a.norm_bias, b.norm_bias)] {
            assert!(distance(&b.grad().unwrap(), &a.grad().unwrap()) < 5e-6);
        }
    }
}

#[test]
fn the_gradients_of_blocks_agree_with_finite_differences() {
    // SiLU without pooling is smooth everywhere.
    let block = parameters(8, 8);
    let (x, residual) = (random(&[2, 4, 3, 8], 1), random(&[2, 4, 3, 8], 7));
    let run = |x: &Tensor, residual: &Tensor| {
        let norm = block.norm(Activation::Silu, Pooling::None, Some(residual));
        conv2d_batch_norm(x, &block.weight, None, Conv2d::new(1, 1), norm).map(|(y, _)| y)
    };
    check_input(&x, 2e-2, 2e-3, |x| run(x, &residual));
    check_input(&residual, 2e-2, 2e-3, |residual| run(&x, residual));
    for parameter in [&block.weight, &block.norm_weight, &block.norm_bias] {
        check_parameter(parameter, 2e-2, 2e-3, || run(&x, &residual));
    }
    // The gray block always pools: steps too small to change a winner.
    let block = parameters(4, 1);
    let x = random(&[2, 5, 6, 1], 1);
    for parameter in [&block.weight, &block.norm_weight, &block.norm_bias] {
        check_parameter(parameter, 1e-3, 1e-2, || {
            let norm = block.norm(Activation::Silu, Pooling::Max2, None);
            conv2d_batch_norm(&x, &block.weight, None, Conv2d::new(1, 1), norm).map(|(y, _)| y)
        });
    }
}

#[test]
fn evaluation_normalises_with_the_running_statistics() {
    let vector = |values: &[f32]| Tensor::new(values, &Device::Cpu).unwrap();
    for channels in [1, 8] {
        let block = parameters(8, channels);
        let x = random(&[2, 6, 6, channels], 1);
        let (mean, var) = (random(&[8], 8), (random(&[8], 9) + 1.5).unwrap());
        let norm = |activation, pooling| BatchNorm {
            statistics: Statistics::Running { mean: &mean, var: &var },
            ..block.norm(activation, pooling, None)
        };
        let (y, stats) =
            conv2d_batch_norm(&x, &block.weight, None, Conv2d::new(1, 1), norm(leaky(0.2), Pooling::Max2)).unwrap();
        let plain = conv2d(&x, &block.weight, None, Conv2d::new(1, 1)).unwrap();
        let (plain, _) = batch_norm(&plain, norm(Activation::Identity, Pooling::None)).unwrap();
        let expected = max_pool2(&activate(&plain, leaky(0.2)).unwrap()).unwrap();
        assert!(distance(&expected, &y) < 1e-6);
        assert_eq!(distance(&mean, &vector(&stats.mean)), 0.0);
        let message = y.sum_all().unwrap().backward().unwrap_err().to_string();
        assert!(message.contains("there is no backward pass in evaluation"), "{message}");
    }
}

#[test]
fn what_follows_a_convolution_in_the_cache_changes_no_bit() {
    for (channels, kernel, stride, padding) in [(1, 3, 1, 1), (8, 3, 1, 1), (8, 3, 2, 1), (8, 1, 2, 0), (3, 5, 1, 2)] {
        let config = Conv2d::new(stride, padding);
        let block = parameters(8, channels);
        let weight = Parameter::new(random(&[8, channels, kernel, kernel], 5)).unwrap();
        // More positions than a piece has.
        let x = random(&[5, 30, 26, channels], 1);
        let (mean, var) = (random(&[8], 8), (random(&[8], 9) + 1.5).unwrap());
        let plain = conv2d(&x, &weight, None, config).unwrap();
        let residual = random(plain.dims(), 2);
        for residual in [None, Some(&residual)] {
            let norm = BatchNorm {
                statistics: Statistics::Running { mean: &mean, var: &var },
                ..block.norm(leaky(0.2), Pooling::None, residual)
            };
            let (expected, _) = batch_norm(&plain, norm).unwrap();
            let (y, _) = conv2d_batch_norm(&x, &weight, None, config, norm).unwrap();
            assert_eq!(distance(&expected, &y), 0.0, "{channels} channels, stride {stride}");
        }
    }
}

#[test]
fn a_second_backward_pass_through_the_same_graph_is_refused() {
    let block = parameters(8, 8);
    let norm = block.norm(Activation::RELU, Pooling::None, None);
    let (y, _) = conv2d_batch_norm(&random(&[1, 4, 4, 8], 1), &block.weight, None, Conv2d::new(1, 1), norm).unwrap();
    let loss = y.sum_all().unwrap();
    loss.backward().unwrap();
    let message = loss.backward().unwrap_err().to_string();
    assert!(message.contains("a second backward pass needs a second forward pass"), "{message}");
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let block = parameters(8, 8);
    let x = random(&[1, 4, 4, 8], 1);
    let residual = random(&[1, 4, 4, 7], 1);
    let norm = block.norm(Activation::RELU, Pooling::None, Some(&residual));
    let message = batch_norm(&x, norm).unwrap_err().to_string();
    assert!(message.starts_with("batch norm: expected a residual of shape [1, 4, 4, 8], found [1, 4, 4, 7]"));
    let message = batch_norm(&residual, block.norm(Activation::RELU, Pooling::None, None)).unwrap_err().to_string();
    assert!(message.starts_with("batch norm: expected 7 numbers, one a channel, found [8]"), "{message}");
}
