//! The model card: front matter for the hub, and a page for people.

use fer_artifact::{Size, visible};
use fer_imgproc::{Equalization, Fitted};
use serde_json::{Map, Value};

use crate::ready::Ready;
use crate::{ModelExport, Precision};

/// A score by its key in `metrics.json`, the hub's name for its kind, and its name.
const SCORES: [(&str, &str, &str); 4] = [
    ("accuracy", "accuracy", "accuracy"),
    ("balanced_accuracy", "balanced_accuracy", "balanced accuracy"),
    ("macro_f1", "f1", "macro F1"),
    (CALIBRATION, "ece", "calibration error"),
];
/// The expected calibration error, of which the model's is the one with its temperature.
const CALIBRATION: &str = "ece";

/// The card of the model `name`.
pub(crate) fn card(export: &ModelExport<'_>, ready: &Ready<'_>, name: &str) -> String {
    let parts =
        [front_matter(ready, name), page(ready, name), scores(ready, export.precision), origin(export), limits()];
    parts.concat()
}

/// YAML whose texts are written as in JSON, which is YAML too.
fn front_matter(ready: &Ready<'_>, name: &str) -> String {
    let mut text = "---\nlibrary_name: pytorch\npipeline_tag: image-classification\ntags:\n\
                    - facial-expression-recognition\n- image-classification\n"
        .to_owned();
    let splits: Vec<String> = splits(ready).into_iter().flatten().map(|(split, _)| result(ready, split)).collect();
    if !splits.is_empty() {
        text.push_str(&format!("model-index:\n- name: {}\n  results:\n{}", Value::from(name), splits.concat()));
    }
    text + "---\n"
}

/// The scores by split, if they are known.
fn splits<'a>(ready: &Ready<'a>) -> Option<&'a Map<String, Value>> {
    ready.model.evaluation["splits"].as_object()
}

fn score<'a>(ready: &Ready<'a>, split: &str, key: &str) -> &'a Value {
    let evaluation = &ready.model.evaluation;
    match &evaluation["ece_calibrated"][split] {
        calibrated if key == CALIBRATION && calibrated.is_number() => calibrated,
        _ => &evaluation["splits"][split][key],
    }
}

fn result(ready: &Ready<'_>, split: &str) -> String {
    let source = ready.model.evaluation["data"]["ingest.source"].as_str();
    let dataset = source.map_or_else(|| "data of the run".to_owned(), |digest| format!("data {digest:.12}"));
    let revision = source.map(|digest| format!("      revision: {}\n", Value::from(digest))).unwrap_or_default();
    let metrics = SCORES.iter().filter_map(|(key, kind, name)| {
        let value = score(ready, split, key).as_f64()?;
        Some(format!("    - type: {kind}\n      name: {name}\n      value: {value}\n"))
    });
    format!(
        "  - task:\n      type: image-classification\n      name: facial expression recognition\n    dataset:\n      \
         type: other\n      name: {}\n      split: {}\n{revision}    metrics:\n{}",
        Value::from(dataset),
        Value::from(split),
        metrics.collect::<String>()
    )
}

/// Text that shows as it is: no character of it is one of Markdown's.
fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in visible(text).chars() {
        if r"\`*_[]<>&|#~$".contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

fn page(ready: &Ready<'_>, name: &str) -> String {
    let classes: Vec<String> = ready.model.classes.iter().map(|class| markdown(class)).collect();
    let size = ready.preprocessing.size();
    let weights: usize = ready.model.tensors.values().map(|array| array.data.len()).sum();
    let equalization = match ready.preprocessing.equalization() {
        Equalization::None => "none",
        Equalization::Global => "of the histogram, as OpenCV's `equalizeHist`",
    };
    let normalization = match ready.preprocessing.normalization() {
        Fitted::Unit => "level / 255".to_owned(),
        Fitted::Standard { mean, std } => format!("(level / 255 − {mean}) / {std}, fitted on the training images"),
        Fitted::PerImage => "by the image's own mean and standard deviation".to_owned(),
    };
    let facts = [
        ("classes", classes.join(", ")),
        ("network", format!("`{}`, {weights} weights and statistics", ready.network.params.name())),
        ("equalisation", equalization.to_owned()),
        ("normalisation", normalization),
        ("temperature", ready.temperature.to_string()),
    ];
    let facts: String = facts.iter().map(|(name, value)| format!("| {name} | {value} |\n")).collect();
    format!(
        "\n# {}\n\nA recogniser of facial expressions, trained with `fer`. A gray picture of one face of {size} pixels goes \
         in, a probability for each class comes out.\n\n| | |\n| --- | --- |\n{facts}{}",
        markdown(name),
        usage(size)
    )
}

fn usage(size: Size) -> String {
    format!(
        "\n## Use\n\n`modeling_fer.py` holds the network, the preprocessing and the temperature; it needs `torch` and \
         `safetensors`.\n\n\
         ```python\nimport torch\nfrom modeling_fer import Fer\n\nmodel = Fer.from_pretrained(\".\")\nimages = \
         torch.zeros(1, {}, {}, dtype=torch.uint8)  # gray faces, 0 black to 255 white, nothing done to \
         them\nfor face in model.probabilities(images):\n    print(dict(zip(model.classes, face.tolist())))\n```\n",
        size.height(),
        size.width()
    )
}

fn scores(ready: &Ready<'_>, precision: Precision) -> String {
    let Some(splits) = splits(ready) else {
        return "\n## Scores\n\nThe file that this model was exported from holds none.\n".to_owned();
    };
    let row = |(split, scores): (&String, &Value)| {
        let number = |value: &Value| value.as_f64().map_or("–".to_owned(), |value| format!("{value:.3}"));
        let ends = [&scores["accuracy_ci95"][0], &scores["accuracy_ci95"][1]].map(number).join(" to ");
        let [accuracy, rest @ ..] = SCORES.map(|(key, ..)| number(score(ready, split, key)));
        let images = markdown(&scores["n"].to_string());
        format!("| {} | {images} | {accuracy} | {ends} | {} |\n", markdown(split), rest.join(" | "))
    };
    let rounding = match precision {
        Precision::Single => "",
        Precision::Half => "\nThese are the scores of the weights before their rounding to 16 bits.\n",
    };
    let [first, rest @ ..] = SCORES.map(|(.., name)| name);
    let head = format!("| split | images | {first} | 95 % interval | {} |", rest.join(" | "));
    let rule = "| --- ".repeat(head.matches(" | ").count() + 1) + "|";
    format!("\n## Scores\n\n{head}\n{rule}\n{}{rounding}", splits.iter().map(row).collect::<String>())
}

fn origin(export: &ModelExport<'_>) -> String {
    format!(
        "\n## Where it comes from\n\nWritten by {}, from a model file with the BLAKE3 digest `{}`. The metadata of \
         `model.safetensors`, under the key `fer`, holds the parameters of the training and the digests of its data.\n",
        markdown(&export.provenance.producer),
        export.digest
    )
}

fn limits() -> String {
    "\n## Limits\n\nThe model names the expression that the labels of its training data would most likely give a face. It does not \
     know what anybody feels. Do not use it to decide about people.\n\nSay here what this model is for, what its training data \
     are, under which licence you hand it on, and where it fails.\n"
        .to_owned()
}
