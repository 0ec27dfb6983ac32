//! Models that `fer predict` is given: several at once, and such as ask for more than they hold.

use fer_artifact::{Model, Provenance, Seed, read, write};
use image::ImageFormat;
use serde_json::json;

use crate::predict::{encoded, half, put, world};

#[test]
fn models_of_other_classes_or_sizes_are_not_averaged() {
    let world = world();
    put(&world, "left.png", &encoded(&half(4, "left"), ImageFormat::Png));
    let models = ["--model", "halves.safetensors", "--model", "run/train/model.safetensors"];
    let ended = world.fer(&[&["predict", "left.png", "--no-detect"][..], &models].concat());
    let message = "error: run/train/model.safetensors: expected the classes of halves.safetensors, [\"left\", ";
    assert!(ended.code == 1 && ended.stderr.starts_with(message), "{ended:?}");
}

#[test]
fn names_in_a_model_cannot_move_the_cursor() {
    let world = world();
    let mut model: Model = read(&world.path("halves.safetensors")).unwrap();
    model.classes[0] = "\u{1b}[31mleft\n".to_owned();
    write(&world.path("odd.safetensors"), &model, &Provenance::new("a\u{7}test", Seed::new(0))).unwrap();
    put(&world, "left.png", &encoded(&half(4, "left"), ImageFormat::Png));
    let options = ["left.png", "--no-detect", "--model", "odd.safetensors"];
    let explained = ["explain", "left.png", "--no-detect", "--model", "odd.safetensors", "--class", "nothing"];
    let refused = r"control characters, found `\u{1b}[31mleft\u{a}`";
    for ended in [
        world.fer(&[&["predict"][..], &options].concat()),
        world.fer(&["inspect", "odd.safetensors"]),
        world.fer(&explained),
    ] {
        let said = ended.stdout + &ended.stderr;
        assert!(ended.code == 1 && said.contains(refused), "{said:?}");
        assert!(!said.contains(|letter: char| letter.is_control() && letter != '\n'), "{said:?}");
    }
}

#[test]
fn a_name_of_a_file_cannot_turn_its_line() {
    let world = world();
    let name = "a\u{202e}gpj.png";
    put(&world, name, &encoded(&half(4, "left"), ImageFormat::Png));
    let told = world.fer(&["predict", name, "--no-detect", "--model", "halves.safetensors"]).succeeded().stdout;
    assert!(told.contains(r"a\u{202e}gpj.png") && !told.contains('\u{202e}'), "{told:?}");
}

#[test]
fn a_model_that_asks_for_more_than_it_holds_is_refused() {
    let world = world();
    let mut model: Model = read(&world.path("halves.safetensors")).unwrap();
    model.network = json!({"name": "face-resnet", "stem": [1, 1], "widths": [1, 1, 1], "blocks": [1, 1, 1],
        "height": 4096, "width": 4096, "classes": 4});
    model.preprocessing["size"] = json!({"height": 4096, "width": 4096});
    write(&world.path("large.safetensors"), &model, &Provenance::new("a test", Seed::new(0))).unwrap();
    put(&world, "left.png", &encoded(&half(4, "left"), ImageFormat::Png));
    for command in ["predict", "explain", "evaluate"] {
        let data: &[&str] = if command == "evaluate" { &["--data", "faces.csv"] } else { &["left.png", "--no-detect"] };
        let ended = world.fer(&[&[command, "--model", "large.safetensors"], data].concat());
        let message = "error: large.safetensors: cannot use the model: `face-resnet` on images of 4096x4096 pixels would \
                       have a layer of 16777216 values for each image, more than 16000000: resize the images\n";
        assert_eq!((ended.code, &*ended.stderr), (1, message), "{command}");
    }
}

#[test]
fn every_command_takes_a_built_in_model_by_its_name() {
    let world = world();
    std::fs::write(world.path("crops.csv"), "label,pixels\n0,".to_owned() + &"7 200 31 255 ".repeat(576)).unwrap();
    let said = |arguments: &[&str]| world.fer(arguments).succeeded().stdout;
    let calls: [&[&str]; 3] = [
        &["predict", "crops.csv", "--csv"],
        &["evaluate", "--data", "crops.csv", "--json"],
        &["explain", "left.png", "--no-detect"],
    ];
    put(&world, "left.png", &encoded(&half(4, "left"), ImageFormat::Png));
    for call in calls {
        assert_eq!(said(&[call, &["--model", "fer48"]].concat()), said(call));
        let unknown = world.fer(&[call, &["--model", "fer49"]].concat());
        let message = "error: fer49: expected a model file, a run folder, or the name of a built-in model (`fer48`, `ferplus48`), found \
                       nothing of this name\n";
        assert_eq!((unknown.code, &*unknown.stderr), (1, message));
    }
    // The report tells of the model and knows it by its digest.
    let own = ["--report", "own", "--baseline", "fer48"];
    said(&[calls[1], &["--model", "fer48"], &own[..]].concat());
    assert!(world.read("own/report.html").contains("fer48 on crops.csv"));
    let header = world.fer(&["inspect", "own/predictions-test.safetensors", "--json"]).succeeded().json();
    let digest = fer_artifact::Digest::of_bytes(fer_predict::built_in("fer48").unwrap()).to_string();
    assert_eq!(header["header"]["parents"], json!({"fer48": digest}));
    // A file goes before the name.
    std::fs::copy(world.path("halves.safetensors"), world.path("fer48")).unwrap();
    let halves = said(&["predict", "left.png", "--no-detect", "--json", "--model", "halves.safetensors"]);
    assert_eq!(said(&["predict", "left.png", "--no-detect", "--json", "--model", "fer48"]), halves);
    assert_ne!(said(&["predict", "left.png", "--no-detect", "--json"]), halves, "without a name, the built-in one");
    world.fer(&["export-model", "fer48", "again.safetensors"]).succeeded();
    assert_eq!(said(&["predict", "left.png", "--no-detect", "--json", "--model", "again.safetensors"]), halves);
}
