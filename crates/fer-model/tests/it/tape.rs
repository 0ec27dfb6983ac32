//! The gradients of a tape are those of candle's own backward pass.

use candle_core::Tensor;
use fer_model::{Mode, Network, NetworkConfig, networks};
use fer_nn::{Stream, Tape, cross_entropy, init_uniform};

const LABELS: [u8; 5] = [0, 1, 2, 3, 6];

fn network(name: &str) -> Network {
    let params = serde_json::from_value(serde_json::json!({ "name": name })).unwrap();
    Network::new(&NetworkConfig { params, height: 8, width: 8, classes: 7 }, 3).unwrap()
}

fn loss(network: &Network) -> Tensor {
    let images = init_uniform(&[5, 1, 8, 8], 1.0, Stream::new(1)).unwrap();
    let logits = network.forward(&images, Mode::Train { seed: 5, step: 1 }).unwrap();
    cross_entropy(&logits, &LABELS, 0.1).unwrap()
}

/// All gradients of all parameters; 0 and −0 count as equal.
fn gradients(network: &Network) -> Vec<Vec<f32>> {
    let gradients = network.parameters_in_order().iter().map(|parameter| parameter.grad().unwrap());
    gradients.map(|gradient| gradient.flatten_all().unwrap().to_vec1().unwrap()).collect()
}

#[test]
fn a_tape_leaves_the_gradients_of_candles_graph_of_every_network() {
    for summary in networks().unwrap() {
        let [with_candle, with_tape] = [(); 2].map(|()| network(summary.name));
        (loss(&with_candle) * 0.25).unwrap().backward().unwrap();
        let (loss, tape) = Tape::record(|| loss(&with_tape));
        assert!(!loss.track_op(), "no graph of candle's is built meanwhile");
        tape.backward(&loss, 0.25).unwrap();
        assert_eq!(gradients(&with_tape), gradients(&with_candle), "{}", summary.name);
        assert!(gradients(&with_tape).iter().flatten().any(|&gradient| gradient != 0.0));
    }
}

#[test]
fn what_the_loss_does_not_depend_on_is_named() {
    let network = network("linear");
    let images = init_uniform(&[5, 1, 8, 8], 1.0, Stream::new(1)).unwrap();
    // The product is candle's, which the tape does not know.
    let (loss, tape) = Tape::record(|| {
        let logits = network.forward(&images, Mode::Train { seed: 5, step: 1 }).unwrap();
        cross_entropy(&(logits * 2.0).unwrap(), &LABELS, 0.0).unwrap()
    });
    let message = tape.backward(&loss, 1.0).unwrap_err().to_string();
    assert!(message.starts_with("backward: no gradient reaches `linear`"), "{message}");
    let (logits, tape) = Tape::record(|| network.forward(&images, Mode::Evaluate).unwrap());
    let message = tape.backward(&logits, 1.0).unwrap_err().to_string();
    assert!(message.starts_with("backward: expected a loss of one number, found shape [5, 7]"), "{message}");
}

#[test]
fn a_recording_ends_with_its_function_even_by_a_panic() {
    let network = network("linear");
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| Tape::record(|| panic!("inside")).0));
    assert!(ended.is_err());
    // With nothing recording, candle's graph is built again.
    assert!(loss(&network).track_op());
    let ((inner, inner_tape), outer_tape) = Tape::record(|| {
        let inner = Tape::record(|| loss(&network));
        let _outer = loss(&network);
        inner
    });
    inner_tape.backward(&inner, 1.0).unwrap();
    assert!(outer_tape.backward(&inner, 1.0).is_err());
}
