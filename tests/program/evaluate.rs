//! `fer evaluate`: which rows and labels, the report folder, the baseline.

use fer_artifact::FER2013_CLASSES;
use serde_json::{Value, json};

use crate::world::{World, lines, root};

const MODEL: [&str; 3] = ["evaluate", "--model", "run"];

fn json(world: &World, arguments: &[&str]) -> Value {
    world.fer(&[&MODEL[..], &["--json"], arguments].concat()).succeeded().json()
}

#[track_caller]
fn assert_fails(world: &World, arguments: &[&str], expected: &str) {
    let ended = world.fer(&[&MODEL[..], arguments].concat());
    assert!(ended.code != 0 && ended.stderr.contains(expected), "{ended:?}");
}

/// The world's faces with other words for two of the labels.
fn renamed(world: &World) {
    let text = world.read("faces.csv").replace("\n0,", "\nrage,").replace("\n1,", "\ncontempt,");
    std::fs::write(world.path("words.csv"), text).unwrap();
}

#[test]
fn without_a_model_the_built_in_network_is_scored() {
    let world = World::new();
    let call =
        |model: &[&str]| world.fer(&[&["evaluate", "--data", "faces.csv", "--json"], model].concat()).succeeded();
    assert_eq!(call(&[]).json()["n"], 140);
    let file = root().join("models/fer48.safetensors");
    assert_eq!(call(&[]).stdout, call(&["--model", file.to_str().unwrap()]).stdout);
}

/// `ferplus48` has FER2013's classes in another order.
#[test]
fn numbers_mean_what_is_said_where_the_orders_differ() {
    let world = World::new();
    let text = world.read("faces.csv");
    let rows = text.split_inclusive('\n').filter(|row| !row.starts_with("6,"));
    std::fs::write(world.path("numbers.csv"), rows.collect::<String>()).unwrap();
    let call = |more: &[&str]| world.fer(&[&["evaluate", "--data", "numbers.csv", "--json"], more].concat());
    let absent = |more: &[&str]| call(more).succeeded().json()["absent_classes"].clone();
    let unsaid = call(&["--model", "ferplus48"]);
    let message = "error: numbers.csv: expected labels by name, as 0 is `angry` in FER2013 and `neutral` in the list of \
                   classes, found numbers; `--numbers fer2013` or `--numbers model` says which they mean\n";
    assert_eq!((unsaid.code, &*unsaid.stderr), (1, message));
    assert_eq!(absent(&["--model", "ferplus48", "--numbers", "fer2013"]), json!(["neutral", "contempt"]));
    assert_eq!(absent(&["--model", "ferplus48", "--numbers", "model"]), json!(["fear", "contempt"]));
    for said in [&[][..], &["--numbers", "fer2013"], &["--numbers", "model"]] {
        assert_eq!(absent(said), json!(["neutral"]), "both orders of `fer48` are one");
    }
    // Names say what they mean.
    let named = FER2013_CLASSES
        .iter()
        .enumerate()
        .fold(text, |text, (number, name)| text.replace(&format!("\n{number},"), &format!("\n{name},")));
    std::fs::write(world.path("numbers.csv"), named).unwrap();
    assert_eq!(absent(&["--model", "ferplus48"]), json!(["contempt"]));
}

#[test]
fn a_split_of_the_source_has_the_scores_that_its_run_has() {
    let world = World::ran();
    let metrics: Value = serde_json::from_str(&world.read("run/evaluate/metrics.json")).unwrap();
    for (name, split) in [("test", "test"), ("PrivateTest", "test"), ("val", "validation")] {
        let found = json(&world, &["--data", "faces.csv", "--split", name]);
        assert_eq!(found["confusion"], metrics["splits"][split]["confusion"], "{name}");
    }
    assert_eq!(json(&world, &["--data", "faces.csv", "--usage", "Training"])["n"], 112);
    assert_fails(&world, &["--data", "faces.csv", "--split", "tset"], "expected Training, PublicTest or PrivateTest");
    let train: String = world
        .read("faces.csv")
        .lines()
        .filter(|line| !line.ends_with("Test"))
        .fold(String::new(), |all, line| all + line + "\n");
    std::fs::write(world.path("train.csv"), &train).unwrap();
    assert_fails(
        &world,
        &["--data", "train.csv", "--split", "test"],
        "expected rows of test, found none; the source has the splits `train`",
    );
    std::fs::write(world.path("plain.csv"), train.replace(",Training", "").replace(",Usage", "")).unwrap();
    assert_fails(&world, &["--data", "plain.csv", "--split", "test"], "Usage");
}

