//! Lists of pictures and maps of classes. Lines that begin with `#classes ` are JSON of classes, and with `#columns ` names of
//! columns, with spaces between; the others are the list. Beside it lie pictures `a.png` and `b.png`.

#![no_main]

use std::collections::{BTreeMap, BTreeSet};

use fer_artifact::Seed;
use fer_data::{
    Classes, Fractions, ImageSize, IngestParams, Ingested, ManifestSource, OnBadRow, Source, SplitRule, ingest, load,
};
use fer_fuzz::{file, folder, single_threaded, within};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: prepare(), |bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let told = |start: &str| text.lines().filter_map(|line| line.strip_prefix(start)).next_back();
    let lines = bytes.split_inclusive(|&byte| byte == b'\n');
    let list: Vec<u8> = lines.filter(|line| !line.starts_with(b"#")).flatten().copied().collect();
    let limit = (40 << 20) + 256 * bytes.len();
    let Some(classes) = within(limit, || classes(told("#classes ").unwrap_or("[\"happy\", \"sad\"]"))) else { return };
    let columns = told("#columns ").map(|names| names.split(' ').map(str::to_owned).collect());
    let path = file("list.csv", &list);
    let source = ManifestSource { columns, ..ManifestSource::new(path) };
    let thirds = SplitRule::Stratified(Fractions::new(0.5, 0.25, 0.25).expect("they sum to 1"));
    let read = |on_bad_row, split| {
        let source = Source::Manifest(source.clone());
        let params = IngestParams { classes: classes.clone(), on_bad_row, split, ..IngestParams::new(source) };
        ingest(&IngestParams { size: ImageSize::try_from([2, 3]).ok(), ..params }, Seed::new(1), folder())
    };
    let usage = SplitRule::Usage { validation: None };
    for split in [usage, thirds] {
        match within(limit, || read(OnBadRow::Skip, split)) {
            Ok(ingested) => sound(&ingested, &list, &classes, source.columns.is_none()),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    _ = within(limit, || load(&Source::Manifest(source.clone()), &classes, None, folder()).map_err(|error| error.to_string()));
});

fn prepare() {
    single_threaded();
    // Portable graymaps: two and four pixels.
    std::fs::write(folder().join("a.png"), b"P5\n1 2\n255\n\x01\x02").expect("a file can be written");
    std::fs::write(folder().join("b.png"), b"P5\n2 2\n255\n\x03\x04\x05\x06").expect("a file can be written");
}

/// The classes of a text, which come back from what they are written as.
fn classes(text: &str) -> Option<Classes> {
    let classes: Classes = match serde_json::from_str(text) {
        Ok(classes) => classes,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return None;
        }
    };
    let written = serde_json::to_string(&classes).expect("classes can be written");
    assert_eq!(serde_json::from_str::<Classes>(&written).expect(&written), classes);
    assert!((1..=256).contains(&classes.names().len()));
    Some(classes)
}

/// Every row stands in one set, was skipped, or is of a label that the classes do not choose; and each label means what a
/// plain reading of the list makes of it.
fn sound(ingested: &Ingested, list: &[u8], classes: &Classes, with_header: bool) {
    let sets = &ingested.sets;
    let skipped = ingested.report.skipped.count;
    let rows: Vec<u32> = sets.values().flat_map(|set| set.rows.iter().copied()).collect();
    let distinct: BTreeSet<u32> = rows.iter().copied().collect();
    let others: usize = ingested.report.other_labels.values().sum();
    assert_eq!(distinct.len(), rows.len());
    assert!(distinct.last().is_none_or(|&last| (last as usize) < rows.len() + skipped + others));
    for set in sets.values() {
        assert_eq!(set.images.len(), 6 * set.len());
        assert!(set.labels.iter().all(|&label| usize::from(label) < classes.names().len()));
    }
    let Some(expected) = plain(list, classes).filter(|_| with_header) else { return };
    for (row, label) in sets.values().flat_map(|set| set.rows.iter().zip(&set.labels)) {
        assert_eq!(expected.get(row), Some(label), "row {row}");
    }
}

/// The class of each row, for a list of `path,label` without quotes.
fn plain(list: &[u8], classes: &Classes) -> Option<BTreeMap<u32, u8>> {
    let text = std::str::from_utf8(list).ok().filter(|text| !text.contains(['"', '\u{FEFF}']))?;
    let mut lines = text.split('\n').filter(|line| !line.as_bytes().trim_ascii().is_empty());
    lines.next().filter(|header| header.trim_ascii() == "path,label")?;
    let class = |line: &str| {
        let label = line.split(',').nth(1).unwrap_or_default().trim_ascii();
        meaning(label, classes)
    };
    Some(lines.zip(0..).filter_map(|(line, row)| Some((row, class(line)?))).collect())
}

fn meaning(label: &str, classes: &Classes) -> Option<u8> {
    let plain = |text: &str| match text.trim().parse::<i64>() {
        Ok(number) => number.to_string(),
        Err(_) => text.trim().to_lowercase(),
    };
    let synonyms = [
        ("happy", "happiness"),
        ("angry", "anger"),
        ("sad", "sadness"),
        ("surprise", "surprised"),
        ("disgust", "disgusted"),
        ("fear", "fearful"),
    ];
    let label = plain(label);
    let place = |found: usize| Some(found as u8);
    if let Some(choices) = classes.labels() {
        return choices.iter().position(|labels| labels.iter().any(|chosen| plain(chosen) == label)).and_then(place);
    }
    let names: Vec<String> = classes.names().iter().map(|name| plain(name)).collect();
    if let Some(found) = names.iter().position(|name| *name == label) {
        return place(found);
    }
    let other = synonyms.iter().find_map(|&(one, other)| match &*label {
        _ if label == one => Some(other),
        _ if label == other => Some(one),
        _ => None,
    });
    if let Some(found) = other.and_then(|other| names.iter().position(|name| name == other)) {
        return place(found);
    }
    let by_number = !classes.names().iter().any(|name| name.trim().parse::<i64>().is_ok());
    let number = label.parse::<usize>().ok().filter(|&number| by_number && number < names.len());
    number.and_then(place)
}
