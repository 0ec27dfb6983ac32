use fer_artifact::{Count, Digest, Size, Split};
use fer_data::{Classes, ImageSize, IngestParams, Source, SplitRule, load, source_digest};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};

use crate::source::{Scratch, ingested, refusal, skipping};

fn usage(scratch: &Scratch) -> IngestParams {
    IngestParams::new(Source::folder(scratch.path().to_owned()))
}

fn head(scratch: &Scratch, train: usize) -> IngestParams {
    IngestParams { split: SplitRule::Head { train: Count::of(train), pool: false }, ..usage(scratch) }
}

#[test]
fn folders_of_splits_and_classes_are_read_in_sorted_order() {
    for [train, validation, test] in
        [["train", "validation", "test"], ["Train", "val", "Test"], ["Training", "PublicTest", "PrivateTest"]]
    {
        let scratch = Scratch::new();
        scratch.picture(&format!("{train}/sad/b.png"), (1, 2), &[5, 6]);
        scratch.picture(&format!("{train}/sad/a.png"), (1, 2), &[3, 4]);
        scratch.picture(&format!("{train}/happy/c.PNG"), (1, 2), &[1, 2]);
        scratch.picture(&format!("{validation}/Angry/a.png"), (1, 2), &[7, 8]);
        scratch.picture(&format!("{test}/6/a.png"), (1, 2), &[9, 10]);
        scratch.file(&format!("{train}/sad/notes.txt"), "no picture");
        scratch.file(&format!("{train}/sad/.hidden.png"), "no picture");
        let sets = ingested(&usage(&scratch)).sets;
        assert_eq!(sets[&Split::Train].images, [1, 2, 3, 4, 5, 6]);
        assert_eq!(sets[&Split::Train].labels, [3, 4, 4]);
        assert_eq!((sets[&Split::Train].height, sets[&Split::Train].width), (1, 2));
        assert_eq!(
            (&sets[&Split::Validation].images, &sets[&Split::Validation].labels),
            (&vec![7, 8].into(), &vec![0])
        );
        assert_eq!((&sets[&Split::Test].images, &sets[&Split::Test].labels), (&vec![9, 10].into(), &vec![6]));
        let mut rows: Vec<u32> = sets.values().flat_map(|set| set.rows.clone()).collect();
        rows.sort_unstable();
        assert_eq!(rows, [0, 1, 2, 3, 4]);
    }
}

#[test]
fn folders_of_classes_are_read() {
    let scratch = Scratch::new();
    scratch.picture("sad/a.png", (1, 1), &[2]);
    scratch.picture("happy/a.png", (1, 1), &[1]);
    let set = &ingested(&head(&scratch, 2)).sets[&Split::Train];
    assert_eq!((&set.images, &set.labels, &set.rows), (&vec![1, 2].into(), &vec![3, 4], &vec![0, 1]));
}

#[test]
fn a_dataset_csv_gives_the_order_and_the_labels() {
    let scratch = Scratch::new();
    scratch.picture("1.png", (1, 1), &[11]);
    scratch.picture("0.png", (1, 1), &[10]);
    scratch.picture("unlisted.png", (1, 1), &[12]);
    scratch.file("dataset.csv", "1.png,3\n0.png,6\n");
    let set = load(&Source::at(scratch.path()), &Classes::default(), None, scratch.path()).unwrap().images;
    assert_eq!((set.images, set.labels, set.rows), (vec![11, 10].into(), vec![3, 6], vec![0, 1]));
}

/// OpenCV 5.0.0: `cv2.cvtColor(np.uint8([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [10, 200, 30]]]), cv2.COLOR_RGB2GRAY)`.
#[test]
fn colours_become_gray_with_opencvs_weights() {
    let scratch = Scratch::new();
    let path = scratch.file("happy/a.png", []);
    let colours = [255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 200, 30];
    image::save_buffer(path, &colours, 4, 1, image::ExtendedColorType::Rgb8).unwrap();
    assert_eq!(ingested(&head(&scratch, 1)).sets[&Split::Train].images, [76, 150, 29, 124]);
}

