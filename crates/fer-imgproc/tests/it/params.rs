use fer_artifact::Size;
use fer_imgproc::{Equalization, Normalization, PreprocessParams, Preprocessing};
use serde_json::{from_value, json, to_value};

fn refusal(value: serde_json::Value) -> String {
    from_value::<PreprocessParams>(value).unwrap_err().to_string()
}

#[test]
fn the_defaults_are_written_out() {
    let params: PreprocessParams = from_value(json!({})).unwrap();
    assert_eq!(params, PreprocessParams::default());
    assert_eq!(
        to_value(params).unwrap(),
        json!({"equalization": "global", "normalization": {"kind": "unit"}, "size": null})
    );
}

#[test]
fn every_choice_survives_a_round_trip() {
    let equalizations = [(Equalization::None, "none"), (Equalization::Global, "global")];
    let normalizations =
        [(Normalization::Unit, "unit"), (Normalization::Standard, "standard"), (Normalization::PerImage, "per-image")];
    let sizes = [(None, json!(null)), (Some(Size::new(48, 64).unwrap()), json!({"height": 48, "width": 64}))];
    for (equalization, equalization_name) in equalizations {
        for (normalization, kind) in normalizations {
            for (size, size_value) in &sizes {
                let params = PreprocessParams { equalization, normalization, size: *size };
                let written = json!(
                    {"equalization": equalization_name, "normalization": {"kind": kind}, "size": size_value}
                );
                assert_eq!(to_value(params).unwrap(), written);
                assert_eq!(from_value::<PreprocessParams>(written).unwrap(), params);
            }
        }
    }
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    assert_eq!(
        refusal(json!({"equalisation": "global"})),
        "unknown field `equalisation`, expected one of `equalization`, `normalization`, `size`"
    );
    assert_eq!(refusal(json!({"equalization": "local"})), "unknown variant `local`, expected `none` or `global`");
    assert_eq!(
        refusal(json!({"normalization": {"kind": "zscore"}})),
        "unknown variant `zscore`, expected one of `unit`, `standard`, `per-image`"
    );
    assert_eq!(
        refusal(json!({"normalization": {"kind": "unit", "mean": 0.5}})),
        "unknown field `mean`, expected `kind`"
    );
    assert_eq!(refusal(json!({"normalization": {}})), "missing field `kind`");
}

#[test]
fn a_side_out_of_range_is_refused() {
    assert_eq!(
        refusal(json!({"size": {"height": 0, "width": 48}})),
        "invalid value: integer `0`, expected a side of 1 to 4096 pixels"
    );
    assert_eq!(
        refusal(json!({"size": {"height": 48, "width": 4097}})),
        "invalid value: integer `4097`, expected a side of 1 to 4096 pixels"
    );
    assert_eq!(refusal(json!({"size": {"height": 48}})), "missing field `width`");
    let error = Size::new(4097, 3).unwrap().for_network().unwrap_err();
    assert_eq!(error.to_string(), "expected a side of 1 to 4096 pixels, found 4097");
    for (height, width) in [(3, 0), (0, 3), (3, (1 << 27) + 1)] {
        let error = Size::new(height, width).unwrap_err().to_string();
        assert!(error.starts_with("expected a side of 1 to 134217728 pixels, found "), "{error}");
    }
}

#[test]
fn fitted_preprocessing_is_checked_when_read() {
    let refusal = |normalization| {
        let header = json!(
            {"equalization": "none", "normalization": normalization, "size": {"height": 2, "width": 2}}
        );
        from_value::<Preprocessing>(header).unwrap_err().to_string()
    };
    assert_eq!(refusal(json!({"kind": "standard", "mean": 0.5})), "missing field `std`");
    assert_eq!(refusal(json!({"kind": "standard", "std": 0.5})), "missing field `mean`");
    assert_eq!(refusal(json!({"kind": "unit", "mean": 0.5})), "`mean` does not apply to `unit`");
    assert_eq!(refusal(json!({"kind": "per-image", "std": 0.5})), "`std` does not apply to `per-image`");
    assert_eq!(
        refusal(json!({"kind": "standard", "mean": 0.5, "std": 0.0})),
        "invalid value: floating point `0.0`, expected a positive standard deviation"
    );
}
