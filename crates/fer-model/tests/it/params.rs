use fer_artifact::Fraction;
use fer_model::{CompactCnn, FaceCnn, FaceResnet, Linear, NetworkParams, Rrelu};
use serde_json::{Value, from_value, json, to_value};

fn refusal(params: Value) -> String {
    from_value::<NetworkParams>(params).unwrap_err().to_string()
}

#[test]
fn a_name_alone_takes_the_defaults_of_the_seed() {
    let params: NetworkParams = from_value(json!({"name": "face-cnn"})).unwrap();
    assert_eq!(params, NetworkParams::default());
    let expected =
        json!({"name": "face-cnn", "rrelu": {"lower": 0.125, "upper": 0.3333333333333333}, "dropout": [0.2, 0.5]});
    assert_eq!(to_value(params).unwrap(), expected);
}

#[test]
fn every_network_reads_back_as_it_was_written() {
    let probability = |p| Fraction::new(p).unwrap();
    let all = [
        FaceCnn { rrelu: Rrelu::new(0.2, 0.2).unwrap(), dropout: [Fraction::of(0.0), probability(0.7)] }.into(),
        CompactCnn { dropout: probability(0.1) }.into(),
        FaceResnet::default().into(),
        from_value(json!({"name": "face-resnet", "stem": [1, 2], "widths": [3, 4, 1024], "blocks": [6, 7, 8]}))
            .unwrap(),
        Linear {}.into(),
    ];
    for params in all {
        assert_eq!(from_value::<NetworkParams>(to_value(params).unwrap()).unwrap(), params);
    }
}

#[test]
fn whole_numbers_are_numbers_too() {
    let params: NetworkParams =
        from_value(json!({"name": "face-cnn", "dropout": [0, 0.5], "rrelu": {"lower": 0, "upper": 1}})).unwrap();
    let rrelu = Rrelu::new(0.0, 1.0).unwrap();
    assert_eq!(params, FaceCnn { rrelu, dropout: [Fraction::of(0.0), Fraction::new(0.5).unwrap()] }.into());
    let params: NetworkParams = from_value(json!({"name": "compact-cnn", "dropout": 0})).unwrap();
    assert_eq!(params, CompactCnn { dropout: Fraction::of(0.0) }.into());
}

#[test]
fn what_is_out_of_range_is_refused_with_the_range() {
    let expected = "expected a number from 0 to below 1";
    for (dropout, found) in [(json!([0.2, 1.0]), "1.0"), (json!([-0.5, 0.5]), "-0.5"), (json!([0, 1.5]), "1.5")] {
        let message = refusal(json!({"name": "face-cnn", "dropout": dropout}));
        assert_eq!(message, format!("invalid value: floating point `{found}`, {expected}"));
    }
    assert_eq!(
        refusal(json!({"name": "face-cnn", "rrelu": {"lower": -0.1}})),
        "rrelu: expected slopes with 0 ≤ lower ≤ upper ≤ 1, found lower -0.1 and upper 0.3333333333333333"
    );
    assert_eq!(
        refusal(json!({"name": "face-cnn", "rrelu": {"lower": 0.5, "upper": 0.25}})),
        "rrelu: expected slopes with 0 ≤ lower ≤ upper ≤ 1, found lower 0.5 and upper 0.25"
    );
}

#[test]
fn widths_and_blocks_are_whole_numbers_from_1_to_1024() {
    for (key, value) in [("widths", json!([40, 0, 160])), ("blocks", json!([1, 2, 2000])), ("stem", json!([0, 1]))] {
        let message = refusal(json!({"name": "face-resnet", key: value}));
        assert!(message.contains("expected a whole number from 1 to 1024"), "{message}");
    }
}

#[test]
fn a_parameter_of_another_network_is_refused() {
    assert_eq!(refusal(json!({"name": "linear", "dropout": 0.5})), "`dropout` does not apply to `linear`");
    assert_eq!(refusal(json!({"name": "compact-cnn", "rrelu": {}})), "`rrelu` does not apply to `compact-cnn`");
    assert_eq!(refusal(json!({"name": "linear", "widths": [8, 8, 8]})), "`widths` does not apply to `linear`");
}

#[test]
fn dropout_takes_as_many_numbers_as_the_network_has_dropout_layers() {
    assert_eq!(
        refusal(json!({"name": "face-cnn", "dropout": [0.5]})),
        "invalid length 1, expected an array of length 2"
    );
    assert_eq!(
        refusal(json!({"name": "face-cnn", "dropout": 0.5})),
        "invalid type: floating point `0.5`, expected an array of length 2"
    );
    assert_eq!(refusal(json!({"name": "compact-cnn", "dropout": [0.2, 0.5]})), "invalid type: sequence, expected f64");
}

#[test]
fn unknown_names_and_keys_are_refused_with_the_known_ones() {
    assert_eq!(
        refusal(json!({"name": "facecnn"})),
        "unknown variant `facecnn`, expected one of `face-cnn`, `compact-cnn`, `face-resnet`, `linear`"
    );
    assert_eq!(
        refusal(json!({"name": "face-resnet", "drop_out": 0.5})),
        "unknown field `drop_out`, expected one of `name`, `stem`, `widths`, `blocks`, `dropout`"
    );
    assert_eq!(refusal(json!({"name": "linear", "drop_out": 0.5})), "unknown field `drop_out`, expected `name`");
    assert_eq!(refusal(json!({})), "missing field `name`");
}
