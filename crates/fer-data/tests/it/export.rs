use fer_artifact::{ImageSet, Origins, Split, with_causes};
use fer_data::{Classes, PictureFormat, Source, export_by_class, export_images, load};
use fer_testkit::image_set;

use crate::source::Scratch;

#[test]
fn pngs_come_back_as_the_same_images() {
    let scratch = Scratch::new();
    let set = ImageSet { rows: (0..20).collect(), ..image_set(Split::Test, 20, 5, 7) };
    export_images(&set, scratch.path(), PictureFormat::Png).unwrap();
    let back = load(&Source::at(scratch.path()), &Classes::default(), None, scratch.path()).unwrap().images;
    assert_eq!(back.origins.as_ref().unwrap().get(7), "7.png");
    assert_eq!(ImageSet { origins: None, ..back }, set);
}

#[test]
fn pictures_are_named_by_row_and_listed_as_the_seed_does() {
    let scratch = Scratch::new();
    let set = ImageSet { rows: vec![7, 3], labels: vec![5, 0], ..image_set(Split::Train, 2, 4, 4) };
    let folder = scratch.path().join("new/folder");
    export_images(&set, &folder, PictureFormat::Jpeg).unwrap();
    assert_eq!(std::fs::read_to_string(folder.join("dataset.csv")).unwrap(), "7.jpg,5\n3.jpg,0\n");
    let mut names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["3.jpg", "7.jpg", "dataset.csv"]);
    let back = load(&Source::at(folder), &Classes::default(), None, scratch.path()).unwrap().images;
    assert_eq!((back.labels, back.height, back.width), (vec![5, 0], 4, 4));
}

#[test]
fn folders_of_classes_come_back_with_the_names_of_the_pictures() {
    let scratch = Scratch::new();
    let mut origins = Origins::default();
    for name in ["a/one.jpg", "a/two.jpg#xywh=0,0,4,4", "b/two.png", "b/one.bmp"] {
        origins.push(name);
    }
    let set = ImageSet {
        labels: vec![0, 3, 3, 3],
        rows: vec![0, 1, 2, 3],
        origins: Some(origins),
        ..image_set(Split::Test, 4, 4, 4)
    };
    let folder = scratch.path().join("faces");
    export_by_class(&set, &folder, PictureFormat::Png).unwrap();
    let back = load(&Source::at(&folder), &Classes::default(), None, scratch.path()).unwrap().images;
    let names: Vec<&str> = (0..4).map(|index| back.origins.as_ref().unwrap().get(index)).collect();
    assert_eq!(names, ["angry/one.png", "happy/one.png", "happy/two-1.png", "happy/two-2.png"]);
    assert_eq!(back.labels, [0, 3, 3, 3]);
    for (at, from) in [0, 3, 1, 2].into_iter().enumerate() {
        assert_eq!(back.image(at).unwrap(), set.image(from).unwrap(), "{}", names[at]);
    }
    let same = ["x/a.png", "y/a.png", "z/a-2.png", "z/b-9.png"].into_iter().collect();
    let close = ImageSet { labels: vec![0; 4], origins: Some(same), ..set.clone() };
    export_by_class(&close, &scratch.path().join("close"), PictureFormat::Png).unwrap();
    let mut names: Vec<_> = std::fs::read_dir(scratch.path().join("close/angry"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["a-0.png", "a-1.png", "a-2-2.png", "b-9.png"], "no two images have one name");
    export_images(&set, &folder, PictureFormat::Png).unwrap();
    let refused = with_causes(&export_by_class(&set, &folder, PictureFormat::Png).unwrap_err());
    assert!(refused.ends_with("ingest would read this list in place of the folders of the classes"), "{refused}");
    let set = ImageSet { classes: vec!["../up".to_owned(); 4], ..set };
    let refused = with_causes(&export_by_class(&set, scratch.path(), PictureFormat::Png).unwrap_err());
    assert!(refused.ends_with("expected a class that a folder can be called after"), "{refused}");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let scratch = Scratch::new();
    let path = scratch.file("file", "");
    assert_eq!(
        with_causes(&export_images(&image_set(Split::Train, 1, 1, 1), &path, PictureFormat::Png).unwrap_err()),
        format!("{}: cannot make the folder: File exists (os error 17)", path.display())
    );
}

#[test]
fn a_picture_wider_than_jpeg_allows_is_refused_by_name() {
    let scratch = Scratch::new();
    assert_eq!(
        with_causes(
            &export_images(&image_set(Split::Train, 1, 1, 70_000), scratch.path(), PictureFormat::Jpeg).unwrap_err()
        ),
        format!(
            "{}/0.jpg: cannot encode the picture: Format error encoding Jpeg: Invalid image size (70000 x 1) to \
             encode as JPEG: width and height must be >= 1 and <= 65535",
            scratch.path().display()
        )
    );
    assert!(!scratch.path().join("dataset.csv").exists());
}
