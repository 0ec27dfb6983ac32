use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use candle_core::{DType, Device, Tensor};
use fer_artifact::Fraction;
use fer_model::{
    CompactCnn, Error, FaceCnn, FaceResnet, Linear, Mode, Network, NetworkConfig, NetworkParams, Rrelu, networks,
};
use fer_nn::{Optimizer, Rule, Sgd, Stream, init_uniform};

const TRAIN: Mode = Mode::Train { seed: 1, step: 1 };

fn config(params: NetworkParams) -> NetworkConfig {
    NetworkConfig { params, height: 8, width: 8, classes: 3 }
}

fn images(n: usize) -> Tensor {
    init_uniform(&[n, 1, 8, 8], 1.0, Stream::new(7)).unwrap()
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

fn state(network: &Network) -> BTreeMap<String, Vec<f32>> {
    network.state().iter().map(|(name, tensor)| (name.clone(), values(tensor))).collect()
}

#[test]
fn weights_depend_on_the_seed_alone() {
    let config = config(CompactCnn::default().into());
    let network = |seed| state(&Network::new(&config, seed).unwrap());
    assert_eq!(network(1), network(1));
    assert_ne!(network(1), network(2));
}

#[test]
fn fresh_weights_have_the_distributions_of_the_seed_and_of_pytorch() {
    let network = Network::new(&config(FaceCnn::default().into()), 3).unwrap();
    let state = state(&network);
    let deviation = |name: &str| {
        let values = &state[name];
        let square: f64 = values.iter().map(|&x| f64::from(x).powi(2)).sum();
        (square / values.len() as f64).sqrt()
    };
    let largest = |name: &str| state[name].iter().fold(0f32, |largest, x| largest.max(x.abs()));
    // N(0, 0.04²): 73,728 draws estimate the deviation within 1 %, and some lie beyond three deviations.
    assert!((deviation("conv2.0.weight") / 0.04 - 1.0).abs() < 0.01);
    assert!(largest("conv2.0.weight") > 0.12);
    // U(−b, b) has deviation b/√3; b = 1/√fan_in.
    for (name, fan_in) in [("fc.4.weight", 4096f64), ("fc.6.weight", 1024.0)] {
        let bound = 1.0 / fan_in.sqrt();
        assert!((deviation(name) * 3f64.sqrt() / bound - 1.0).abs() < 0.01, "{name}");
        assert!(f64::from(largest(name)) <= bound && f64::from(largest(name)) > 0.99 * bound, "{name}");
    }
    for (name, fan_in) in [("conv1.0.bias", 9f32), ("conv3.0.bias", 9.0 * 128.0), ("fc.1.bias", 256.0)] {
        let bound = 1.0 / fan_in.sqrt();
        assert!(largest(name) <= bound && largest(name) > 0.9 * bound, "{name}");
    }
    for (name, value) in [("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)] {
        assert_eq!(state[&format!("conv3.1.{name}")], [value; 256]);
    }
}

#[test]
fn every_misfit_is_listed_in_one_error() {
    let config = config(Linear {}.into());
    let zeros = |shape: &[usize], dtype| Tensor::zeros(shape, dtype, &Device::Cpu).unwrap();
    let given = |tensors: &[(&str, Tensor)]| {
        let tensors = tensors.iter().map(|(name, tensor)| ((*name).to_owned(), tensor.clone())).collect();
        Network::load(&config, tensors).unwrap_err().to_string()
    };
    let bias = zeros(&[3], DType::F32);
    assert_eq!(
        given(&[("fc.weight", zeros(&[7, 64], DType::F32)), ("head.bias", bias.clone()), ("body", bias.clone())]),
        "the tensors do not fit `linear`: `body` [3] is not expected; `fc.bias` [3] is missing; `fc.weight`: expected \
         shape [3, 64], found [7, 64]; `head.bias` [3] is not expected"
    );
    assert_eq!(
        given(&[("fc.weight", zeros(&[3, 64], DType::F64)), ("fc.bias", bias)]),
        "the tensors do not fit `linear`: `fc.weight`: expected f32, found f64"
    );
}

#[test]
fn of_many_misfits_the_first_few_are_named_in_a_short_message() {
    let blocks = [(); 3].map(|()| serde_json::from_str("1024").unwrap());
    let config = config(FaceResnet { blocks, ..FaceResnet::default() }.into());
    let long = [("\u{1b}]0;".repeat(10_000), Tensor::zeros(1, DType::F32, &Device::Cpu).unwrap())];
    let error = Network::load(&config, BTreeMap::from(long)).unwrap_err();
    let Error::Mismatch { mismatches, .. } = &error else { panic!("{error}") };
    let message = error.to_string();
    assert!(message.len() < 3000 && !message.contains('\u{1b}'), "{message}");
    assert!(message.ends_with(&format!("; and {} more", mismatches.len() - 6)), "{message}");
}

#[test]
fn a_loaded_network_is_a_copy_that_gives_the_same_logits() {
    for params in [CompactCnn::default().into(), Linear {}.into()] {
        let config = config(params);
        let network = Network::new(&config, 5).unwrap();
        let x = images(4);
        network.forward(&x, TRAIN).unwrap();
        let copy = Network::load(&config, network.state()).unwrap();
        assert_eq!(state(&copy), state(&network));
        let logits = |network: &Network| values(&network.forward(&x, Mode::Evaluate).unwrap());
        let before = logits(&network);
        assert_eq!(logits(&copy), before);
        for weight in copy.parameters().values() {
            weight.set(&weight.value().zeros_like().unwrap()).unwrap();
        }
        assert_eq!(logits(&network), before);
        assert_ne!(logits(&copy), before);
    }
}

#[test]
fn noise_depends_on_seed_and_step_alone() {
    let half = Fraction::new(0.5).unwrap();
    let noisy = [
        CompactCnn { dropout: half }.into(),
        FaceCnn { rrelu: Rrelu::DEFAULT, dropout: [Fraction::of(0.0); 2] }.into(),
        FaceCnn { rrelu: Rrelu::new(0.2, 0.2).unwrap(), dropout: [Fraction::of(0.0), half] }.into(),
    ];
    for params in noisy {
        let network = Network::new(&config(params), 5).unwrap();
        let logits = |seed, step| values(&network.forward(&images(2), Mode::Train { seed, step }).unwrap());
        let first = logits(1, 1);
        assert_eq!(logits(1, 1), first, "{params:?}");
        assert_ne!(logits(1, 2), first, "{params:?}");
        assert_ne!(logits(2, 1), first, "{params:?}");
    }
}

#[test]
fn without_noise_training_steps_give_the_same_logits() {
    let params = FaceCnn { rrelu: Rrelu::new(0.2, 0.2).unwrap(), dropout: [Fraction::of(0.0); 2] }.into();
    let network = Network::new(&config(params), 5).unwrap();
    let logits = |step| values(&network.forward(&images(2), Mode::Train { seed: 1, step }).unwrap());
    assert_eq!(logits(1), logits(2));
}

#[test]
fn training_moves_the_running_statistics_and_nothing_else() {
    let network = Network::new(&config(CompactCnn::default().into()), 5).unwrap();
    let before = state(&network);
    network.forward(&images(4), Mode::Evaluate).unwrap();
    assert_eq!(state(&network), before);
    network.forward(&images(4), TRAIN).unwrap();
    let after = state(&network);
    for (name, values) in &after {
        assert_eq!(values != &before[name], name.contains("running"), "{name}");
    }
}

#[test]
fn what_a_batch_saw_can_be_followed_apart_from_its_forward_pass() {
    let networks = [CompactCnn::default().into(), FaceResnet::default().into(), Linear {}.into()];
    for params in networks {
        let [network, other] = [(); 2].map(|()| Network::new(&config(params), 5).unwrap());
        let before = state(&network);
        let (logits, statistics) = network.forward_apart(&images(4), TRAIN).unwrap();
        assert_eq!(state(&network), before);
        assert_eq!(statistics.len(), network.statistics());
        assert_eq!(values(&other.forward(&images(4), TRAIN).unwrap()), values(&logits));
        network.follow(&statistics).unwrap();
        assert_eq!(state(&network), state(&other));
        let error = network.follow(&[statistics, vec![0.0]].concat()).unwrap_err();
        let expected = network.statistics();
        assert_eq!(error.to_string(), format!("expected {expected} statistics of a batch, found {}", expected + 1));
        assert_eq!(network.forward_apart(&images(4), Mode::Evaluate).unwrap().1, [0.0; 0]);
        let running = before.keys().filter(|name| name.contains("running"));
        assert_eq!(expected, running.map(|name| before[name].len()).sum::<usize>());
    }
}

#[test]
fn gradients_arrive_nearly_in_the_reverse_order_of_the_layers() {
    let network = Network::new(&config(FaceResnet::default().into()), 5).unwrap();
    let order = network.parameters_in_order();
    assert_eq!(order.len(), network.parameters().len());
    let arrived = Arc::new(Mutex::new(vec![]));
    for (place, parameter) in order.iter().enumerate() {
        let arrived = Arc::clone(&arrived);
        parameter.hook_grad(move |_| arrived.lock().unwrap().push(place));
    }
    network.forward(&images(4), TRAIN).unwrap().sum_all().unwrap().backward().unwrap();
    let arrived = arrived.lock().unwrap().clone();
    // Each once; a block's norm comes before its convolution, and a shortcut where candle puts it.
    let mut sorted = arrived.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..order.len()).collect::<Vec<_>>());
    let reverse = arrived.iter().rev().enumerate().map(|(place, &found)| place.abs_diff(found));
    assert!(reverse.clone().max().unwrap() <= 9, "{arrived:?}");
}

