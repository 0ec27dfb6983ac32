//! CSV ingest on hostile files. Without quotes a file means what a plain reading of it means; with them, at least the
//! numbers of rows must agree.

#![no_main]

use std::collections::BTreeSet;
use std::path::Path;

use fer_artifact::{FIRST, ImageSet, Seed, Split, is_plain_text};
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

/// A plain reading: `Some(None)` for a file that must be refused, `None` for one with quotes, an archive, or bytes that are no
/// text.
fn plain(bytes: &[u8]) -> Option<Option<ImageSet>> {
    let packed: [&[u8]; 3] = [&[0x1F, 0x8B], &[0x28, 0xB5, 0x2F, 0xFD], b"PK"];
    let first = &bytes[..bytes.len().min(FIRST as usize)];
    if bytes.contains(&b'"') || packed.iter().any(|start| bytes.starts_with(start)) || !is_plain_text(first) {
        return None;
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    Some(std::str::from_utf8(bytes).ok().and_then(plain_text))
}

fn plain_text(text: &str) -> Option<ImageSet> {
    let blank = |line: &&str| line.as_bytes().trim_ascii().is_empty();
    let mut lines = text.split('\n').filter(|line| !blank(line)).peekable();
    let told = match lines.peek()?.as_bytes().trim_ascii() {
        [s, e, p, b'=', told] if [s, e, p].map(u8::to_ascii_lowercase) == *b"sep" => Some(char::from(*told)),
        _ => None,
    };
    let header = if told.is_some() { lines.nth(1)? } else { lines.next()? };
    let separator = told.or([',', ';', '\t'].into_iter().find(|&found| header.contains(found))).unwrap_or(',');
    let space = |letter: char| letter.is_ascii_whitespace() || letter == '\u{FEFF}';
    let fields =
        |line: &str| line.split(separator).map(|field| field.trim_matches(space).to_owned()).collect::<Vec<String>>();
    let names = fields(header);
    let find = |wanted: &str| names.iter().position(|name| name.eq_ignore_ascii_case(wanted));
    let label_column = find("label").or_else(|| find("emotion"))?;
    let one = find("feature").or_else(|| find("pixels")).map(|column| vec![column]);
    let pixel_columns = one.or_else(|| columns_of_single_pixels(&names))?;
    let classes = Classes::default().names().to_vec();
    let (mut images, mut labels, mut size) = (vec![], vec![], None);
    for line in lines {
        let mut row = fields(line);
        if row.len() > names.len() && !row[names.len()].is_empty() {
            return None;
        }
        row.resize(names.len().max(row.len()), String::new());
        labels.push(plain_label(&row[label_column], &classes)?);
        let text = match &pixel_columns[..] {
            [one] => row[*one].clone(),
            // A pixel that is not there is no number.
            each => each
                .iter()
                .map(|&column| if row[column].is_empty() { "?" } else { &row[column] })
                .collect::<Vec<_>>()
                .join(" "),
        };
        let pixels: Vec<u8> = plain_pixels(&text)?;
        let side = pixels.len().isqrt();
        if pixels.is_empty() || side * side != pixels.len() || *size.get_or_insert(side) != side {
            return None;
        }
        images.extend(pixels);
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
        targets: None,
    })
}

/// The columns of a header with a pixel each, by number.
fn columns_of_single_pixels(names: &[String]) -> Option<Vec<usize>> {
    ["pixel", "pixel_", "pixel ", "px", ""].iter().find_map(|prefix| {
        let number = |name: &String| {
            let digits = name.to_ascii_lowercase().strip_prefix(prefix)?.to_owned();
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<usize>().ok()).flatten()
        };
        let numbers: Vec<Option<usize>> = names.iter().map(number).collect();
        let count = numbers.iter().flatten().count();
        let from = |first: usize| {
            (first..first + count).map(|wanted| numbers.iter().position(|number| *number == Some(wanted))).collect()
        };
        let columns: Option<Vec<usize>> = if numbers.contains(&Some(0)) { from(0) } else { from(1) };
        columns.filter(|_| count >= 4)
    })
}

/// The class that a label means: by its name or another word for it, or by its number.
fn plain_label(label: &str, classes: &[String]) -> Option<u8> {
    let words = ["anger", "disgusted", "fearful", "happiness", "sadness", "surprised"];
    let meant = ["angry", "disgust", "fear", "happy", "sad", "surprise"];
    let label = label.trim().to_lowercase();
    let label = words.iter().position(|word| *word == label).map_or(&*label, |place| meant[place]);
    let class = match label.parse::<i64>() {
        Ok(number) => usize::try_from(number).ok().filter(|&number| number < classes.len()),
        Err(_) => classes.iter().position(|name| name == label),
    };
    class.map(|class| class as u8)
}

/// Numbers from 0 to 255, with white space, commas or brackets between.
fn plain_pixels(text: &str) -> Option<Vec<u8>> {
    let between = |letter: char| letter.is_ascii_whitespace() || [',', '[', ']'].contains(&letter);
    let digits = |value: &str| value.bytes().all(|byte| byte.is_ascii_digit());
    let pixel = |value: &str| value.parse::<u8>().ok().filter(|_| digits(value));
    text.split(between).filter(|value| !value.is_empty()).map(pixel).collect()
}
