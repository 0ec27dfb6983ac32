use std::io::Write;

use fer_artifact::{Count, Digest, Split};
use fer_data::{Classes, CsvSource, IngestParams, Source, SplitRule, load, source_digest};

use crate::source::{Scratch, all_train, csv_refusal, ingested};

pub(crate) const KAGGLE: &str =
    "emotion,pixels,Usage\n3,0 64 128 255,Training\n4,1 2 3 4,PublicTest\n0,5 6 7 8,PrivateTest\n";

pub(crate) fn usage(path: impl Into<std::path::PathBuf>) -> IngestParams {
    IngestParams::new(Source::Csv(CsvSource::new(path)))
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

/// Images and labels of a file whose rows all become train.
pub(crate) fn train_of(content: impl AsRef<[u8]>, rows: usize) -> (Vec<u8>, Vec<u8>) {
    let scratch = Scratch::new();
    let mut sets = ingested(&all_train(scratch.file("faces.csv", content), rows)).sets;
    let mut train = sets.remove(&Split::Train).unwrap();
    assert_eq!(train.rows, (0..rows as u32).collect::<Vec<_>>());
    (train.images.in_memory().unwrap().clone(), train.labels)
}

#[test]
fn kaggles_columns_are_found_and_its_usage_splits() {
    let scratch = Scratch::new();
    let sets = ingested(&usage(scratch.file("faces.csv", KAGGLE))).sets;
    let contents = sets.values().map(|set| (set.split, set.images.clone(), set.labels.clone(), set.rows.clone()));
    assert_eq!(
        contents.collect::<Vec<_>>(),
        [
            (Split::Train, vec![0, 64, 128, 255].into(), vec![3], vec![0]),
            (Split::Validation, vec![1, 2, 3, 4].into(), vec![4], vec![1]),
            (Split::Test, vec![5, 6, 7, 8].into(), vec![0], vec![2]),
        ]
    );
    assert!(sets.values().all(|set| (set.height, set.width) == (2, 2)));
}

#[test]
fn archives_hold_the_same_faces_whatever_their_name() {
    let scratch = Scratch::new();
    let plain = ingested(&usage(scratch.file("faces.csv", KAGGLE))).sets;
    for (name, bytes) in [
        ("faces.csv.gz", gzip(KAGGLE.as_bytes())),
        ("faces.csv.zst", zstd(KAGGLE.as_bytes())),
        ("zstd-named.csv", zstd(KAGGLE.as_bytes())),
        ("two-members.csv.gz", [gzip(&KAGGLE.as_bytes()[..30]), gzip(&KAGGLE.as_bytes()[30..])].concat()),
    ] {
        assert_eq!(ingested(&usage(scratch.file(name, bytes))).sets, plain, "{name}");
    }
}

#[test]
fn byte_order_mark_line_ends_quotes_and_spaces_do_not_matter() {
    let expected = train_of("label,feature\n3,0 64 128 255\n4,1 2 3 4\n", 2);
    assert_eq!(expected, (vec![0, 64, 128, 255, 1, 2, 3, 4], vec![3, 4]));
    for content in [
        "\u{feff}label,feature\n3,0 64 128 255\n4,1 2 3 4\n",
        "label,feature\r\n3,0 64 128 255\r\n4,1 2 3 4\r\n",
        "label,feature\n3,0 64 128 255\n4,1 2 3 4",
        "\"label\",\"feature\"\n\"3\",\"0 64 128 255\"\n\"4\",\"1 2 3 4\"\n",
        "label, feature\n 3 ,  0  64 128 255 \n4,1 2\t3 4 \n",
        "label,feature\n\n3,0 64 128 255\n\n\n4,1 2 3 4\n\n",
        "feature,label\n0 64 128 255,3\n1 2 3 4,4\n",
        "id,LABEL,name,Feature\n7,3,\"a, b\",0 64 128 255\n8,4,,1 2 3 4\n",
        "label,feature\nhappy,0 64 128 255\nSad,1 2 3 4\n",
        "label,feature\n3,\"0 64\n128 255\"\n4,1 2 3 4\n",
    ] {
        assert_eq!(train_of(content, 2), expected, "{content:?}");
    }
}

#[test]
fn separators_brackets_and_a_column_for_each_pixel_are_read() {
    let expected = train_of("label,feature\n3,0 64 128 255\n4,1 2 3 4\n", 2);
    for content in [
        "label;feature\n3;0 64 128 255\n4;1 2 3 4\n",
        "label\tfeature\n3\t0 64 128 255\n4\t1 2 3 4\n",
        "sep=;\r\nlabel;feature;a,b\r\n3;0,64,128,255;\r\n4;1,2,3,4;\r\n",
        "\u{feff}sep=,\nlabel,feature\n3,0 64 128 255\n4,1 2 3 4\n",
        "sep=|\nlabel|feature\n3|0 64 128 255\n4|1 2 3 4\n",
        "label,feature\n3,\"0,64,128,255\"\n4,\"1, 2, 3, 4\"\n",
        "label,feature\n3,\"[0, 64, 128, 255]\"\n4,[1 2 3 4]\n",
        "label,feature\n3,\"[[  0  64]\n [128 255]]\"\n4,\"[[1 2]\n [3 4]]\"\n",
        "label,pixel0,pixel1,pixel2,pixel3\n3,0,64,128,255\n4,1,2,3,4\n",
        "pixel_2,pixel_1,label,pixel_4,pixel_3\n64,0,3,255,128\n2,1,4,4,3\n",
        "emotion;0;1;2;3\n3;0;64;128;255\n4;1;2;3;4\n",
    ] {
        assert_eq!(train_of(content, 2), expected, "{content:?}");
    }
}

#[test]
fn a_pixel_that_is_missing_in_its_column_is_named() {
    assert_eq!(
        csv_refusal("label,pixel0,pixel1,pixel2,pixel3\n3,1,2,3,4\n4,1,,3,4\n"),
        "faces.csv: row 1 (line 3), column `pixel1`: expected integers from 0 to 255, found `nothing` as value 1, \
         counted from 0"
    );
}

#[test]
fn pixels_with_commas_and_without_quotes_are_named() {
    assert_eq!(
        csv_refusal("label,feature\n3,0,64,128,255\n"),
        "faces.csv: row 0 (line 2): expected 2 fields as in the header, found more, the next one `64`; fields with \
         commas in them need quotes around them"
    );
}

#[test]
fn columns_of_one_name_are_no_trouble_and_the_first_is_read() {
    let content = "label,x,x,x_duplicated_0,,,feature,label\n3,,,,,,7,4\n4,a,b,c,d,e,8,5\n";
    assert_eq!(train_of(content, 2), (vec![7, 8], vec![3, 4]));
}

#[test]
fn byte_order_marks_within_a_file_do_not_matter() {
    let joined = ["\u{FEFF}label,feature", "\u{FEFF}3,7", "4,8", "\u{FEFF}5,\u{FEFF}9\n"].join("\n");
    assert_eq!(train_of(joined, 3), (vec![7, 8, 9], vec![3, 4, 5]));
}

#[test]
fn columns_can_be_named() {
    let scratch = Scratch::new();
    let path = scratch.file("faces.csv", "mood,gray,part\n1,9 8 7 6,train\n");
    let named = |name: &str| Some(name.to_owned());
    let source = CsvSource {
        label_column: named("mood"),
        pixels_column: named("gray"),
        split_column: named("part"),
        ..CsvSource::new(path)
    };
    let set = &ingested(&IngestParams::new(Source::Csv(source))).sets[&Split::Train];
    assert_eq!((&set.images, &set.labels), (&vec![9, 8, 7, 6].into(), &vec![1]));
}

#[test]
fn load_reads_all_rows_whatever_their_usage() {
    let scratch = Scratch::new();
    let set =
        load(&Source::at(scratch.file("faces.csv", KAGGLE)), &Classes::default(), None, scratch.path()).unwrap().images;
    assert_eq!((set.labels, set.rows), (vec![3, 4, 0], vec![0, 1, 2]));
}

#[test]
fn the_digest_is_that_of_the_file() {
    let scratch = Scratch::new();
    let digest = |content: &str| source_digest(&usage(scratch.file("faces.csv", content)), &Digest::of_file).unwrap();
    assert_eq!(digest(KAGGLE), fer_artifact::Digest::of_bytes(KAGGLE.as_bytes()));
    assert_ne!(digest(KAGGLE), digest(&KAGGLE.replace("255", "254")));
}

/// More text than one block, so that rows cross its border.
#[test]
fn a_file_of_several_blocks_does_not_depend_on_threads() {
    let (rows, side) = (2100, 40);
    let pixel = |row: usize, at: usize| (row * 31 + at * 7) as u8;
    let mut content = "label,feature\n".to_owned();
    for row in 0..rows {
        let pixels: Vec<String> = (0..side * side).map(|at| format!("{:>3}", pixel(row, at))).collect();
        content.push_str(&format!("{},{}\n", row % 7, pixels.join(" ")));
    }
    assert!(content.len() > 8 << 20 && rows * side * side < content.len());
    let scratch = Scratch::new();
    let params = all_train(scratch.file("faces.csv", content), rows);
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| ingested(&params))
    };
    let one = with_threads(1);
    let images: Vec<u8> = (0..rows).flat_map(|row| (0..side * side).map(move |at| pixel(row, at))).collect();
    assert!(one.sets[&Split::Train].images == images);
    assert!(one == with_threads(3));
}

#[test]
fn the_seeds_head_split_is_the_first_rows() {
    let scratch = Scratch::new();
    let path = scratch.file("faces.csv", "label,feature\n0,1\n1,2\n2,3\n");
    let params = IngestParams {
        split: SplitRule::Head { train: Count::of(2), pool: false },
        ..IngestParams::new(Source::Csv(CsvSource::new(path)))
    };
    let sets = ingested(&params).sets;
    assert_eq!(sets[&Split::Train].images, [1, 2]);
    assert_eq!(sets[&Split::Validation].images, [3]);
    assert_eq!(sets.len(), 2);
}
