use std::collections::BTreeMap;

use fer_artifact::{Count, ImageSet, Seed, Split};
use fer_data::{CsvSource, Fractions, IngestParams, Source, SplitRule, ingest};
use proptest::prelude::*;

use crate::source::{Scratch, refusal};

/// A file of one-pixel images with these labels, split by this rule.
fn params(scratch: &Scratch, labels: &[u8], split: SplitRule) -> IngestParams {
    let rows: String = labels.iter().enumerate().map(|(row, label)| format!("{label},{}\n", row % 256)).collect();
    let path = scratch.file("faces.csv", format!("label,feature\n{rows}"));
    IngestParams { split, ..IngestParams::new(Source::Csv(CsvSource::new(path))) }
}

fn head(train: usize) -> SplitRule {
    SplitRule::Head { train: Count::of(train), pool: false }
}

fn count(sets: &BTreeMap<Split, ImageSet>, split: Split, label: u8) -> usize {
    sets.get(&split).map_or(0, |set| set.labels.iter().filter(|&&found| found == label).count())
}

fn rules() -> impl Strategy<Value = SplitRule> {
    let stratified = (1..=10_u32, 0..=10_u32, 0..=10_u32).prop_map(|(train, validation, test)| {
        let share = |part: u32| f64::from(part) / f64::from(train + validation + test);
        SplitRule::Stratified(Fractions::new(share(train), share(validation), share(test)).unwrap())
    });
    prop_oneof![(1..60_usize).prop_map(head), stratified]
}

proptest! {
    #[test]
    fn a_split_is_a_partition_in_the_sources_order(
        labels in prop::collection::vec(0..7_u8, 1..60), rule in rules(), seed: u64,
    ) {
        let scratch = Scratch::new();
        let Ok(ingested) = ingest(&params(&scratch, &labels, rule), Seed::new(seed), scratch.path()) else { return Ok(()) };
        let mut all: Vec<u32> = vec![];
        for (&split, set) in &ingested.sets {
            prop_assert_eq!(set.split, split);
            prop_assert!(set.rows.is_sorted() && !set.is_empty());
            for (index, &row) in set.rows.iter().enumerate() {
                prop_assert_eq!((set.labels[index], &*set.image(index).unwrap()), (labels[row as usize], &[row as u8][..]));
            }
            all.extend(&set.rows);
        }
        all.sort_unstable();
        prop_assert_eq!(all, (0..labels.len() as u32).collect::<Vec<_>>());
    }

    #[test]
    fn stratified_keeps_proportions_within_one_row_a_class(
        labels in prop::collection::vec(0..7_u8, 1..200), (a, b, c) in (1..=10_u32, 0..=10_u32, 0..=10_u32), seed: u64,
    ) {
        let share = |part: u32| f64::from(part) / f64::from(a + b + c);
        let fractions = Fractions::new(share(a), share(b), share(c)).unwrap();
        let scratch = Scratch::new();
        let params = params(&scratch, &labels, SplitRule::Stratified(fractions));
        let Ok(ingested) = ingest(&params, Seed::new(seed), scratch.path()) else { return Ok(()) };
        for label in 0..7 {
            let members = labels.iter().filter(|&&found| found == label).count() as f64;
            for (split, part) in [(Split::Train, a), (Split::Validation, b), (Split::Test, c)] {
                let (found, exact) = (count(&ingested.sets, split, label) as f64, members * share(part));
                prop_assert!((found - exact).abs() < 1.0 + 1e-9, "{label} {split}: {found} of {exact}");
                prop_assert!(part > 0 || found == 0.0);
            }
        }
    }
}

#[test]
fn stratified_follows_the_seed_and_nothing_else() {
    let scratch = Scratch::new();
    let labels: Vec<u8> = (0..140).map(|row| row % 7).collect();
    let fractions = Fractions::new(0.8, 0.1, 0.1).unwrap();
    let params = params(&scratch, &labels, SplitRule::Stratified(fractions));
    let train = |seed| ingest(&params, Seed::new(seed), scratch.path()).unwrap().sets[&Split::Train].rows.clone();
    assert_eq!(train(1), train(1));
    assert_ne!(train(1), train(2));
    assert_ne!(train(1), (0..112).collect::<Vec<_>>());
    assert_eq!(train(1).len(), 112);
}

#[test]
fn a_head_larger_than_the_data_is_refused() {
    let scratch = Scratch::new();
    assert_eq!(
        refusal(&scratch, &params(&scratch, &[0, 1], head(3))),
        "faces.csv: split `head`: expected at least 3 usable rows for train, found 2"
    );
}

#[test]
fn a_head_of_all_rows_leaves_no_validation() {
    let scratch = Scratch::new();
    let sets = ingest(&params(&scratch, &[0, 1], head(2)), Seed::new(0), scratch.path()).unwrap().sets;
    assert_eq!(sets.keys().collect::<Vec<_>>(), [&Split::Train]);
}

#[test]
fn an_empty_train_is_refused() {
    let scratch = Scratch::new();
    let path = scratch.file("faces.csv", "emotion,pixels,Usage\n3,1,PublicTest\n4,2,PrivateTest\n");
    assert_eq!(
        refusal(&scratch, &IngestParams::new(Source::Csv(CsvSource::new(path)))),
        "faces.csv: expected rows for train, found none among the 2 usable rows"
    );
}
