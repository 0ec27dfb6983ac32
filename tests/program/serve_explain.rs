//! `/v1/explain` as its clients see it.
#![cfg(all(unix, feature = "serve", feature = "faces"))]

use fer_predict::{Ensemble, Look, Picture, Recognizer, Search};
use serde_json::{Value, json};

use crate::serve::{ASTRONAUT, astronaut, predicted};
use crate::service::{Answer, Service};
use crate::world::World;

fn explain(service: &Service, query: &str, body: &[u8]) -> Answer {
    let request = String::from_utf8_lossy(&service.request(query, "", b"")).replace("/v1/faces", "/v1/explain");
    let request = request.replace("content-length: 0", &format!("content-length: {}", body.len()));
    service.send(&[request.as_bytes(), body].concat())
}

fn values(face: &Value) -> Vec<f64> {
    face["heat_map"]["values"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

#[test]
fn a_face_has_its_crop_and_the_heat_map_of_its_class_or_of_another() {
    let world = World::new();
    let service = Service::start(&world, &[]);
    let explained = explain(&service, "", &astronaut()).json();
    let face = &explained["faces"][0];
    let expected = &predicted(&world, &[ASTRONAUT])[0];
    expected.as_object().unwrap().iter().for_each(|(field, value)| assert_eq!(&face[field], value, "{field}"));
    // As the library says, whose maps are compared with PyTorch's.
    let recognizer = Recognizer::new(Ensemble::built_in(), Look::Faces(Search::default())).unwrap();
    let crops = recognizer.crops(Picture::open(ASTRONAUT.as_ref()).unwrap());
    assert_eq!((&face["crop"]["width"], &face["crop"]["height"]), (&json!(48), &json!(48)));
    assert_eq!(face["crop"]["pixels"], json!(crops[0].pixels()));
    let happy = recognizer.classes().iter().position(|class| class == "happy").unwrap();
    let sad = recognizer.classes().iter().position(|class| class == "sad").unwrap();
    let map = |class| recognizer.heat_maps(&[&crops[0]], &[class]).unwrap().remove(0);
    let nearly = |found: &[f64], known: &[f32]| {
        found.len() == known.len() && found.iter().zip(known).all(|(a, b)| (a - f64::from(*b)).abs() < 1e-4)
    };
    assert_eq!(face["heat_map"]["class"], "happy");
    assert!(nearly(&values(face), &map(happy)));
    assert!(values(face).contains(&1.0), "scaled to its own maximum");
    let other = explain(&service, "?class=sad&face=0", &astronaut()).json();
    assert_eq!(other["faces"][0]["heat_map"]["class"], "sad");
    assert!(nearly(&values(&other["faces"][0]), &map(sad)) && !nearly(&values(face), &map(sad)));
}

#[test]
fn what_cannot_be_explained_is_told() {
    let world = World::ran();
    let service = Service::start(&world, &["--model=fer48", "--model=run"]);
    let gray = b"P5 48 48 255\n".iter().copied().chain([90; 48 * 48]).collect::<Vec<u8>>();
    assert_eq!(explain(&service, "", &gray).json(), json!({"faces": []}), "no face is no problem");
    let whole = explain(&service, "?detect=false", &gray).json();
    assert_eq!(whole["faces"][0]["crop"]["pixels"], json!(vec![90; 48 * 48]));
    let face = explain(&service, "?face=1", &astronaut()).problem(422);
    assert_eq!(face, "expected a face below 1, as many as the picture has, found 1");
    let class = explain(&service, "?class=glad", &astronaut()).problem(400);
    assert!(class.starts_with("expected one of the classes angry, disgust, fear,") && class.ends_with("found `glad`"));
    assert!(explain(&service, "?klass=sad", &astronaut()).problem(400).contains("unknown field `klass`"));
    assert!(explain(&service, "", b"no picture").problem(415).contains("not a picture"));
    // A linear network has no layer that a heat map could be made of.
    let linear = explain(&service, "?model=run", &astronaut()).problem(422);
    assert!(linear.contains("convolution"), "{linear}");
    assert!(service.get("/v1/explain", "").problem(405).contains("expected POST"));
    let metrics = service.get("/metrics", "").body;
    for counted in [
        "fer_faces_total 1\n",
        "fer_pictures_total{outcome=\"faces\"} 1\n",
        "fer_pictures_total{outcome=\"none\"} 1\n",
        "fer_pictures_total{outcome=\"failed\"} 3\n",
    ] {
        assert!(metrics.contains(counted), "{counted} {metrics}");
    }
}
