//! Every operator gives the same bits with all instructions that this machine has, forward and backward.

#[path = "it/differences.rs"]
#[expect(dead_code, reason = "for its random tensors")]
mod differences;

use candle_core::{Result, Tensor, Var};
use differences::random;
use fer_nn::*;

fn setup() {}

/// What a test looks at: numbers by name.
type Bits = Vec<(String, Vec<u32>)>;

fn bits(name: &str, tensor: &Tensor) -> (String, Vec<u32>) {
    let values: Vec<f32> = tensor.flatten_all().and_then(|tensor| tensor.to_vec1()).unwrap();
    assert!(values.iter().all(|value| value.is_finite()), "{name}");
    (name.to_owned(), values.iter().map(|value| value.to_bits()).collect())
}

fn numbers(shape: &[usize], seed: u64) -> Vec<f32> {
    random(shape, seed).flatten_all().and_then(|tensor| tensor.to_vec1()).unwrap()
}

/// Results and all gradients of an operator of x and parameters.
fn run(
    name: &str,
    x: &[usize],
    parameters: &[&[usize]],
    operator: impl Fn(&Tensor, &[Parameter]) -> Result<Tensor>,
) -> Bits {
    let parameter = |(key, shape): (usize, &&[usize])| Parameter::new(random(shape, 10 + key as u64)).unwrap();
    let parameters: Vec<Parameter> = parameters.iter().enumerate().map(parameter).collect();
    let x = Var::from_tensor(&random(x, 1)).unwrap();
    let y = operator(x.as_tensor(), &parameters).unwrap();
    let gradients = (&y * random(y.dims(), 2)).unwrap().sum_all().unwrap().backward().unwrap();
    let mut all = vec![bits(&format!("{name}: y"), &y)];
    all.extend(gradients.get(&x).map(|dx| bits(&format!("{name}: dx"), dx)));
    let grads = parameters.iter().enumerate().filter_map(|(at, p)| Some((at, p.grad()?)));
    all.extend(grads.map(|(at, grad)| bits(&format!("{name}: gradient {at}"), &grad)));
    all
}

fn rrelu() -> Activation {
    Activation::LeakyRelu(Slope::Random { lower: 0.1, upper: 0.3, stream: Stream::new(5).at(3, 1) })
}

fn convolutions() -> Bits {
    let mut all = vec![];
    // Channels, outputs, window, stride, padding.
    let cases =
        [(8, 9, 3, 1, 1), (40, 72, 3, 1, 1), (64, 128, 3, 1, 0), (3, 20, 3, 2, 1), (33, 80, 1, 1, 0), (4, 5, 5, 1, 2)];
    for (channels, outputs, kernel, stride, padding) in cases {
        for method in [Method::Fast, Method::Exact] {
            let weight = [outputs, channels, kernel, kernel];
            let name = format!("{method:?} convolution {weight:?}");
            all.extend(run(&name, &[3, 11, 10, channels], &[&weight, &[outputs]], |x, p| {
                conv2d(x, &p[0], Some(&p[1]), Conv2d { stride, padding, method })
            }));
        }
    }
    for (channels, stride) in [(21, 1), (80, 2)] {
        all.extend(run("depthwise", &[3, 9, 8, channels], &[&[channels, 1, 3, 3], &[channels]], |x, p| {
            depthwise_conv2d(x, &p[0], Some(&p[1]), Conv2d::new(stride, 1))
        }));
    }
    all
}

fn blocks() -> Bits {
    let mut all = vec![];
    for (channels, outputs) in [(1, 10), (1, 64), (20, 40)] {
        for (activation, pooling) in
            [(rrelu(), Pooling::Max2), (Activation::Silu, Pooling::None), (Activation::Silu, Pooling::Max2)]
        {
            let name = format!("block {channels} to {outputs}, {pooling:?}, {activation:?}");
            let parameters: [&[usize]; 3] = [&[outputs, channels, 3, 3], &[outputs], &[outputs]];
            let block = |x: &Tensor, p: &[Parameter]| {
                let norm = BatchNorm::new(&p[1], &p[2], 1e-5, Statistics::Batch);
                let norm = BatchNorm { activation, pooling, ..norm };
                conv2d_batch_norm(x, &p[0], None, Conv2d::new(1, 1), norm).map(|(y, _)| y)
            };
            all.extend(run(&name, &[3, 13, 11, channels], &parameters, block));
            // Without a gradient of the images, gray ones take a way of their own.
            let images = random(&[3, 13, 11, channels], 7);
            all.extend(run(&name, &[1], &parameters, |_, p| block(&images, p)));
        }
    }
    all.extend(run("residual", &[3, 9, 8, 21], &[&[21], &[21]], |x, p| {
        let norm = BatchNorm::new(&p[0], &p[1], 1e-5, Statistics::Batch);
        Ok(batch_norm(x, BatchNorm { residual: Some(x), activation: Activation::Silu, ..norm })?.0)
    }));
    let (mean, var) = (random(&[33], 3), (random(&[33], 4).abs().unwrap() + 0.1).unwrap());
    let p = [5, 6].map(|key| Parameter::new(random(&[33], key)).unwrap());
    let norm = BatchNorm::new(&p[0], &p[1], 1e-5, Statistics::Running { mean: &mean, var: &var });
    let norm = BatchNorm { activation: Activation::Silu, pooling: Pooling::Max2, ..norm };
    all.push(bits("evaluation", &batch_norm(&random(&[3, 9, 8, 33], 1), norm).unwrap().0));
    all
}