/// With a constant image the first convolution's output is known at its inner pixels, and so is the batch's mean for a
/// kernel that looks at its middle alone: w·x + b. The running mean goes a tenth of the way from 0, the running
/// variance from 1 to the batch's 0.
#[test]
fn running_statistics_go_a_tenth_of_the_way() {
    let network = Network::new(&config(CompactCnn::default().into()), 5).unwrap();
    let mut kernel = [0f32; 16 * 9];
    (0..16).for_each(|channel| kernel[channel * 9 + 4] = channel as f32);
    let kernel = Tensor::new(&kernel, &Device::Cpu).unwrap().reshape((16, 1, 3, 3)).unwrap();
    network.parameters()["conv1.0.weight"].set(&kernel).unwrap();
    network.parameters()["conv1.0.bias"].set(&Tensor::full(0.5f32, 16, &Device::Cpu).unwrap()).unwrap();
    network.forward(&Tensor::full(2f32, (3, 1, 8, 8), &Device::Cpu).unwrap(), TRAIN).unwrap();
    let state = state(&network);
    let [means, variances] = ["mean", "var"].map(|name| &state[&format!("conv1.1.running_{name}")]);
    for (channel, (mean, variance)) in means.iter().zip(variances).enumerate() {
        assert!((mean - 0.1 * (2.0 * channel as f32 + 0.5)).abs() < 1e-5, "{channel}");
        assert!((variance - 0.9).abs() < 1e-5, "{channel}");
    }
}

