use fer_artifact::Model;
use fer_export::{Existing, Format};
use serde_json::{Value, json};

use crate::{model, write_as};

/// Why a changed model is refused, and that nothing is written then.
fn refusal(change: impl FnOnce(&mut Model)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut model = model();
    change(&mut model);
    let messages = Format::ALL.map(|format| {
        let out = folder.path().join(format.name());
        let error = write_as(&model, &out, format, Existing::Keep).unwrap_err();
        assert!(!out.exists(), "{error}");
        error.to_string()
    });
    assert!(messages.iter().all(|message| *message == messages[0]), "{messages:?}");
    messages[0].clone()
}

#[test]
fn a_header_that_says_too_little_or_contradicts_itself_is_refused() {
    let header = "the model's header: ";
    let network = refusal(|model| model.network["name"] = json!("transformer"));
    assert!(network.starts_with(&format!("{header}`network`: unknown variant `transformer`")), "{network}");
    let message = format!("{header}expected a network of 1 classes, as many as it names, found 2");
    assert_eq!(refusal(|model| drop(model.classes.pop())), message);
    let preprocessing = refusal(|model| model.preprocessing = Value::Null);
    assert!(preprocessing.starts_with(&format!("{header}`preprocessing`: ")), "{preprocessing}");
    let size = refusal(|model| model.preprocessing["size"]["height"] = json!(2));
    let message = "expected images of 1×2, as its network takes, found a preprocessing to 2×2";
    assert_eq!(size, format!("{header}{message}"));
    for (temperature, found) in
        [(json!(0), "0"), (json!(1e-46), "1e-46"), (json!(1e39), "1e+39"), (json!("1"), "\"1\"")]
    {
        let message = refusal(|model| model.evaluation = json!({"temperature": temperature}));
        let expected = format!("expected a number above 0 within the range of F32, found {found}");
        assert_eq!(message, format!("{header}`evaluation.temperature`: {expected}"));
    }
}

#[test]
fn tensors_that_are_not_the_networks_are_named() {
    let message = refusal(|model| {
        let bias = model.tensors.remove("fc.bias").unwrap();
        model.tensors.insert("fc.extra".into(), bias);
        model.tensors.get_mut("fc.weight").unwrap().shape = vec![4];
    });
    let parts =
        ["`fc.bias` [2] is missing", "`fc.extra` [2] is not expected", "`fc.weight`: expected shape [2, 2], found [4]"];
    assert_eq!(message, format!("the tensors do not fit `linear`: {}", parts.join("; ")));
}
