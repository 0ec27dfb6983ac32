//! Parquet files. What polars makes of a hostile file is polars' affair as long as it refuses it, by an error or by a panic that
//! we catch; what we make of what it reads must be sound.

#![no_main]

use std::collections::BTreeSet;

use fer_artifact::Seed;
use fer_data::{
    Classes, Error, Fractions, ImageSize, IngestParams, OnBadRow, ParquetSource, Source, SplitRule, ingest, load,
    read_faces,
};
use fer_fuzz::{file, folder, only_our_panics, single_threaded};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: prepare(), |bytes: &[u8]| {
    let path = file("faces.parquet", bytes);
    let source = Source::Parquet(ParquetSource::new(&path));
    match load(&source, &Classes::default(), None, folder()) {
        Ok(loaded) => {
            let set = loaded.images;
            assert!(!set.is_empty() && set.images.len() == set.len() * set.height * set.width);
            assert!(set.labels.iter().all(|&label| label < 7));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let thirds = Fractions::new(0.5, 0.25, 0.25).expect("they sum to 1");
    let params = IngestParams {
        on_bad_row: OnBadRow::Skip,
        size: ImageSize::try_from([2, 3]).ok(),
        split: SplitRule::Stratified(thirds.pooled()),
        ..IngestParams::new(source)
    };
    match ingest(&params, Seed::new(1), folder()) {
        Ok(ingested) => {
            let all: Vec<u32> = ingested.sets.values().flat_map(|set| set.rows.iter().copied()).collect();
            assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
            assert!(ingested.sets.values().all(|set| set.images.len() == 6 * set.len()));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let mut next = 0;
    _ = read_faces(&path, 3, |rows| {
        for row in rows {
            assert_eq!(row.row, next);
            next += 1;
        }
        Ok::<(), Error>(())
    });
});

fn prepare() {
    single_threaded();
    only_our_panics();
}