#[test]
fn an_input_of_another_shape_is_refused() {
    let network = Network::new(&config(Linear {}.into()), 5).unwrap();
    for shape in [vec![2, 1, 8, 9], vec![2, 3, 8, 8], vec![2, 64]] {
        let x = Tensor::zeros(shape.as_slice(), DType::F32, &Device::Cpu).unwrap();
        let error = network.forward(&x, Mode::Evaluate).unwrap_err();
        assert!(matches!(error, Error::Input { .. }));
        assert_eq!(error.to_string(), format!("expected an input of shape [N, 1, 8, 8], found {shape:?}"));
    }
}

#[test]
fn evaluation_keeps_nothing_for_a_backward_pass() {
    let network = Network::new(&config(CompactCnn::default().into()), 5).unwrap();
    assert!(!network.forward(&images(2), Mode::Evaluate).unwrap().track_op());
    assert!(network.forward(&images(2), TRAIN).unwrap().track_op());
}

#[test]
fn as_a_module_of_candle_it_evaluates() {
    let network = Network::new(&config(CompactCnn::default().into()), 5).unwrap();
    let x = images(2);
    let expected = values(&network.forward(&x, Mode::Evaluate).unwrap());
    assert_eq!(values(&x.apply(&network).unwrap()), expected);
}

#[test]
fn a_network_that_averages_over_positions_takes_other_sizes_and_the_others_do_not() {
    let logits = |params, height, width| {
        let network = Network::new(&config(params), 3).unwrap();
        let images = init_uniform(&[2, 1, height, width], 1.0, Stream::new(7)).unwrap();
        network.forward(&images, Mode::Evaluate).map(|logits| logits.dims().to_vec())
    };
    for (height, width) in [(8, 8), (9, 17), (48, 44)] {
        assert_eq!(logits(FaceResnet::default().into(), height, width).unwrap(), [2, 3]);
    }
    assert!(matches!(logits(FaceResnet::default().into(), 7, 8), Err(Error::Input { .. })));
    assert!(matches!(logits(CompactCnn::default().into(), 9, 8), Err(Error::Input { .. })));
}