fn others() -> Bits {
    let mut all = vec![];
    for (rows, inputs, outputs) in [(1, 300, 70), (33, 513, 200), (130, 64, 7)] {
        let name = format!("linear {rows}, {inputs}, {outputs}");
        all.extend(run(&name, &[rows, inputs], &[&[outputs, inputs], &[outputs]], |x, p| linear(x, &p[0], &p[1])));
    }
    let images = [3, 9, 8, 21];
    all.extend(run("max", &images, &[], |x, _| max_pool2(x)));
    all.extend(run("mean", &images, &[], |x, _| avg_pool2(x)));
    all.extend(run("global mean", &images, &[], |x, _| global_avg_pool(x)));
    all.extend(run("flatten", &images, &[], |x, _| flatten(x)));
    all.extend(run("dropout", &images, &[], |x, _| dropout(x, 0.3, Stream::new(8))));
    for activation in [Activation::RELU, rrelu(), Activation::Silu] {
        all.extend(run(&format!("{activation:?}"), &images, &[], |x, _| activate(&(x * 9.0)?, activation)));
    }
    let (weights, bias, windows) = (numbers(&[48, 21], 5), numbers(&[48], 6), numbers(&[48, 9], 7));
    let depthwise = Weights { weight: &windows, bias: &bias };
    let separable = Separable::new(Weights { weight: &weights, bias: &bias }, depthwise, Activation::RELU).unwrap();
    all.push(bits("separable", &separable.apply(&random(&images, 1)).unwrap()));
    let labels: Vec<u8> = (0..40).map(|row| row % 7).collect();
    all.extend(run("cross entropy", &[40, 7], &[], |x, _| cross_entropy(&(x * 5.0)?, &labels, 0.1)));
    all.push(bits("normal", &init_normal(&[1000], 0.5, Stream::new(3)).unwrap()));
    all.push(bits("uniform", &init_uniform(&[1000], 0.5, Stream::new(3)).unwrap()));
    let average = random(&[500], 1);
    update_average(&average, &random(&[500], 2), 0.01).unwrap();
    all.push(bits("average", &average));
    all
}

fn optimizers() -> Bits {
    let sgd = |momentum, nesterov| Rule::Sgd(Sgd { momentum, nesterov, weight_decay: 1e-3 });
    let adamw = Rule::AdamW(AdamW { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 1e-2 });
    let mut all = vec![];
    for rule in [sgd(0.0, false), sgd(0.9, false), sgd(0.9, true), adamw] {
        let [weight, bias] = [[70usize, 513].as_slice(), &[70]].map(|shape| Parameter::new(random(shape, 3)).unwrap());
        let parameters = [("weight".to_owned(), weight.clone()), ("bias".to_owned(), bias.clone())];
        let mut optimizer = Optimizer::new(rule, parameters.into()).unwrap().with_clip_norm(Some(0.5));
        for step in 0..10 {
            let loss = linear(&random(&[9, 513], step), &weight, &bias).unwrap().sqr().unwrap().mean_all().unwrap();
            loss.backward().unwrap();
            optimizer.step(0.01).unwrap();
        }
        all.push(bits(&format!("{rule:?}"), weight.value()));
    }
    all
}

#[test]
fn all_instructions_give_the_same_bits() {
    let run = |kind: Instructions| {
        set_instructions(kind).unwrap();
        assert_eq!(instructions(), kind);
        [convolutions(), blocks(), others(), optimizers()].concat()
    };
    let mut kinds = Instructions::ALL.into_iter().filter(|kind| kind.is_available());
    let first = kinds.next().unwrap();
    let expected = run(first);
    for kind in kinds {
        for ((name, found), (_, expected)) in run(kind).into_iter().zip(&expected) {
            let differ = found.iter().zip(expected).filter(|(a, b)| a != b).count();
            assert!(differ == 0, "{name}: {differ} of {} numbers differ between {first} and {kind}", found.len());
        }
    }
}

#[test]
fn instructions_that_this_machine_does_not_have_are_refused() {
    let message = "fast".parse::<Instructions>().unwrap_err().to_string();
    assert!(message.starts_with("unknown instructions `fast`; this machine has ") && message.ends_with("`portable`"));
    for kind in Instructions::ALL {
        assert_eq!(kind.name().parse(), Ok(kind));
        if !kind.is_available() {
            let message = set_instructions(kind).unwrap_err().to_string();
            assert!(message.starts_with(&format!("this machine does not have `{kind}`; it has ")), "{message}");
        }
    }
}
