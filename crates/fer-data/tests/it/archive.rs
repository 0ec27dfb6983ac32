//! Archives that Python wrote (`tests/golden/archives/make.py`).

use std::io::Write;
use std::path::PathBuf;

use fer_artifact::{Seed, Split, with_causes};
use fer_data::{CsvSource, Error, IngestParams, Ingested, Source, ingest, read_faces};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::source::{Scratch, ingested, refusal};

fn golden(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/archives")).join(name)
}

fn params(path: PathBuf) -> IngestParams {
    IngestParams::new(Source::Csv(CsvSource::new(path)))
}

fn refused(name: &str) -> String {
    let error = with_causes(&ingest(&params(golden(name)), Seed::new(0), ".".as_ref()).unwrap_err());
    error.rsplit('/').next().unwrap().to_owned()
}

#[test]
fn the_one_csv_file_of_an_archive_is_read_whatever_the_archives_name() {
    let scratch = Scratch::new();
    for (name, others) in [
        ("faces.zip", &["fer/README.txt", "__MACOSX/fer/._faces.csv"][..]),
        ("stored.zip", &[]),
        ("faces.tar", &["fer2013/README"]),
        ("faces.tar.gz", &["fer2013/README", "fer2013/fer2013.bib"]),
    ] {
        let path = scratch.file("download.csv", std::fs::read(golden(name)).unwrap());
        let Ingested { sets, report, .. } = ingested(&params(path));
        assert_eq!(sets[&Split::Train].images, [0, 64, 128, 255], "{name}");
        assert_eq!((&sets[&Split::Test].images, &sets[&Split::Test].labels), (&vec![5, 6, 7, 8].into(), &vec![0]));
        let left_out: Vec<String> = report.left_out.into_iter().flat_map(|left_out| left_out.files.first).collect();
        assert_eq!(left_out, others, "{name}");
    }
}

#[test]
fn an_archive_without_a_csv_file_or_with_several_is_refused() {
    assert_eq!(
        refused("none.zip"),
        "none.zip: expected an archive of one CSV file, found none; unpack the one to be read"
    );
    assert_eq!(
        refused("two.zip"),
        "two.zip: expected an archive of one CSV file, found train.csv, test.csv; unpack the one to be read"
    );
}

#[test]
fn what_is_packed_in_another_way_is_named() {
    assert_eq!(refused("faces.tar.xz"), "faces.tar.xz: expected CSV text, found an archive (xz): unpack it first");
    assert_eq!(refused("bzip2.zip"), "bzip2.zip: expected CSV text, found a zip packed in a rare way: unpack it first");
}

#[test]
fn a_damaged_or_truncated_archive_is_refused() {
    let scratch = Scratch::new();
    let zip = std::fs::read(golden("stored.zip")).unwrap();
    let at = zip.windows(7).position(|bytes| bytes == b"0 64 12").unwrap();
    let mut changed = zip.clone();
    changed[at] = b'1';
    assert_eq!(
        refusal(&scratch, &params(scratch.file("faces.zip", changed))),
        "faces.zip: the zip archive is damaged; copy the file again: its check sum is another"
    );
    let cut = refusal(&scratch, &params(scratch.file("faces.zip", &zip[..zip.len() - 30])));
    assert!(cut.starts_with("faces.zip: the zip archive is damaged; copy the file again: "), "{cut}");
    let tar = std::fs::read(golden("faces.tar.gz")).unwrap();
    let cut = refusal(&scratch, &params(scratch.file("faces.tar.gz", &tar[..tar.len() / 2])));
    assert_eq!(
        cut,
        "faces.tar.gz: the gzip archive is truncated: expected more data, found the end of the file; copy the file again"
    );
}

/// A `tar.gz` whose first file has 257 MiB, all of them 0.
fn bomb() -> Vec<u8> {
    let packed = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(vec![], Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let mut header = tar::Header::new_ustar();
    header.set_path("faces.csv").unwrap();
    header.set_size(257 << 20);
    header.set_cksum();
    [packed(header.as_bytes()), packed(&[0; 1 << 20]).repeat(257)].concat()
}

#[test]
fn an_archive_that_unpacks_to_too_much_is_not_called_damaged() {
    let scratch = Scratch::new();
    let path = scratch.file("faces.tar.gz", bomb());
    let told = "faces.tar.gz: the gzip archive unpacks to too much for a table of faces; unpack it";
    let most = "expected at most 268435456 bytes in it, found more";
    let refused = refusal(&scratch, &params(path.clone()));
    assert_eq!(refused, format!("{told}, or raise `expansion` of the source in a pipeline file: {most}"));
    // Nobody can raise anything there.
    let refused = read_faces(&path, 9, |_| Ok::<(), Error>(())).unwrap_err();
    assert!(with_causes(&refused).ends_with(&format!("{told}: {most}")), "{refused}");
}

#[test]
fn what_is_no_csv_file_says_what_it_is() {
    let scratch = Scratch::new();
    for (content, found) in [
        (
            &b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n"[..],
            "a Git LFS pointer: fetch the file itself with `git lfs pull`",
        ),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "an HTML page: a download that failed?"),
        (b"PAR1\x15\x04\x15\0", "a Parquet file"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a png picture"),
    ] {
        assert_eq!(
            refusal(&scratch, &params(scratch.file("faces.csv", content))),
            format!("faces.csv: expected CSV text, found {found}")
        );
    }
}