/// As the network's, but its last weight has another number of columns.
fn state_of_a_wider_last_layer(network: &Network) -> BTreeMap<String, Tensor> {
    let mut state = network.state();
    let last = network.parameters_in_order().iter().rev().find(|parameter| parameter.value().rank() == 2).unwrap();
    let name = network.parameters().iter().find(|(_, weight)| weight.value().id() == last.value().id()).unwrap().0;
    let columns = last.value().dims()[1] + 1;
    state.insert(name.clone(), Tensor::zeros((7, columns), DType::F32, &Device::Cpu).unwrap());
    state
}

#[test]
fn a_network_of_other_classes_keeps_all_layers_but_the_last() {
    for summary in networks().unwrap() {
        let of = |classes| NetworkConfig {
            params: serde_json::from_value(serde_json::json!({ "name": summary.name })).unwrap(),
            height: 8,
            width: 8,
            classes,
        };
        let (trained, fresh) = (Network::new(&of(7), 3).unwrap(), Network::new(&of(8), 4).unwrap());
        let (transferred, others) = Network::transfer(&of(8), trained.state(), 4).unwrap();
        assert_eq!(others, Some(7));
        let transferred = state(&transferred);
        let (trained, fresh) = (state(&trained), state(&fresh));
        let anew: Vec<&String> = transferred
            .keys()
            .filter(|&name| transferred[name] == fresh[name] && fresh[name] != trained[name])
            .collect();
        assert_eq!(anew.len(), 2, "{anew:?}");
        assert!(
            transferred.iter().all(|(name, values)| anew.contains(&name) || *values == trained[name]),
            "{}",
            summary.name
        );
        // With the same number of classes, everything is kept.
        let trained = Network::new(&of(7), 3).unwrap();
        // A last layer that looks at other inputs fits nothing.
        let wider = state_of_a_wider_last_layer(&trained);
        let error = Network::transfer(&of(8), wider, 4).unwrap_err();
        assert!(matches!(error, Error::Mismatch { .. }), "{error}");
        let (same, others) = Network::transfer(&of(7), trained.state(), 4).unwrap();
        assert_eq!((state(&same), others), (state(&trained), None));
    }
}

#[test]
fn a_frozen_network_gives_the_same_bits_in_every_pass_and_is_not_trained() {
    for summary in networks().unwrap() {
        let params = serde_json::from_value(serde_json::json!({ "name": summary.name })).unwrap();
        let config = NetworkConfig { params, height: 8, width: 8, classes: 7 };
        let network = Network::new(&config, 3).unwrap();
        let frozen = Network::load_frozen(&config, network.state()).unwrap();
        for count in [4, 1, 4] {
            let [expected, found] = [&network, &frozen].map(|network| network.forward(&images(count), Mode::Evaluate));
            assert_eq!(values(&found.unwrap()), values(&expected.unwrap()), "{}", summary.name);
        }
        let parameter = frozen.parameters().values().next().unwrap();
        let message = parameter.set(&parameter.value().copy().unwrap()).unwrap_err().to_string();
        assert!(message.starts_with("parameter: expected one that may change"), "{message}");
        let rule = Rule::Sgd(Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0 });
        let message = Optimizer::new(rule, frozen.parameters().clone()).unwrap_err().to_string();
        assert!(message.starts_with("optimizer: expected parameters that may change, found `"), "{message}");
    }
}

/// As many that they go through the network in several pieces.
#[test]
fn an_images_logits_do_not_depend_on_its_neighbours() {
    for summary in networks().unwrap() {
        let params = serde_json::from_value(serde_json::json!({ "name": summary.name })).unwrap();
        let network = Network::new(&NetworkConfig { params, height: 48, width: 48, classes: 7 }, 3).unwrap();
        let images = init_uniform(&[20, 1, 48, 48], 1.0, Stream::new(8)).unwrap();
        let together = values(&network.forward(&images, Mode::Evaluate).unwrap());
        let frozen = Network::load_frozen(network.config(), network.state()).unwrap();
        assert_eq!(values(&frozen.forward(&images, Mode::Evaluate).unwrap()), together, "{}", summary.name);
        for (place, expected) in together.chunks(7).enumerate().step_by(3) {
            let alone = network.forward(&images.narrow(0, place, 1).unwrap(), Mode::Evaluate).unwrap();
            assert_eq!(values(&alone), expected, "{}: image {place}", summary.name);
        }
    }
}
