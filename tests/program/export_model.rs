//! `fer export-model`: formats, names, and what is refused. `tests/golden/exported_models/check.py` runs the files in ONNX Runtime
//! and PyTorch; `crates/fer-export` has the graphs.

use fer_artifact::Digest;
use serde_json::Value;

use crate::world::World;

fn size(world: &World, name: &str) -> u64 {
    std::fs::metadata(world.path(name)).unwrap().len()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn the_extension_chooses_the_format_and_a_contradiction_is_refused() {
    let world = World::ran();
    world.fer(&["export-model", "run", "own.onnx"]).succeeded();
    let bytes = std::fs::read(world.path("own.onnx")).unwrap();
    // An ONNX file begins with the version of its layout, field 1.
    assert_eq!(bytes[..2], [8, 8]);
    assert!(["images", "probabilities", "logits", "Gemm", "ScatterElements"].iter().all(|text| contains(&bytes, text)));
    let digest = Digest::of_file(&world.path("run/train/model.safetensors")).unwrap().to_string();
    assert!(contains(&bytes, &digest) && contains(&bytes, "confusion"), "where it comes from, and its scores");

    let refused = |arguments: &[&str], message: &str| {
        let ended = world.fer(&[&["export-model", "run"], arguments].concat());
        assert_eq!((ended.code, &*ended.stderr), (2, &*format!("error: {message}\n")));
    };
    refused(
        &["other.onnx", "--format", "safetensors"],
        "other.onnx: expected a name for the format `safetensors`, found the extension of `onnx`",
    );
    refused(
        &["face.safetensors", "--format", "hugging-face"],
        "face.safetensors: expected a name for the format `hugging-face`, found the extension of `safetensors`",
    );
    refused(
        &["model.pt"],
        "model.pt: expected a name that ends with `.safetensors` or `.onnx`, or a format \
         (`--format safetensors|onnx|hugging-face`)",
    );
    assert!(["other.onnx", "face.safetensors", "model.pt"].iter().all(|name| !world.path(name).exists()));
}

#[test]
fn nothing_is_overwritten_without_force() {
    let world = World::ran();
    for (out, format) in [("model.safetensors", "safetensors"), ("model.onnx", "onnx"), ("hub", "hugging-face")] {
        let call = ["export-model", "run", out, "--format", format];
        world.fer(&call).succeeded();
        let ended = world.fer(&call);
        let message = format!("error: cannot export run: {out}: exists already; `--force` overwrites it\n");
        assert_eq!((ended.code, ended.stderr), (1, message));
        let former = world.path(out).is_file().then(|| std::fs::read(world.path(out)).unwrap());
        world.fer(&[&call[..], &["--force"]].concat()).succeeded();
        if let Some(former) = former {
            assert!(std::fs::read(world.path(out)).unwrap() == former, "{out}: equal calls give equal bytes");
        }
    }
}

#[test]
fn a_model_file_and_a_built_in_name_can_be_exported_too() {
    let world = World::ran();
    let call = |model: &str, out: &str| world.fer(&["export-model", model, out]).succeeded().stdout;
    let said = call("run/train/model.safetensors", "plain.onnx");
    assert!(said.ends_with(", no scores and no temperature, as the model has none\n"), "{said}");
    call("run", "scored.safetensors");
    let said = call("scored.safetensors", "again.safetensors");
    assert!(said.contains(", temperature "), "{said}");
    let header = |name: &str| world.fer(&["inspect", name, "--json"]).succeeded().json()["header"].clone();
    let (scored, again) = (header("scored.safetensors"), header("again.safetensors"));
    assert_eq!(again["evaluation"], scored["evaluation"]);
    let digest = Digest::of_file(&world.path("scored.safetensors")).unwrap().to_string();
    assert_eq!(again["parents"]["scored.safetensors"], Value::from(&*digest));

    std::fs::create_dir(world.path("copy")).unwrap();
    call("again.safetensors", "copy/scored.safetensors");
    call("copy/scored.safetensors", "last.safetensors");
    let copy = Digest::of_file(&world.path("copy/scored.safetensors")).unwrap().to_string();
    let parents = &header("last.safetensors")["parents"];
    assert_eq!(parents["scored.safetensors"], Value::from(copy));
    assert_eq!(parents[format!("scored.safetensors ({digest:.12})")], Value::from(digest));

    call("fer48", "own.safetensors");
    std::fs::write(world.path("crops.csv"), "pixels\n".to_owned() + &"7 200 31 255 ".repeat(576)).unwrap();
    let predict =
        |arguments: &[&str]| world.fer(&[&["predict", "crops.csv", "--csv"], arguments].concat()).succeeded().stdout;
    assert_eq!(predict(&["--model", "own.safetensors"]), predict(&[]));

    let nowhere = world.fer(&["export-model", "fer49", "nowhere.onnx"]);
    let message = "error: fer49: expected a model file, a run folder, or the name of a built-in model (`fer48`, `ferplus48`), found nothing of this name\n";
    assert_eq!((nowhere.code, &*nowhere.stderr), (1, message));
    let staged = world.fer(&["export-model", "fer48", "nowhere.onnx", "--stage", "train"]);
    let message = "error: fer48: expected a run folder beside --stage, found a model\n";
    assert_eq!((staged.code, &*staged.stderr), (2, message));
    let no_model = world.fer(&["export-model", "run/ingest/train.safetensors", "nowhere.onnx"]);
    assert!(no_model.stderr.contains("expected an artifact of kind `model`, found `images`"), "{no_model:?}");
    assert!(!world.path("nowhere.onnx").exists());
}

#[test]
fn what_is_no_model_is_refused_before_it_is_read() {
    let world = World::new();
    // 1 TiB that takes no room on the disk: whoever would read it all fails.
    std::fs::File::create(world.path("disk.img")).unwrap().set_len(1 << 40).unwrap();
    let ended = world.fer(&["export-model", "disk.img", "nowhere.onnx"]);
    assert!(ended.code == 1 && ended.stderr.starts_with("error: disk.img: not a valid safetensors file"), "{ended:?}");
    std::process::Command::new("mkfifo").arg(world.path("pipe")).status().unwrap();
    let ended = world.fer(&["export-model", "pipe", "nowhere.onnx"]);
    let message = "error: pipe: cannot read the file: expected a file, found a pipe\n";
    assert_eq!((ended.code, &*ended.stderr), (1, message));
}

#[test]
fn a_folder_for_hugging_face_holds_a_model_that_predicts_as_the_runs() {
    let world = World::ran();
    let said = world.fer(&["export-model", "run", "hub", "--format", "hugging-face"]).succeeded().stdout;
    assert!(said.starts_with("hub: "), "{said}");
    let names: Vec<String> = world.files("hub").into_keys().collect();
    let expected = ["README.md", "config.json", "model.safetensors", "modeling_fer.py", "preprocessor_config.json"];
    assert_eq!(names, expected);
    world.fer(&["export-model", "run", "own.safetensors"]).succeeded();
    let files = ["hub/model.safetensors", "own.safetensors"].map(|name| std::fs::read(world.path(name)).unwrap());
    assert!(files[0] == files[1]);
    let metrics: Value = serde_json::from_str(&world.read("run/evaluate/metrics.json")).unwrap();
    let card = world.read("hub/README.md");
    let accuracy = &metrics["splits"]["test"]["accuracy"];
    assert!(card.contains(&format!("    - type: accuracy\n      name: accuracy\n      value: {accuracy}\n")), "{card}");
    let config: Value = serde_json::from_str(&world.read("hub/config.json")).unwrap();
    assert_eq!(config["temperature"], metrics["temperature"]);
}

#[test]
fn sixteen_bits_halve_the_matrices_in_every_format() {
    let world = World::ran();
    let saved = |out: &str, half: &str, format: &str, file: &str| {
        world.fer(&["export-model", "run", out, "--format", format]).succeeded();
        world.fer(&["export-model", "run", half, "--format", format, "--f16"]).succeeded();
        size(&world, &format!("{out}{file}")) - size(&world, &format!("{half}{file}"))
    };
    let matrix = 7 * 48 * 48 * 2;
    for saved in
        [saved("one.onnx", "half.onnx", "onnx", ""), saved("one", "half", "hugging-face", "/model.safetensors")]
    {
        assert!(saved.abs_diff(matrix) < 128, "{saved} bytes");
    }
}
