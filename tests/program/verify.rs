use crate::world::{World, lines};

#[test]
fn verify_of_an_intact_run_is_ok_for_every_output() {
    let world = World::ran();
    let ended = world.fer(&["verify"]).succeeded();
    let told = lines(&ended.stdout);
    assert!(told.iter().all(|line| line.starts_with("ok          ")), "{told:?}");
    assert!(told.contains(&"ok          preprocess/train.safetensors"), "{told:?}");
    assert_eq!(told[..2], ["ok          ingest.source", "ok          ingest/data-report.json"]);
    assert!(told.len() >= 13, "{told:?}");
}

#[test]
fn verify_names_what_is_changed_or_missing() {
    let world = World::ran();
    std::fs::remove_file(world.path("run/evaluate/report.html")).unwrap();
    let path = world.path("run/train/model.safetensors");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 4]).unwrap();
    std::fs::remove_file(world.path("run/ingest/test.safetensors")).unwrap();
    std::fs::create_dir(world.path("run/ingest/test.safetensors")).unwrap();
    let ended = world.fer(&["verify"]);
    assert_eq!(ended.code, 1);
    let damaged: Vec<&str> = ended.stdout.lines().filter(|line| !line.starts_with("ok ")).collect();
    assert_eq!(damaged.len(), 3, "{damaged:?}");
    assert!(damaged[0].starts_with("unreadable  ingest/test.safetensors: "), "{damaged:?}");
    assert_eq!(damaged[1..], ["changed     train/model.safetensors", "missing     evaluate/report.html"]);
    let json = world.fer(&["verify", "--json"]);
    assert_eq!(json.code, 1);
    let states: Vec<_> = json.json().as_array().unwrap().iter().map(|file| file["state"].clone()).collect();
    assert_eq!(states.iter().filter(|state| **state == "ok").count(), states.len() - 3);
}

/// Alters a file that has a second name behind its stamp's back: size, time and inode stay, and its last change does not count.
#[cfg(unix)]
#[test]
fn verify_names_what_was_changed_behind_its_times() {
    let world = World::ran();
    let path = world.path("run/train/model.safetensors");
    std::fs::hard_link(&path, world.path("twin")).unwrap();
    // A first look remembers the digest for certain.
    assert_eq!(world.fer(&["status"]).code, 0);
    let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, bytes).unwrap();
    std::fs::File::options().append(true).open(&path).unwrap().set_modified(modified).unwrap();
    assert_eq!(world.fer(&["status"]).code, 1);
    let ended = world.fer(&["verify"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stdout.contains("changed     train/model.safetensors\n"), "{ended:?}");
}

#[test]
fn verify_before_any_run_says_so() {
    let ended = World::new().fer(&["verify"]).succeeded();
    assert_eq!(ended.stdout, "no stage has run\n");
}
