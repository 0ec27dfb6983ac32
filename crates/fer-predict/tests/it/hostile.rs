//! Models that ask for more than they hold, or would show more than they should: refused before memory is asked for.

use fer_artifact::{Model, with_causes};
use fer_predict::Ensemble;
use serde_json::json;

use crate::models::{Models, empty, halves};

/// The whole message of a refusal, without the folder.
fn refusal(model: &Model) -> String {
    let models = Models::new();
    let error = Ensemble::open(&[models.put("it", model)]).unwrap_err();
    with_causes(&error).replace(&format!("{}/", models.path().display()), "")
}

fn resnet(side: usize, stem: usize, blocks: usize) -> Model {
    empty(json!({"name": "face-resnet", "height": side, "width": side, "classes": 2, "stem": [stem, 1],
        "widths": [1, 1, 1], "blocks": [blocks, blocks, blocks]}))
}

#[test]
fn a_few_weights_for_large_images_are_refused_by_what_they_imply() {
    for (side, stem, found) in [(4096, 1, 16_777_216u64), (4096, 64, 1_073_741_824)] {
        assert_eq!(
            refusal(&resnet(side, stem, 1)),
            format!(
                "it: cannot use the model: `face-resnet` on images of 4096x4096 pixels \
                 would have a layer of {found} values for each image, more than 16000000: resize the images"
            )
        );
    }
}

#[test]
fn a_size_beyond_all_measure_is_refused() {
    let mut model = resnet(8, 1, 1);
    model.network["height"] = json!(u64::MAX);
    model.network["width"] = json!(u64::MAX);
    assert!(refusal(&model).contains("more than 1073741824 parameters"), "{}", refusal(&model));
    model.preprocessing["size"]["height"] = json!(u64::MAX);
    assert!(refusal(&model).contains("expected a side of 1 to 4096 pixels"), "{}", refusal(&model));
}

#[test]
fn thousands_of_missing_tensors_make_a_short_message() {
    let message = refusal(&resnet(48, 1, 1024));
    assert!(message.len() < 1000, "{} bytes", message.len());
    assert!(message.contains("`fc.bias` [2] is missing; `fc.weight` [2, 1] is missing; "), "{message}");
    // A block has two convolutions and two batch norms of four tensors, the first of a stage that halves a projection more.
    let tensors = 2 + 2 * 5 + 3 * 1024 * 10 + 2 * 5;
    assert!(message.ends_with(&format!("; and {} more", tensors - 6)), "{message}");
}

#[test]
fn the_name_of_a_network_cannot_move_the_cursor() {
    let mut model = halves();
    model.network["name"] = json!("\u{1b}[31mevil\u{1b}]0;t\u{7}");
    let message = refusal(&model);
    assert!(message.contains(r"unknown variant `\u{1b}[31mevil\u{1b}]0;t\u{7}`"), "{message}");
    assert!(!message.contains(char::is_control));
    model = halves();
    model.preprocessing["normalization"]["kind"] = json!("\u{1b}c");
    assert!(!refusal(&model).contains(char::is_control), "{}", refusal(&model));
}

#[test]
fn a_class_twice_is_refused() {
    let mut model = halves();
    model.classes = vec!["a".to_owned(), "a".to_owned()];
    assert_eq!(refusal(&model), "it: metadata key `fer`: class `a` stands twice");
}

#[test]
fn a_pointer_of_git_lfs_says_what_to_do() {
    let models = Models::new();
    let path = models.path().join("lfs.safetensors");
    std::fs::write(&path, "version https://git-lfs.github.com/spec/v1\noid sha256:3f1c\nsize 15728640\n").unwrap();
    let message = Ensemble::open(&[path]).unwrap_err().to_string();
    assert!(message.ends_with("found a Git LFS pointer: fetch the file itself with `git lfs pull`"), "{message}");
}