#[test]
fn labels_of_other_words_are_mapped_or_left_out() {
    let world = World::ran();
    renamed(&world);
    let all = json(&world, &["--data", "faces.csv"]);
    let words = ["--data", "words.csv", "--map"];
    let mapped = json(&world, &[&words[..], &["rage=angry", "--map", "contempt=disgust"]].concat());
    assert_eq!(mapped, all);
    let both = json(&world, &[&words[..], &["rage=angry", "--map", "contempt=angry"]].concat());
    let supports: Vec<&Value> = both["per_class"].as_array().unwrap().iter().map(|class| &class["support"]).collect();
    assert_eq!(json!(supports), json!([40, 0, 20, 20, 20, 20, 20]));
    let fewer = world.fer(&[&MODEL[..], &words, &["rage=angry", "--map", "contempt=", "--json"]].concat()).succeeded();
    assert_eq!(fewer.json()["n"], 120);
    assert!(fewer.stderr.contains("20 contempt"), "{fewer:?}");
    assert_eq!(json(&world, &["--data", "faces.csv", "--map", "0=neutral"])["per_class"][6]["support"], 40);

    assert_fails(
        &world,
        &["--data", "words.csv"],
        "found `contempt`; `--map contempt=CLASS` says which class it stands for",
    );
    assert_fails(
        &world,
        &[&words[..], &["rage=furious"]].concat(),
        "expected a class behind `=` (angry, disgust, fear,",
    );
    let unknown = [&words[..], &["rage=angry", "--map", "contempt=sad", "--map", "joy=happy"]].concat();
    assert_fails(&world, &unknown, "found `joy`; the source has `2`, `3`, `4`, `5`, `6`, `contempt`, `rage`");
    assert_fails(&world, &[&words[..], &["rage=sad", "--map", "Rage=fear"]].concat(), "found `Rage` twice");
    assert_fails(&world, &[&words[..], &["rage"]].concat(), "expected LABEL=CLASS");
}

#[test]
fn a_report_has_scores_predictions_and_all_mistakes_and_is_not_overwritten() {
    let world = World::ran();
    let call = ["--data", "faces.csv", "--split", "test", "--report", "deep/report"];
    let told = world.fer(&[&MODEL[..], &call].concat()).succeeded();
    assert!(told.stderr.ends_with("report: deep/report/report.html\n"), "{told:?}");
    let names: Vec<String> = world.files("deep/report").into_keys().collect();
    assert_eq!(names, ["metrics.json", "mistakes-test.csv", "predictions-test.safetensors", "report.html"]);
    let metrics: Value = serde_json::from_str(&world.read("deep/report/metrics.json")).unwrap();
    let scores = json(&world, &call[..4]);
    assert_eq!(metrics["splits"], json!({"test": scores}));
    assert_eq!(world.read("deep/report/mistakes-test.csv"), world.read("run/evaluate/mistakes-test.csv"));
    let page = world.read("deep/report/report.html");
    assert!(page.contains("<h1>run on faces.csv, test</h1>") && page.contains("Mistakes by pair of classes"), "{page}");
    assert!(page.contains("were given by hand") && !page.contains("held out from fitting"));

    let before = world.files("deep/report");
    assert_fails(&world, &call, "deep/report/metrics.json: the file is there; `--force` overwrites it");
    assert_eq!(world.files("deep/report"), before);
    world.fer(&[&MODEL[..], &call, &["--force"]].concat()).succeeded();
    assert_eq!(world.files("deep/report"), before, "equal bytes");

    let other = ["--data", "faces.csv", "--split", "validation", "--report", "deep/report"];
    assert_fails(&world, &other, "the file is there");
    world.fer(&[&MODEL[..], &other, &["--force"]].concat()).succeeded();
    let names: Vec<String> = world.files("deep/report").into_keys().collect();
    assert_eq!(names, ["metrics.json", "mistakes-validation.csv", "predictions-validation.safetensors", "report.html"]);
    let metrics: Value = serde_json::from_str(&world.read("deep/report/metrics.json")).unwrap();
    let keys: Vec<&String> = metrics.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["splits", "tta"], "nothing is fitted to images that were given");
    let file = ["--data", "faces.csv", "--report", "faces.csv"];
    assert_fails(&world, &file, "--report faces.csv: expected a folder, or the name of a new one, found a file");
}

