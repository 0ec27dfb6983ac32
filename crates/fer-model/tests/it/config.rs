use fer_model::{CompactCnn, FaceCnn, FaceResnet, Linear, NetworkConfig, NetworkParams};
use serde_json::json;

fn config(params: NetworkParams, height: usize, width: usize, classes: usize) -> NetworkConfig {
    NetworkConfig { params, height, width, classes }
}

#[test]
fn the_seeds_network_has_the_names_and_shapes_of_its_state_dict() {
    let tensors = config(FaceCnn::default().into(), 48, 48, 7).tensors().unwrap();
    let mut expected = vec![];
    for (block, inputs, outputs) in [(1, 1, 64), (2, 64, 128), (3, 128, 256)] {
        expected.push((format!("conv{block}.0.bias"), vec![outputs]));
        expected.push((format!("conv{block}.0.weight"), vec![outputs, inputs, 3, 3]));
        for name in ["bias", "running_mean", "running_var", "weight"] {
            expected.push((format!("conv{block}.1.{name}"), vec![outputs]));
        }
    }
    for (place, inputs, outputs) in [(1, 9216, 4096), (4, 4096, 1024), (6, 1024, 256), (8, 256, 7)] {
        expected.push((format!("fc.{place}.bias"), vec![outputs]));
        expected.push((format!("fc.{place}.weight"), vec![outputs, inputs]));
    }
    assert_eq!(tensors.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn pooling_drops_odd_edges() {
    // 31 → 15 → 7 → 3 rows, 20 → 10 → 5 → 2 columns, of 256 channels.
    let tensors = config(FaceCnn::default().into(), 31, 20, 3).tensors().unwrap();
    assert_eq!(tensors["fc.1.weight"], [4096, 256 * 3 * 2]);
    assert_eq!(tensors["fc.8.weight"], [3, 256]);
}

#[test]
fn the_json_form_is_flat_and_reads_back() {
    let config = config(CompactCnn::default().into(), 48, 40, 5);
    let json = serde_json::to_value(&config).unwrap();
    assert_eq!(json, json!({"name": "compact-cnn", "dropout": 0.25, "height": 48, "width": 40, "classes": 5}));
    assert_eq!(serde_json::from_value::<NetworkConfig>(json).unwrap(), config);
}

#[test]
fn a_configuration_without_a_size_is_refused() {
    let error = serde_json::from_value::<NetworkConfig>(json!({"name": "linear", "width": 48, "classes": 7}));
    assert_eq!(error.unwrap_err().to_string(), "missing field `height`");
}

#[test]
fn images_below_eight_pixels_are_refused_with_the_size_that_is_needed() {
    let error = config(FaceCnn::default().into(), 48, 7, 7).tensors().unwrap_err();
    assert_eq!(error.to_string(), "`face-cnn` takes images of at least 8x8 pixels, found 48x7");
    assert!(config(Linear {}.into(), 1, 1, 7).tensors().is_ok());
}

#[test]
fn a_network_that_would_not_fit_into_memory_is_refused_without_making_it() {
    for size in [2048, usize::MAX] {
        let error = config(FaceCnn::default().into(), size, size, 7).tensors().unwrap_err();
        let expected = format!(
            "`face-cnn` on images of {size}x{size} pixels would have more than 1073741824 parameters: resize the images"
        );
        assert_eq!(error.to_string(), expected);
    }
    // 256 classes of 2047·2049 weights and a bias: 2⁸ · (2²² − 1 + 1).
    assert_eq!(config(Linear {}.into(), 2047, 2049, 256).parameter_count().unwrap(), 1 << 30);
    assert!(config(Linear {}.into(), 2048, 2049, 256).parameter_count().is_err());
}

#[test]
fn a_layer_that_a_few_weights_make_of_a_large_image_is_refused() {
    let resnet = |stem, side| {
        let params = json!({"name": "face-resnet", "stem": [stem, 1], "widths": [1, 1, 1], "blocks": [1, 1, 1],
            "height": side, "width": side, "classes": 2});
        serde_json::from_value::<NetworkConfig>(params).unwrap()
    };
    // The image itself, and the stem's output: 4096² and 64 · 1024² values.
    for (stem, side, found) in [(1, 4096, 16_777_216), (64, 1024, 67_108_864)] {
        let message = format!(
            "`face-resnet` on images of {side}x{side} pixels would have a layer of {found} values for each image, more \
             than 16000000: resize the images"
        );
        assert_eq!(resnet(stem, side).tensors().unwrap_err().to_string(), message);
    }
    assert_eq!(resnet(64, 500).largest_layer().unwrap(), 16_000_000);
    assert!(resnet(64, 501).largest_layer().is_err());
}

#[test]
fn the_largest_layer_is_that_of_the_most_values() {
    let of = |params, height, width, classes| config(params, height, width, classes).largest_layer().unwrap();
    assert_eq!(of(FaceCnn::default().into(), 48, 48, 7), 64 * 48 * 48);
    // Halved and rounded up: 40 channels of 24 × 25 are fewer than 32 of 48 × 49.
    assert_eq!(of(FaceResnet::default().into(), 48, 49, 7), 32 * 48 * 49);
    assert_eq!(of(FaceCnn::default().into(), 8, 8, 7), 4096, "64 · 8 · 8, as many as the linear layer's");
    assert_eq!(of(Linear {}.into(), 1, 3, 7), 7);
    assert_eq!(of(Linear {}.into(), 3, 3, 7), 9);
}

#[test]
fn more_classes_than_a_byte_can_tell_are_refused() {
    for found in [0, 257] {
        let error = config(Linear {}.into(), 8, 8, found).tensors().unwrap_err();
        assert_eq!(error.to_string(), format!("expected 1 to 256 classes, found {found}"));
    }
}