#[test]
fn a_picture_of_any_format_is_read_upright() {
    let scratch = Scratch::new();
    let mut jpeg = vec![];
    let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, 100);
    // Big-endian TIFF with one entry: orientation (0x0112), a short, 6: turned by a quarter to the right.
    let exif = [&b"MM\0*\0\0\0\x08\0\x01"[..], &[1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0], &[0; 4]].concat();
    encoder.set_exif_metadata(exif).unwrap();
    encoder.write_image(&[[30; 8], [200; 8]].concat().repeat(8), 16, 8, ExtendedColorType::L8).unwrap();
    scratch.file("happy/a.jpg", jpeg);
    let upright = [[30; 64], [200; 64]].concat();
    for name in ["b.png", "c.bmp", "d.tiff", "e.pgm", "f.gif"] {
        let path = scratch.file(&format!("happy/{name}"), []);
        let gray = image::GrayImage::from_raw(8, 16, upright.clone()).unwrap();
        image::DynamicImage::from(gray).into_rgb8().save(path).unwrap();
    }
    let set = load(&Source::at(scratch.path()), &Classes::default(), None, scratch.path()).unwrap().images;
    assert_eq!((set.len(), set.height, set.width), (6, 16, 8));
    for row in 0..6 {
        assert_eq!(set.image(row).unwrap(), upright, "row {row}");
    }
}

#[test]
fn a_jpeg_that_is_cut_short_is_a_bad_row() {
    let scratch = Scratch::new();
    let path = scratch.picture("happy/a.jpg", (32, 32), &(0..1024).map(|at| (at % 251) as u8).collect::<Vec<_>>());
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(
        refusal(&scratch, &head(&scratch, 1)),
        ".: row 0 (happy/a.jpg): a broken picture: the JPEG file ends before its end"
    );
}

#[test]
fn a_gray_jpeg_is_read() {
    let scratch = Scratch::new();
    scratch.picture("happy/a.jpg", (8, 8), &[128; 64]);
    assert_eq!(ingested(&head(&scratch, 1)).sets[&Split::Train].images, [128; 64]);
}

#[test]
fn the_digest_changes_with_names_and_contents_and_with_nothing_else() {
    let scratch = Scratch::new();
    scratch.picture("happy/a.png", (1, 1), &[1]);
    let digest = || source_digest(&usage(&scratch), &Digest::of_file).unwrap();
    let first = digest();
    scratch.file("happy/notes.txt", "no picture");
    assert_eq!(digest(), first);
    scratch.picture("happy/a.png", (1, 1), &[2]);
    let changed = digest();
    assert_ne!(changed, first);
    std::fs::rename(scratch.path().join("happy/a.png"), scratch.path().join("happy/b.png")).unwrap();
    assert_ne!(digest(), changed);
}

#[test]
fn pictures_of_two_sizes_are_refused_with_both() {
    let scratch = Scratch::new();
    scratch.picture("happy/a.png", (2, 3), &[0; 6]);
    scratch.picture("sad/b.png", (3, 2), &[0; 6]);
    assert_eq!(
        refusal(&scratch, &head(&scratch, 1)),
        ".: row 1 (sad/b.png): expected a height of 2 and a width of 3 as in happy/a.png, found a height of 3 and a \
         width of 2; `size: [48, 48]` brings pictures of any size to one"
    );
}

#[test]
fn pictures_of_any_size_are_brought_to_one_as_they_are_read() {
    let scratch = Scratch::new();
    let large: Vec<u8> = (0..16 * 12).map(|at| (at * 7 % 256) as u8).collect();
    scratch.picture("happy/a.png", (16, 12), &large);
    scratch.picture("sad/b.png", (4, 6), &[9; 24]);
    let size: ImageSize = serde_json::from_str("[4, 6]").unwrap();
    let set = &ingested(&IngestParams { size: Some(size), ..head(&scratch, 2) }).sets[&Split::Train];
    assert_eq!((set.height, set.width), (4, 6));
    assert_eq!(set.image(0).unwrap(), fer_imgproc::resize(&large, Size::new(16, 12).unwrap(), size.get()));
    assert_eq!(set.image(1).unwrap(), [9; 24].as_slice());
    let loaded =
        load(&Source::at(scratch.path()), &Classes::default(), Some(size.get()), scratch.path()).unwrap().images;
    assert_eq!(&loaded.images, &set.images);
    let csv = scratch.file("faces.csv", "label,feature\n3,7 7 7 7\n4,9\n");
    let set =
        load(&Source::at(csv), &Classes::default(), Some(Size::new(2, 3).unwrap()), scratch.path()).unwrap().images;
    assert_eq!(set.images, [[7; 6], [9; 6]].concat());
    assert!(serde_json::from_str::<ImageSize>("[0, 6]").unwrap_err().to_string().contains("expected a side of 1 to"));
}

#[test]
fn a_file_that_is_no_picture_is_refused_or_skipped() {
    let scratch = Scratch::new();
    scratch.picture("happy/a.png", (1, 1), &[1]);
    scratch.file("happy/b.png", "no picture");
    assert_eq!(
        refusal(&scratch, &head(&scratch, 1)),
        ".: row 1 (happy/b.png): not a picture: found text; expected png, jpg, webp, bmp, gif, tiff or pnm"
    );
    let ingested = ingested(&skipping(head(&scratch, 1)));
    assert_eq!(ingested.report.skipped.first[0].row, 1);
    assert_eq!(ingested.report.skipped.count, 1);
}