#[test]
fn a_baseline_is_compared_image_by_image() {
    let world = World::ran();
    world.fer(&["run", "--run-dir", "longer", "--set", "train.epochs=30"]).succeeded();
    let call = ["evaluate", "--model", "longer", "--baseline", "run", "--data", "faces.csv"];
    let found = world.fer(&[&call[..], &["--json"]].concat()).succeeded().json();
    let [one, other] = ["longer", "run"].map(|model| {
        let scores = world.fer(&["evaluate", "--model", model, "--data", "faces.csv", "--json"]).succeeded().json();
        (scores["accuracy"].as_f64().unwrap() * 140.0).round() as i64
    });
    let baseline = &found["baseline"];
    assert_eq!((baseline["model"].as_str(), baseline["images"].as_u64()), (Some("run"), Some(140)));
    let [only_first, only_second] = ["only_first", "only_second"].map(|name| baseline[name].as_i64().unwrap());
    assert!(only_first > only_second && only_first - only_second == one - other, "{baseline}");
    assert!((0.0..0.05).contains(&baseline["p_value"].as_f64().unwrap()), "{baseline}");
    let text = world.fer(&[&call[..], &["--report", "report"]].concat()).succeeded();
    let sentence = format!("Only this one is right on {only_first}, only the baseline on {only_second}: by McNemar's");
    assert!(
        text.stdout.contains(&sentence) && world.read("report/report.html").contains(&sentence.replace('\'', "&#x27;")),
        "{text:?}"
    );

    let three = "evaluate --model run --baseline three --data faces.csv";
    world.fer(&["run", "--run-dir", "three", "--set", "ingest.classes={a: [0, 1], b: [2, 3], c: [4]}"]).succeeded();
    let ended = world.fer(&three.split(' ').collect::<Vec<_>>());
    assert!(ended.stderr.contains("expected the classes of the model, angry, disgust"), "{ended:?}");
}

#[test]
fn a_baseline_of_another_size_is_given_the_pictures_at_its_own() {
    let world = World::ran();
    world.fer(&["run", "--run-dir", "small", "--set", "ingest.size=[12, 12]"]).succeeded();
    for (model, baseline) in [("run", "small"), ("small", "run")] {
        let call = ["evaluate", "--data", "faces.csv", "--json", "--model"];
        let both = world.fer(&[&call[..], &[model, "--baseline", baseline]].concat()).succeeded().json();
        let alone = world.fer(&[&call[..], &[baseline]].concat()).succeeded().json();
        assert_eq!(both["baseline"]["accuracy"], alone["accuracy"], "{baseline}");
    }
}

#[test]
#[cfg(unix)]
fn a_path_need_not_be_unicode() {
    use std::os::unix::ffi::OsStrExt;
    let world = World::ran();
    let name = std::ffi::OsStr::from_bytes(b"f\xff.csv");
    std::fs::copy(world.path("faces.csv"), world.path(".").join(name)).unwrap();
    let mut command = world.command(&[&MODEL[..], &["--report", "report", "--data"]].concat());
    let output = command.arg(name).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(world.read("report/report.html").contains("<h1>run on f\u{fffd}.csv</h1>"));
}

