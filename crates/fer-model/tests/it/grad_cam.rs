use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use fer_model::{Error, FaceCnn, Linear, Network, NetworkConfig, NetworkParams};
use serde_json::{Value, json};

const CLASSES: [usize; 5] = [0, 3, 6, 1, 2];

/// Tensors of PyTorch's, by `tests/golden/grad_cam/make.py`, that belong to one network.
fn golden(network: &str) -> BTreeMap<String, Tensor> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/grad_cam/grad_cam.safetensors");
    let tensors = candle_core::safetensors::load(path, &Device::Cpu).unwrap();
    let own = |(name, tensor): (String, Tensor)| Some((name.strip_prefix(&format!("{network}/"))?.to_owned(), tensor));
    tensors.into_iter().filter_map(own).collect()
}

fn check(params: Value, size: usize) {
    let params: NetworkParams = serde_json::from_value(params).unwrap();
    let golden = golden(params.name());
    let state =
        golden.iter().filter_map(|(name, tensor)| Some((name.strip_prefix("state/")?.to_owned(), tensor.clone())));
    let config = NetworkConfig { params, height: size, width: size, classes: 7 };
    let network = Network::load(&config, state.collect()).unwrap();
    let maps = network.grad_cam(&golden["images"], &CLASSES).unwrap();
    assert_eq!(maps.dims(), golden["maps"].dims());
    let values = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let (found, expected) = (values(&maps), values(&golden["maps"]));
    let largest = expected.iter().copied().fold(0.0, f32::max);
    for (place, (found, expected)) in found.iter().zip(&expected).enumerate() {
        assert!((found - expected).abs() < 1e-5 * largest, "{place}: expected {expected}, found {found}");
    }
    assert!(network.parameters().values().all(|weight| weight.grad().is_none()), "gradients are left over");
}

#[test]
fn maps_of_a_residual_network_are_pytorchs() {
    check(json!({"name": "face-resnet", "stem": [5, 8], "widths": [8, 12, 16], "blocks": [1, 2, 1]}), 34);
}

#[test]
fn maps_behind_a_pooling_are_pytorchs() {
    check(json!({"name": "compact-cnn", "dropout": 0.0}), 24);
}

/// Through several linear layers with leaky activations, the map of a class is the same for an image in any company.
#[test]
fn an_image_has_its_own_map() {
    let config = NetworkConfig { params: FaceCnn::default().into(), height: 32, width: 32, classes: 7 };
    let network = Network::new(&config, 3).unwrap();
    let images = fer_nn::init_uniform(&[2, 1, 32, 32], 1.0, fer_nn::Stream::new(1)).unwrap();
    let both = network.grad_cam(&images, &[4, 5]).unwrap();
    for (image, class) in [(0, 4), (1, 5)] {
        let alone = network.grad_cam(&images.narrow(0, image, 1).unwrap(), &[class]).unwrap();
        let together = both.narrow(0, image, 1).unwrap();
        let largest = |tensor: &Tensor| tensor.flatten_all().unwrap().max(0).unwrap().to_scalar::<f32>().unwrap();
        let difference = largest(&(alone - &together).unwrap().abs().unwrap());
        assert!(difference <= 1e-5 * largest(&together), "image {image}: {difference}");
        assert!(largest(&together) > 0.0);
    }
}

#[test]
fn a_network_without_convolutions_has_no_maps() {
    let config = NetworkConfig { params: Linear {}.into(), height: 4, width: 4, classes: 2 };
    let network = Network::new(&config, 1).unwrap();
    let images = Tensor::zeros((1, 1, 4, 4), DType::F32, &Device::Cpu).unwrap();
    let error = network.grad_cam(&images, &[0]).unwrap_err();
    assert!(matches!(error, Error::Maps { network: "linear" }));
    assert_eq!(error.to_string(), "`linear` has no convolution, and so no maps to show what it looks at");
}