#[test]
fn a_missing_folder_is_named() {
    let scratch = Scratch::new();
    let params = IngestParams::new(Source::folder(scratch.path().join("faces")));
    assert_eq!(refusal(&scratch, &params), "faces: cannot read the folder: No such file or directory (os error 2)");
}

#[test]
fn a_folder_of_another_layout_is_refused() {
    let scratch = Scratch::new();
    let message = |found: &str| {
        format!(
            ".: expected a `dataset.csv`, or folders named after splits (train, validation, test) or classes (angry, \
             disgust, fear, happy, sad, surprise, neutral), found {found}"
        )
    };
    assert_eq!(refusal(&scratch, &usage(&scratch)), message("no folder"));
    scratch.picture("happy/a.png", (1, 1), &[1]);
    scratch.picture("holidays/a.png", (1, 1), &[1]);
    assert_eq!(refusal(&scratch, &usage(&scratch)), message("`holidays`"));
}

#[test]
fn a_folder_in_a_split_that_is_no_class_is_refused() {
    let scratch = Scratch::new();
    scratch.picture("train/bored/a.png", (1, 1), &[1]);
    assert_eq!(
        refusal(&scratch, &usage(&scratch)),
        "train: expected folders named after classes (angry, disgust, fear, happy, sad, surprise, neutral), found \
         `bored`"
    );
}

#[test]
fn folders_of_classes_alone_have_no_usage() {
    let scratch = Scratch::new();
    scratch.picture("happy/a.png", (1, 1), &[1]);
    assert_eq!(
        refusal(&scratch, &usage(&scratch)),
        ".: expected folders named after splits (train, validation, test) for the split `usage`, found none; choose \
         the split `head`, `stratified` or `folds`"
    );
}

#[test]
fn folders_without_pictures_are_refused() {
    let scratch = Scratch::new();
    scratch.file("happy/notes.txt", "no picture");
    assert_eq!(
        refusal(&scratch, &head(&scratch, 1)),
        ".: expected at least one picture (png, jpg, webp, bmp, gif, tiff, pnm) in the folders of its classes, found none"
    );
    scratch.file("dataset.csv", "");
    assert_eq!(refusal(&scratch, &head(&scratch, 1)), "dataset.csv: expected at least one row, found none");
}

#[test]
fn a_dataset_csv_with_a_bad_label_is_refused() {
    let scratch = Scratch::new();
    scratch.picture("0.png", (1, 1), &[1]);
    scratch.file("dataset.csv", "0.png,3\n0.png,bored\n");
    assert_eq!(
        refusal(&scratch, &head(&scratch, 1)),
        "dataset.csv: row 1 (line 2): expected a class (angry, disgust, fear, happy, sad, surprise, neutral) or its \
         number from 0 to 6, found `bored`"
    );
}

#[test]
fn subfolders_of_a_class_belong_to_it_at_any_depth() {
    let scratch = Scratch::new();
    scratch.picture("happy/S001/001/a.png", (1, 1), &[1]);
    scratch.picture("happy/b.png", (1, 1), &[2]);
    scratch.picture("sad/S001/c.png", (1, 1), &[3]);
    let set = load(&Source::at(scratch.path()), &Classes::default(), None, scratch.path()).unwrap().images;
    assert_eq!((set.images, set.labels), (vec![1, 2, 3].into(), vec![3, 3, 4]));
}

#[test]
fn pictures_beside_the_folders_of_classes_are_named() {
    let scratch = Scratch::new();
    scratch.picture("happy/a.png", (1, 1), &[1]);
    scratch.picture("lost.png", (1, 1), &[1]);
    scratch.file("found", std::fs::read(scratch.path().join("lost.png")).unwrap());
    scratch.file("README.txt", "no picture");
    assert_eq!(
        refusal(&scratch, &head(&scratch, 1)),
        ".: expected pictures in the folders of their classes, found 2 beside these folders: found, lost.png; move them \
         into the folder of their class, or out of the source"
    );
    let scratch = Scratch::new();
    scratch.picture("train/happy/a.png", (1, 1), &[1]);
    scratch.picture("train/lost.png", (1, 1), &[1]);
    let message = refusal(&scratch, &usage(&scratch));
    assert!(message.contains("found 1 beside these folders: train/lost.png;"), "{message}");
}

