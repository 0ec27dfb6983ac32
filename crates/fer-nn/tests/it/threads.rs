//! The number of threads changes no bit.

use std::collections::BTreeMap;

use candle_core::Tensor;
use fer_nn::*;

use crate::differences::random;

/// Weights after ten steps of a small network that uses every operator, in a pool of so many threads.
fn trained(threads: usize) -> Vec<Vec<u32>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let shapes: [(&str, &[usize]); 6] = [
            ("conv.weight", &[16, 3, 3, 3]),
            ("conv.bias", &[16]),
            ("norm.weight", &[16]),
            ("norm.bias", &[16]),
            ("fc.weight", &[7, 16 * 6 * 5]),
            ("fc.bias", &[7]),
        ];
        let parameter = |(key, (name, shape)): (usize, &(&str, &[usize]))| {
            (name.to_string(), Parameter::new(random(shape, key as u64)).unwrap())
        };
        let p: BTreeMap<String, Parameter> = shapes.iter().enumerate().map(parameter).collect();
        let rule = Rule::Sgd(Sgd { momentum: 0.9, nesterov: true, weight_decay: 1e-3 });
        let mut optimizer = Optimizer::new(rule, p.clone()).unwrap();
        let x = random(&[33, 3, 12, 11], 77);
        let labels: Vec<u8> = (0..33).map(|i| i % 7).collect();
        for step in 0..10 {
            let stream = |lane| Stream::new(5).at(step, lane);
            let y = conv2d(&x, &p["conv.weight"], Some(&p["conv.bias"]), Conv2d { stride: 1, padding: 1 }).unwrap();
            let (y, _) = batch_norm_train(&y, &p["norm.weight"], &p["norm.bias"], 1e-5).unwrap();
            let y = leaky_relu(&y, Slope::Random { lower: 0.1, upper: 0.3, stream: stream(0) }).unwrap();
            let y = dropout(&max_pool2(&y).unwrap().flatten_from(1).unwrap(), 0.2, stream(1)).unwrap();
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
