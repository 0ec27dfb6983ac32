//! Ten training steps of every network give the same bits with all instructions that this machine has.

use candle_core::Tensor;
use fer_model::{Mode, Network, NetworkConfig, NetworkParams, networks};
use fer_nn::{AdamW, Instructions, Optimizer, Rule, Stream, cross_entropy, init_uniform, set_instructions};

/// Weights and running statistics after ten steps, then logits in evaluation.
fn trained(params: NetworkParams) -> Vec<(String, Vec<u32>)> {
    let config = NetworkConfig { params, height: 8, width: 8, classes: 7 };
    let network = Network::new(&config, 3).unwrap();
    let rule = Rule::AdamW(AdamW { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 1e-2 });
    let mut optimizer = Optimizer::new(rule, network.parameters().clone()).unwrap().with_clip_norm(Some(1.0));
    let images = |key| init_uniform(&[5, 1, 8, 8], 1.0, Stream::new(key)).unwrap();
    let labels = [0, 1, 2, 3, 6];
    for step in 1..=10 {
        let logits = network.forward(&images(step), Mode::Train { seed: 5, step }).unwrap();
        cross_entropy(&logits, &labels, 0.1).unwrap().backward().unwrap();
        optimizer.step(1e-3).unwrap();
    }
    let mut state = network.state();
    state.insert("logits".to_owned(), network.forward(&images(0), Mode::Evaluate).unwrap());
    state.into_iter().map(|(name, tensor)| (name, bits(&tensor))).collect()
}

fn bits(tensor: &Tensor) -> Vec<u32> {
    let values: Vec<f32> = tensor.flatten_all().and_then(|tensor| tensor.to_vec1()).unwrap();
    assert!(values.iter().all(|value| value.is_finite()));
    values.into_iter().map(f32::to_bits).collect()
}

#[test]
fn ten_steps_of_every_network_give_the_same_bits_with_all_instructions() {
    for network in networks().unwrap() {
        let run = |kind: Instructions| {
            set_instructions(kind).unwrap();
            let params = serde_json::from_value(serde_json::json!({ "name": network.name })).unwrap();
            trained(params)
        };
        let mut kinds = Instructions::ALL.into_iter().filter(|kind| kind.is_available());
        let first = kinds.next().unwrap();
        let expected = run(first);
        for kind in kinds {
            for ((name, found), (_, expected)) in run(kind).into_iter().zip(&expected) {
                let differ = found.iter().zip(expected).filter(|(a, b)| a != b).count();
                assert!(differ == 0, "{}: {name}: {differ} numbers differ between {first} and {kind}", network.name);
            }
        }
    }
}
