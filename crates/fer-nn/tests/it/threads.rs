//! The number of threads changes no bit.

use std::collections::BTreeMap;

use candle_core::Tensor;
use fer_nn::*;

use crate::differences::random;

/// Weights after ten steps of a small network that uses every operator, in a pool of so many threads.
fn trained(threads: usize) -> Vec<Vec<u32>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let shapes: [(&str, &[usize]); 13] = [
            ("gray.weight", &[16, 1, 3, 3]),
            ("gray.norm.weight", &[16]),
            ("gray.norm.bias", &[16]),
            ("wide.weight", &[20, 16, 3, 3]),
            ("wide.bias", &[20]),
            ("wide.norm.weight", &[20]),
            ("wide.norm.bias", &[20]),
            ("deep.weight", &[20, 1, 3, 3]),
            ("deep.norm.weight", &[20]),
            ("deep.norm.bias", &[20]),
            ("point.weight", &[9, 20, 1, 1]),
            ("fc.weight", &[7, 9 * 7 * 6]),
            ("fc.bias", &[7]),
        ];
        let parameter = |(key, (name, shape)): (usize, &(&str, &[usize]))| {
            (name.to_string(), Parameter::new(random(shape, key as u64)).unwrap())
        };
        let p: BTreeMap<String, Parameter> = shapes.iter().enumerate().map(parameter).collect();
        let rule = Rule::Sgd(Sgd { momentum: 0.9, nesterov: true, weight_decay: 1e-3 });
        let mut optimizer = Optimizer::new(rule, p.clone()).unwrap();
        let x = random(&[33, 15, 13, 1], 77);
        let labels: Vec<u8> = (0..33).map(|i| i % 7).collect();
        let norm = |layer: &str, activation, pooling| BatchNorm {
            activation,
            pooling,
            ..BatchNorm::new(&p[&format!("{layer}.weight")], &p[&format!("{layer}.bias")], 1e-5, Statistics::Batch)
        };
        for step in 0..10 {
            let stream = |lane| Stream::new(5).at(step, lane);
            let rrelu = |lane| Activation::LeakyRelu(Slope::Random { lower: 0.1, upper: 0.3, stream: stream(lane) });
            let (same, half) = (Conv2d::new(1, 1), Conv2d::new(1, 0));
            let gray = norm("gray.norm", rrelu(0), Pooling::Max2);
            let (y, _) = conv2d_batch_norm(&x, &p["gray.weight"], None, same, gray).unwrap();
            let wide = norm("wide.norm", rrelu(1), Pooling::None);
            let (y, _) = conv2d_batch_norm(&y, &p["wide.weight"], Some(&p["wide.bias"]), same, wide).unwrap();
            let z = depthwise_conv2d(&y, &p["deep.weight"], None, same).unwrap();
            let deep = BatchNorm { residual: Some(&y), ..norm("deep.norm", Activation::Silu, Pooling::None) };
            let (y, _) = batch_norm(&z, deep).unwrap();
            let y = conv2d(&y, &p["point.weight"], None, half).unwrap();
            let y = dropout(&activate(&y, rrelu(2)).unwrap().flatten_from(1).unwrap(), 0.2, stream(3)).unwrap();
            let y = linear(&y, &p["fc.weight"], &p["fc.bias"]).unwrap();
            cross_entropy(&y, &labels, 0.1).unwrap().backward().unwrap();
            optimizer.step(0.01).unwrap();
        }
        let bits =
            |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap().iter().map(|x| x.to_bits()).collect();
        p.values().map(|p| bits(p.value())).collect()
    })
}

#[test]
fn ten_steps_end_with_the_same_bits_on_one_two_and_four_threads() {
    let one = trained(1);
    assert!(one.iter().flatten().all(|&bits| f32::from_bits(bits).is_finite()));
    assert_eq!(one, trained(2));
    assert_eq!(one, trained(4));
}
