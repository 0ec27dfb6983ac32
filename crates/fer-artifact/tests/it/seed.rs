use fer_artifact::Seed;
use serde_json::{Value, from_str};

fn golden() -> Value {
    from_str(include_str!("../../../../tests/golden/artifact/seed.json")).unwrap()
}

#[test]
fn streams_are_those_of_python_s_blake3() {
    let golden = golden();
    let cases = golden["streams"].as_array().unwrap();
    assert_eq!(cases.len(), 6);
    for case in cases {
        let seed = Seed::new(case["seed"].as_u64().unwrap());
        let name = case["name"].as_str().unwrap();
        assert_eq!(seed.stream(name).value(), case["stream"].as_u64().unwrap(), "stream {name:?} of {seed:?}");
    }
}

#[test]
fn a_stream_has_streams_of_its_own() {
    let nested = &golden()["nested"];
    let mut seed = Seed::new(nested["seed"].as_u64().unwrap());
    for name in nested["names"].as_array().unwrap() {
        seed = seed.stream(name.as_str().unwrap());
    }
    assert_eq!(seed.value(), nested["stream"].as_u64().unwrap());
}

#[test]
fn a_seed_is_a_plain_number_in_json() {
    assert_eq!(serde_json::to_string(&Seed::new(u64::MAX)).unwrap(), "18446744073709551615");
    assert_eq!(from_str::<Seed>("42").unwrap(), Seed::new(42));
}