#[test]
fn a_folder_of_another_word_is_mapped_too() {
    let world = World::ran();
    for class in ["angry", "contempt"] {
        std::fs::create_dir_all(world.path("pictures").join(class)).unwrap();
        let face = image::GrayImage::from_fn(24, 24, |x, y| image::Luma([(8 * x + y) as u8]));
        face.save(world.path("pictures").join(class).join("1.png")).unwrap();
    }
    let hint = "`--map contempt=CLASS` says which class it stands for";
    assert_fails(&world, &["--data", "pictures"], hint);
    assert_eq!(json(&world, &["--data", "pictures", "--map", "contempt=disgust"])["n"], 2);
    assert_eq!(json(&world, &["--data", "pictures", "--map", "contempt="])["n"], 1);
}

#[test]
fn all_mistakes_stand_in_a_table_beside_the_report_of_a_run() {
    let world = World::ran();
    let metrics: Value = serde_json::from_str(&world.read("run/evaluate/metrics.json")).unwrap();
    for split in ["validation", "test"] {
        let scores = &metrics["splits"][split];
        let wrong = (1.0 - scores["accuracy"].as_f64().unwrap()) * scores["n"].as_f64().unwrap();
        let table = world.read(&format!("run/evaluate/mistakes-{split}.csv"));
        let rows = lines(&table);
        assert_eq!(rows[0], "row,origin,true,predicted,p_angry,p_disgust,p_fear,p_happy,p_sad,p_surprise,p_neutral");
        assert_eq!(rows.len() - 1, wrong.round() as usize);
        let is_wrong = |row: &&str| row.split(',').nth(2) != row.split(',').nth(3);
        assert!(rows[1..].iter().all(is_wrong), "{table}");
    }
    let lock: Value = serde_json::from_str(&world.read("run/run.lock.json")).unwrap();
    assert!(lock["stages"]["evaluate"]["outputs"]["evaluate/mistakes-test.csv"].is_string(), "{lock}");
    std::fs::write(world.path("run/evaluate/mistakes-test.csv"), "row\n").unwrap();
    assert_eq!(world.fer(&["verify"]).code, 1);
    world.fer(&["rm", "run", "--yes"]).succeeded();
    assert!(!world.path("run").exists());
}

#[test]
fn damaged_images_are_scored_as_images_that_are_damaged_outside() {
    let world = World::ran();
    let found = json(&world, &["--data", "faces.csv", "--corrupt"]);
    let robustness = &found["robustness"];
    assert_eq!(robustness["accuracy"], found["accuracy"]);
    assert_eq!(robustness["corruptions"].as_array().unwrap().len(), 12);
    let darkness = &robustness["corruptions"][3];
    assert_eq!((&darkness["name"], &darkness["amounts"]), (&json!("darkness"), &json!([0.5, 0.25, 0.125])));
    // Half of each level, halves upwards.
    let dark = |text: &str| {
        text.split(' ').map(|level| level.parse::<u32>().unwrap().div_ceil(2).to_string()).collect::<Vec<_>>().join(" ")
    };
    let text = world.read("faces.csv");
    let (head, rows) = text.split_once('\n').unwrap();
    let rows = rows.lines().map(|row| {
        let cells: Vec<&str> = row.split(',').collect();
        format!("{},{},{}\n", cells[0], dark(cells[1].trim_matches('"')), cells[2])
    });
    std::fs::write(world.path("dark.csv"), format!("{head}\n{}", rows.collect::<String>())).unwrap();
    assert_eq!(darkness["accuracy"][0], json(&world, &["--data", "dark.csv"])["accuracy"]);
    let table = world.fer(&[&MODEL[..], &["--data", "faces.csv", "--corrupt"]].concat()).succeeded().stdout;
    assert!(table.contains("\n  accuracy in %  slight  medium  strong\n  blur "), "{table}");
    let both = json(&world, &["--data", "faces.csv", "--corrupt", "--baseline", "fer48"]);
    assert_eq!(both["robustness"], *robustness);
    assert_eq!(both["baseline"]["images"], found["n"]);
    assert_fails(&world, &["--data", "faces.csv", "--corrupt", "--report", "r"], "cannot be used with");
}
