//! The journeys of `tests/journeys`: every command of theirs succeeds, and there are as many as they say.

use std::path::Path;
use std::process::Command;

use image::GrayImage;

use crate::world::World;

/// Plays a journey in a world. The shell stops at the first command that fails.
#[track_caller]
fn play(world: &World, journey: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/journeys").join(journey);
    let text = std::fs::read_to_string(&script).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_fer")).parent().unwrap();
    let path = std::env::join_paths(
        std::iter::once(program.to_owned()).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let mut shell = Command::new("sh");
    shell.args(["-eux"]).arg(&script).current_dir(world.path(".")).env("PATH", path.unwrap());
    let ended = shell.output().unwrap();
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{journey}: {told}");
    // The shell names each command before it runs it.
    let commands = told.lines().filter(|line| line.starts_with("+ fer ")).count();
    assert!(text.lines().next().unwrap().contains(&format!(" {commands} commands")), "{journey}: {commands} commands");
}

/// The world's own faces: classes and pixels.
fn faces(world: &World) -> Vec<(usize, String)> {
    let text = world.read("faces.csv");
    let face = |line: &str| {
        let mut fields = line.split(',');
        (fields.next().unwrap().parse().unwrap(), fields.next().unwrap().to_owned())
    };
    text.lines().skip(1).map(face).collect()
}

/// A world without a pipeline file.
fn bare() -> World {
    let world = World::new();
    std::fs::remove_file(world.path("pipeline.yaml")).unwrap();
    world
}

#[test]
fn a_student() {
    let world = bare();
    let rows = faces(&world).into_iter().map(|(class, pixels)| format!("{class},{pixels}\n")).collect::<String>();
    std::fs::write(world.path("cnn_train.csv"), format!("label,feature\n{rows}")).unwrap();
    play(&world, "student.sh");
}

#[test]
fn an_engineer() {
    let world = bare();
    for (row, (class, pixels)) in faces(&world).into_iter().enumerate() {
        let pixels = pixels.split(' ').map(|pixel| pixel.parse().unwrap()).collect();
        let folder = world.path(["faces/bored", "faces/curious", "faces/tired"][class % 3]);
        std::fs::create_dir_all(&folder).unwrap();
        GrayImage::from_raw(48, 48, pixels).unwrap().save(folder.join(format!("{row}.png"))).unwrap();
    }
    play(&world, "engineer.sh");
}

#[cfg(feature = "faces")]
#[test]
fn a_developer() {
    let world = bare();
    let photograph = include_bytes!("../pictures/astronaut.jpg");
    assert!(image::load_from_memory(photograph).is_ok());
    std::fs::write(world.path("photo.jpg"), photograph).unwrap();
    play(&world, "developer.sh");
}

#[test]
fn a_maintainer() {
    play(&World::new(), "maintainer.sh");
}
