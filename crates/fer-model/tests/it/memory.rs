use fer_model::{CompactCnn, FaceResnet, Linear, NetworkConfig, NetworkParams, Passes};

fn passes(params: impl Into<NetworkParams>, side: usize) -> Passes {
    let config = NetworkConfig { params: params.into(), height: 48, width: 48, classes: 7 };
    config.passes(side, side).unwrap()
}

/// The image, its flattened copy, the logits, and the gradient of the logits: nobody asks for that of the image.
#[test]
fn a_linear_layer_keeps_its_input_and_its_output() {
    assert_eq!(passes(Linear {}, 48), Passes { training: 2 * 48 * 48 + 7 + 7, evaluation: 48 * 48 + 7 });
}

#[test]
fn a_block_keeps_its_convolution_its_output_and_where_the_largest_was() {
    let [first, second, third] = [24 * 24 * 16, 12 * 12 * 32, 6 * 6 * 64];
    // The first block stores no convolution.
    let blocks = 2 * first + (4 * second + 2 * second) + (4 * third + 2 * third);
    // Dropout, the flattened copy, the logits.
    let kept = 48 * 48 + blocks + third + third + 7;
    // The second block: the gradients of its output; that of its input, and as much that is used again.
    let working = second + 2 * first;
    // The second block: its input, its convolution, its output and the words beside it.
    let evaluation = first + 4 * second + second + second;
    assert_eq!(passes(CompactCnn::default(), 48), Passes { training: kept + working, evaluation });
}

#[test]
fn a_crop_takes_its_share() {
    let [whole, half] = [48, 24].map(|side| passes(FaceResnet::default(), side));
    for (whole, half) in [(whole.training, half.training), (whole.evaluation, half.evaluation)] {
        let share = half as f64 / whole as f64;
        assert!((share - 0.25).abs() < 0.001, "{half} of {whole}");
    }
}
