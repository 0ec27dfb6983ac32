//! CSV ingest on hostile files. Without quotes a file means what a plain reading of it means; with them, at least the
//! numbers of rows must agree.

#![no_main]

use std::collections::BTreeSet;
use std::path::Path;

use fer_artifact::{ImageSet, Seed, Split};
use fer_data::{Classes, CsvSource, Fractions, IngestParams, OnBadRow, Source, SplitRule, ingest, load};
use fer_fuzz::{file, folder, single_threaded, within};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: single_threaded(), |bytes: &[u8]| {
    let path = file("faces.csv", bytes);
    let limit = (40 << 20) + 256 * bytes.len();
    let strict = within(limit, || load(&Source::Csv(CsvSource::new(&path)), &Classes::default(), None, folder()).map(|loaded| loaded.images));
    match &strict {
        Ok(set) => sound(set),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Some(expected) = plain(bytes) {
        assert_eq!(strict.as_ref().ok(), expected.as_ref(), "{strict:?}");
    }
    within(limit, || skipping(&path, SplitRule::Usage { validation: None }, None));
    let thirds = Fractions::new(0.5, 0.25, 0.25).expect("they sum to 1");
    within(limit, || skipping(&path, SplitRule::Stratified(thirds), strict.as_ref().ok()));
});

fn sound(set: &ImageSet) {
    assert!(!set.is_empty() && set.height == set.width);
    assert_eq!(set.images.len(), set.len() * set.height * set.width);
    assert!(set.labels.iter().all(|&label| label < 7));
    assert!(set.rows.is_sorted_by(|a, b| a < b));
}

/// Ingest that leaves bad rows out: every row is in one set or was skipped. `strict` is what comes of the file when
/// none is bad.
fn skipping(path: &Path, split: SplitRule, strict: Option<&ImageSet>) {
    let params =
        IngestParams { split, on_bad_row: OnBadRow::Skip, ..IngestParams::new(Source::Csv(CsvSource::new(path))) };
    match ingest(&params, Seed::new(1), folder()) {
        Ok(ingested) => {
            ingested.sets.values().for_each(sound);
            let skipped = ingested.report.skipped.count;
            let rows: Vec<u32> = ingested.sets.values().flat_map(|set| set.rows.iter().copied()).collect();
            let count = rows.len() + skipped;
            assert!(rows.iter().all(|&row| (row as usize) < count));
            assert_eq!(rows.iter().collect::<BTreeSet<_>>().len(), rows.len());
            assert!(!fer_data::summary(&ingested.report).is_empty());
            if let Some(strict) = strict {
                assert!(skipped == 0 && count == strict.len());
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A plain reading: `Some(None)` for a file that must be refused, `None` for one with quotes or an archive.
fn plain(bytes: &[u8]) -> Option<Option<ImageSet>> {
    if bytes.contains(&b'"') || bytes.starts_with(&[0x1F, 0x8B]) || bytes.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]) {
        return None;
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    Some(std::str::from_utf8(bytes).ok().and_then(plain_text))
}

fn plain_text(text: &str) -> Option<ImageSet> {
    let blank = |line: &&str| line.as_bytes().trim_ascii().is_empty();
    let space = |letter: char| letter.is_ascii_whitespace() || letter == '\u{FEFF}';
    let trimmed = |field: &str| field.trim_matches(space).to_owned();
    let fields = |line: &str| line.split(',').map(trimmed).collect::<Vec<String>>();
    let mut lines = text.split('\n').filter(|line| !blank(line));
    let names = fields(lines.next()?);
    let find = |wanted: &str| names.iter().position(|name| name.eq_ignore_ascii_case(wanted));
    let label_column = find("label").or_else(|| find("emotion"))?;
    let pixels_column = find("feature").or_else(|| find("pixels"))?;
    let classes = Classes::default().names().to_vec();
    let (mut images, mut labels, mut size) = (vec![], vec![], None);
    for line in lines {
        let mut row = fields(line);
        if row.len() > names.len() && !row[names.len()].is_empty() {
            return None;
        }
        row.resize(names.len().max(row.len()), String::new());
        let named = classes.iter().position(|name| name.eq_ignore_ascii_case(&row[label_column]));
        let label = named.or_else(|| row[label_column].parse().ok().filter(|&label| label < classes.len()))?;
        let digits = |value: &str| value.bytes().all(|byte| byte.is_ascii_digit());
        let pixel = |value: &str| value.parse::<u8>().ok().filter(|_| digits(value));
        let pixels: Vec<u8> = row[pixels_column].split_ascii_whitespace().map(pixel).collect::<Option<_>>()?;
        let side = pixels.len().isqrt();
        if pixels.is_empty() || side * side != pixels.len() || *size.get_or_insert(side) != side {
            return None;
        }
        images.extend(pixels);
        labels.push(label as u8);
    }
    let (side, rows) = (size?, (0..labels.len() as u32).collect());
    Some(ImageSet {
        classes,
        split: Split::Test,
        height: side,
        width: side,
        images: images.into(),
        labels,
        rows,
        groups: None,
        origins: None,
    })
}