#[test]
fn a_picture_is_known_by_its_content() {
    let scratch = Scratch::new();
    let png = std::fs::read(scratch.picture("happy/a.png", (1, 1), &[1])).unwrap();
    scratch.file("happy/b", &png);
    scratch.file("happy/c.jfif", &png);
    scratch.file("happy/d.data", &png);
    let mut pgm = b"P5 1 1 255\n".to_vec();
    pgm.push(255);
    scratch.file("happy/e", pgm);
    let set = load(&Source::at(scratch.path()), &Classes::default(), None, scratch.path()).unwrap().images;
    assert_eq!(set.images, [1, 1, 1, 1, 255]);
}

#[test]
fn every_file_that_is_not_read_is_counted_and_named() {
    let scratch = Scratch::new();
    scratch.picture("happy/a.png", (1, 1), &[1]);
    for (name, content) in [
        ("README", &b"no picture"[..]),
        ("happy/notes.txt", b"no picture"),
        ("happy/.DS_Store", b"\0\0\0\x01Bud1"),
        ("happy/Thumbs.db", b"\xD0\xCF"),
        ("happy/empty", b""),
        ("happy/clip.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"),
        ("all.zip", b"PK\x03\x04\x14\0\0\0\x08\0"),
    ] {
        scratch.file(name, content);
    }
    let report = ingested(&head(&scratch, 1)).report;
    let left_out: Vec<_> = report.left_out.iter().map(|left| (left.why.as_str(), left.files.first.join(" "))).collect();
    let hidden = left_out.iter().find(|(why, _)| why.starts_with("hidden")).unwrap();
    assert_eq!(
        hidden.1.split(' ').collect::<std::collections::BTreeSet<_>>(),
        ["happy/.DS_Store", "happy/Thumbs.db"].into()
    );
    assert_eq!(report.left_out.iter().map(|left| left.files.count).sum::<usize>(), 7);
    for expected in [
        ("an archive (zip): unpack it first", "all.zip"),
        ("an empty file", "happy/empty"),
        ("a video (mp4)", "happy/clip.mp4"),
        ("text", "README happy/notes.txt"),
    ] {
        assert!(left_out.contains(&(expected.0, expected.1.to_owned())), "{left_out:?}");
    }
    let summary = fer_data::summary(&report);
    assert!(summary.contains("\n2 files not read (text): README; happy/notes.txt"), "{summary}");
}

#[test]
fn pictures_that_a_dataset_csv_does_not_list_are_counted() {
    let scratch = Scratch::new();
    scratch.picture("0.png", (1, 1), &[1]);
    scratch.picture("1.png", (1, 1), &[1]);
    scratch.file("dataset.csv", "0.png,3\n");
    let report = ingested(&head(&scratch, 1)).report;
    assert_eq!(
        (report.left_out[0].why.as_str(), &report.left_out[0].files.first),
        ("not in dataset.csv", &vec!["1.png".to_owned()])
    );
}

/// A Mac writes accents as letters of their own.
#[test]
fn names_may_be_decomposed_of_another_case_or_no_utf8() {
    use std::os::unix::ffi::OsStringExt;
    let scratch = Scratch::new();
    scratch.picture("U\u{308}BERRASCHT/bu\u{308}.png", (1, 1), &[1]);
    let png = scratch.path().join("U\u{308}BERRASCHT/bu\u{308}.png");
    // Latin-1, as old archives have it.
    let folder = scratch.path().join(std::ffi::OsString::from_vec(b"w\xFCtend".to_vec()));
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(&png, folder.join(std::ffi::OsString::from_vec(b"\xE4.png".to_vec()))).unwrap();
    let classes = Classes::new(vec!["\u{FC}berrascht".to_owned(), "w\u{FC}tend".to_owned()]).unwrap();
    let set = load(&Source::at(scratch.path()), &classes, None, scratch.path()).unwrap().images;
    assert_eq!((set.images, set.labels), (vec![1, 1].into(), vec![0, 1]));
    let params = IngestParams { classes, ..head(&scratch, 2) };
    source_digest(&params, &Digest::of_file).unwrap();
}

#[test]
fn a_link_to_a_folder_above_is_no_endless_tree() {
    let scratch = Scratch::new();
    scratch.picture("happy/a.png", (1, 1), &[1]);
    std::os::unix::fs::symlink("..", scratch.path().join("happy/loop")).unwrap();
    let report = ingested(&head(&scratch, 1)).report;
    assert_eq!(report.left_out[0].why, "a link to a folder above it");
}

#[test]
fn a_dataset_csv_that_lists_an_absent_picture_is_refused() {
    let scratch = Scratch::new();
    scratch.file("dataset.csv", "0.png,3\n");
    assert_eq!(
        refusal(&scratch, &head(&scratch, 1)),
        "dataset.csv: row 0 (0.png): cannot be read: No such file or directory (os error 2)"
    );
}
