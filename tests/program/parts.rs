//! Scores of parts of a split: without copies of train, and by the values of a column.

use serde_json::Value;

use crate::world::World;

/// The faces with a column `set`, every third `B`; the first face of train once more in validation, a little brighter.
fn world() -> World {
    let world = World::new();
    let text = world.read("faces.csv");
    let (head, rows) = text.split_once('\n').unwrap();
    let names: Vec<&str> = head.split(',').collect();
    let place = |name: &str| names.iter().position(|found| *found == name).unwrap();
    let (pixels, usage) = (place("pixels"), place("Usage"));
    let mut rows: Vec<Vec<String>> = rows.lines().map(|row| row.split(',').map(str::to_owned).collect()).collect();
    let mut copy = rows.iter().find(|row| row[usage] == "Training").unwrap().clone();
    copy[usage] = "PublicTest".to_owned();
    let levels = copy[pixels].split(' ').map(|level| (level.parse::<u8>().unwrap().saturating_add(9)).to_string());
    copy[pixels] = levels.collect::<Vec<_>>().join(" ");
    rows.push(copy);
    let set = |index: usize| if index.is_multiple_of(3) { "B" } else { "A" };
    let lines = rows.iter().enumerate().map(|(index, row)| format!("{},{}\n", row.join(","), set(index)));
    std::fs::write(world.path("faces.csv"), format!("{head},set\n{}", lines.collect::<String>())).unwrap();
    world
}

fn validation(world: &World) -> Value {
    let metrics: Value = serde_json::from_str(&world.read("run/evaluate/metrics.json")).unwrap();
    metrics["splits"]["validation"].clone()
}

#[test]
fn scores_stand_beside_those_without_copies_of_train() {
    let world = world();
    let ended = world.fer(&["run"]).succeeded();
    let subsets: Value = serde_json::from_str(&world.read("run/ingest/subsets.json")).unwrap();
    assert_eq!(subsets["twins"], serde_json::json!([140]), "the row that was added");
    let scores = validation(&world);
    assert_eq!((&scores["n"], &scores["without_twins"]["n"]), (&15.into(), &14.into()));
    assert!(scores["by"].is_null());
    assert!(ended.stdout.contains(" without the 1 with a copy in train, exact or near\n"), "{ended:?}");
    let page = world.read("run/evaluate/report.html");
    assert!(page.contains("without copies") && page.contains("data:image/png;base64,"));
    assert!(page.contains("6.7\u{202f}% of validation in train (1 of 15)"));
    // Without the copy the scores are those of the same images as before.
    let set = "--set=ingest.drop_duplicates=near";
    let dropped = world.fer(&["run", set]).succeeded();
    assert!(
        dropped.stderr.contains("left out of train as near copies: 1 nearly in validation, 0 nearly in test, 0 of")
    );
    assert_eq!(validation(&world)["without_twins"]["n"], 15);
}

#[test]
fn scores_by_a_column_are_told() {
    let world = world();
    world.fer(&["run", "--set=ingest.report_by=[set]"]).succeeded();
    let scores = validation(&world);
    let count = |value: &str| scores["by"]["set"][value]["n"].as_u64().unwrap();
    assert_eq!(count("A") + count("B"), 15);
    let correct = |part: &Value| (part["accuracy"].as_f64().unwrap() * part["n"].as_f64().unwrap()).round() as u64;
    let (a, b) = (&scores["by"]["set"]["A"], &scores["by"]["set"]["B"]);
    assert_eq!(correct(a) + correct(b), correct(&scores));
    assert!(world.read("run/evaluate/report.html").contains("<h3>By set</h3>"));
    let ended = world.fer(&["run", "--set=ingest.report_by=[colour]"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("expected a column `colour` with the values to report by"), "{ended:?}");
}

#[test]
fn a_run_whose_ingest_leaves_no_subsets_has_no_such_scores() {
    let world = World::ran();
    std::fs::remove_file(world.path("run/ingest/subsets.json")).unwrap();
    world.fer(&["run", "--only", "evaluate", "--force"]).succeeded();
    assert!(validation(&world)["without_twins"].is_null());
}
