//! Groups never stand on two sides.

use std::collections::{BTreeMap, BTreeSet};

use fer_artifact::{Count, ImageSet, Seed, Split};
use fer_data::{
    CsvSource, FolderSource, Folds, Fractions, Group, IngestParams, Pattern, Share, Source, SplitRule, ingest,
};
use serde::Deserialize;
use serde_json::{from_value, json};

use crate::source::{Scratch, ingested, refusal};

/// Labels and groups with what scikit-learn makes of them (`tests/golden/groups/make.py`).
#[derive(Deserialize)]
struct Case {
    name: String,
    labels: Vec<u8>,
    groups: Vec<u32>,
    folds: usize,
    unevenness: f64,
    largest: usize,
}

fn golden() -> Vec<Case> {
    serde_json::from_str(include_str!("../../../../tests/golden/groups/cases.json")).unwrap()
}

fn params(scratch: &Scratch, labels: &[u8], groups: &[u32], split: SplitRule) -> IngestParams {
    let rows = labels.iter().zip(groups).enumerate();
    let rows: String = rows.map(|(row, (label, group))| format!("{label},{},p{group}\n", row % 256)).collect();
    let path = scratch.file("faces.csv", format!("label,feature,person\n{rows}"));
    let group = Some(Group::Column("person".to_owned()));
    IngestParams { split, group, ..IngestParams::new(Source::Csv(CsvSource::new(path))) }
}

fn names(set: &ImageSet) -> BTreeSet<String> {
    let groups = set.groups.as_ref().unwrap();
    groups.ids.iter().map(|&id| groups.names[id as usize].clone()).collect()
}

fn folds(folds: usize, fold: usize) -> SplitRule {
    SplitRule::Folds(Folds::new(folds, fold).unwrap())
}

#[test]
fn folds_by_group_are_as_even_as_scikit_learns_and_share_no_group() {
    for case in golden() {
        let scratch = Scratch::new();
        let mut fold_of: BTreeMap<u32, usize> = BTreeMap::new();
        for fold in 0..case.folds {
            let split = folds(case.folds, fold);
            let sets = ingest(&params(&scratch, &case.labels, &case.groups, split), Seed::new(3), scratch.path())
                .unwrap()
                .sets;
            let (train, test) = (&sets[&Split::Train], &sets[&Split::Test]);
            assert!(names(train).is_disjoint(&names(test)), "{}: fold {fold}", case.name);
            assert_eq!(train.len() + test.len(), case.labels.len());
            assert!(test.rows.iter().all(|&row| fold_of.insert(row, fold).is_none()));
        }
        assert_eq!(fold_of.len(), case.labels.len(), "every row is test once");
        let count = |label: u8, fold: usize| {
            fold_of.iter().filter(|&(&row, &of)| of == fold && case.labels[row as usize] == label).count() as f64
        };
        let labels: BTreeSet<u8> = case.labels.iter().copied().collect();
        let deviation = |&label: &u8| {
            let counts: Vec<f64> = (0..case.folds).map(|fold| count(label, fold)).collect();
            let total: f64 = counts.iter().sum();
            let mean = 1.0 / case.folds as f64;
            (counts.iter().map(|count| (count / total - mean).powi(2)).sum::<f64>() * mean).sqrt()
        };
        let unevenness = labels.iter().map(deviation).sum::<f64>() / labels.len() as f64;
        assert!(unevenness <= case.unevenness * 1.25 + 1e-12, "{}: {unevenness} of {}", case.name, case.unevenness);
        let largest = (0..case.folds).map(|fold| fold_of.values().filter(|&&of| of == fold).count()).max().unwrap();
        assert!(largest <= case.largest + case.labels.len() / 20, "{}: {largest} of {}", case.name, case.largest);
    }
}

#[test]
fn folds_without_groups_are_even_within_a_row_of_each_class() {
    let labels: Vec<u8> = (0..103).map(|row| (row * row % 7) as u8).collect();
    let groups: Vec<u32> = (0..103).collect();
    let scratch = Scratch::new();
    let mut seen = BTreeSet::new();
    for fold in 0..5 {
        let params = IngestParams { group: None, ..params(&scratch, &labels, &groups, folds(5, fold)) };
        let sets = ingested(&params).sets;
        let test = &sets[&Split::Test];
        for label in 0..7 {
            let all = labels.iter().filter(|&&of| of == label).count() as f64;
            let here = test.labels.iter().filter(|&&of| of == label).count() as f64;
            assert!((here - all / 5.0).abs() <= 1.0, "{label}: {here} of {all}");
        }
        seen.extend(test.rows.iter().copied());
        assert!(test.groups.is_none());
    }
    assert_eq!(seen.len(), 103);
}

#[test]
fn stratified_keeps_groups_together_and_shares_near() {
    let case = golden().into_iter().next().unwrap();
    let scratch = Scratch::new();
    let split = SplitRule::Stratified(Fractions::new(0.7, 0.1, 0.2).unwrap());
    let ingested = ingested(&params(&scratch, &case.labels, &case.groups, split));
    let of = |split| names(&ingested.sets[&split]);
    assert!(of(Split::Train).is_disjoint(&of(Split::Test)) && of(Split::Validation).is_disjoint(&of(Split::Train)));
    for (split, share) in [(Split::Train, 0.7), (Split::Validation, 0.1), (Split::Test, 0.2)] {
        let found = ingested.sets[&split].len() as f64 / case.labels.len() as f64;
        assert!((found - share).abs() < 0.03, "{split}: {found}");
    }
    let report = ingested.report.groups.as_ref().unwrap();
    assert_eq!((report.splits.values().sum::<usize>(), report.shared.count), (118, 0));
    let summary = fer_data::summary(&ingested.report);
    assert!(summary.contains("\ngroups: ") && summary.contains(", none in two splits"), "{summary}");
}

#[test]
fn a_fold_may_give_some_of_train_as_validation_whole_groups_alone() {
    let case = golden().into_iter().next().unwrap();
    let scratch = Scratch::new();
    let split = Folds::new(10, 9).unwrap().with_validation(Share::new(0.2).unwrap());
    let sets = ingested(&params(&scratch, &case.labels, &case.groups, SplitRule::Folds(split))).sets;
    let (train, validation, test) = (&sets[&Split::Train], &sets[&Split::Validation], &sets[&Split::Test]);
    assert!(names(train).is_disjoint(&names(validation)) && names(test).is_disjoint(&names(validation)));
    let share = validation.len() as f64 / (train.len() + validation.len()) as f64;
    assert!((share - 0.2).abs() < 0.03, "{share}");
    // The test fold is that of the same rule without validation.
    let without = ingested(&params(&scratch, &case.labels, &case.groups, folds(10, 9))).sets;
    assert_eq!(&without[&Split::Test], test);
}

#[test]
fn groups_come_from_folders_and_from_names() {
    let scratch = Scratch::new();
    for (name, pixel) in [("happy/S1/001/a.png", 1), ("happy/S2/001/b.png", 2), ("sad/S1/002/c.png", 3)] {
        scratch.picture(name, (1, 1), &[pixel]);
    }
    let split = SplitRule::Head { train: Count::of(3), pool: false };
    let source = Source::folder(scratch.path().to_owned());
    let of = |group: serde_json::Value| {
        let group: Group = from_value(group).unwrap();
        let params = IngestParams { group: Some(group), split: split.clone(), ..IngestParams::new(source.clone()) };
        params.check().unwrap();
        ingest(&params, Seed::new(0), scratch.path())
            .map(|ingested| ingested.sets[&Split::Train].groups.clone().unwrap())
    };
    let first = of(json!({"folder": 1})).unwrap();
    assert_eq!((first.names, first.ids), (vec!["S1".to_owned(), "S2".to_owned()], vec![0, 1, 0]));
    assert_eq!(of(json!({"folder": 2})).unwrap().names, ["001", "002"]);
    assert_eq!(of(json!({"pattern": "^([a-z])"})).unwrap().ids, [0, 1, 2]);
    assert_eq!(of(json!({"pattern": "(?<subject>[a-z])[.]"})).unwrap().names, ["a", "b", "c"]);
    let group = Some(Group::Pattern(Pattern::new("^(S[0-9]+)_").unwrap()));
    let params = IngestParams { group, split: split.clone(), ..IngestParams::new(source.clone()) };
    assert_eq!(
        refusal(&scratch, &params),
        ".: row 0 (happy/S1/001/a.png): expected the group that it belongs to, found none"
    );
}

#[test]
fn groups_that_a_source_cannot_have_are_refused() {
    let csv = Source::Csv(CsvSource::new("x"));
    let with = |source, group| {
        IngestParams { group: Some(group), ..IngestParams::new(source) }.check().unwrap_err().to_string()
    };
    assert_eq!(
        with(csv, Group::Folder(Count::of(1))),
        "`group: {folder: …}` needs a source of kind folder or manifest"
    );
    let message = Pattern::new("S[0-9]+").unwrap_err();
    assert!(message.starts_with("expected a pair of brackets around what is sought"), "{message}");
    assert!(Pattern::new("(").unwrap_err().starts_with("not a regular expression: "));
    let scratch = Scratch::new();
    let params = IngestParams {
        group: Some(Group::Column("who".to_owned())),
        ..params(&scratch, &[1], &[1], SplitRule::Head { train: Count::of(1), pool: false })
    };
    assert_eq!(
        refusal(&scratch, &params),
        "faces.csv: expected a column `who` with the groups, found `label`, `feature`, `person`; name it with `group`"
    );
}

#[test]
fn official_splits_that_share_a_group_are_told() {
    let scratch = Scratch::new();
    let rows = "label,feature,Usage,who\n3,1,Training,a\n4,2,Training,b\n3,3,PrivateTest,b\n";
    let source = Source::Csv(CsvSource::new(scratch.file("faces.csv", rows)));
    let group = Some(Group::Column("who".to_owned()));
    let report = ingested(&IngestParams { group, ..IngestParams::new(source) }).report;
    assert_eq!(report.groups.as_ref().unwrap().shared.first, ["b"]);
    let summary = fer_data::summary(&report);
    assert!(summary.contains("warning: groups: 2 in train, 1 in test; 1 in more than one split (b)"), "{summary}");
}

const OFFICIAL: &str = "label,feature,Usage\n3,1,Training\n4,2,Training\n3,3,Training\n4,4,Training\n3,5,PrivateTest\n";

#[test]
fn official_splits_are_dealt_out_only_where_pool_says_so() {
    let scratch = Scratch::new();
    let source = Source::Csv(CsvSource::new(scratch.file("faces.csv", OFFICIAL)));
    let of = |split: serde_json::Value| IngestParams {
        split: from_value(split).unwrap(),
        ..IngestParams::new(source.clone())
    };
    for (kind, rule) in [
        ("head", json!({"kind": "head", "train": 3})),
        ("stratified", json!({"kind": "stratified", "train": 0.5, "test": 0.5})),
        ("folds", json!({"kind": "folds", "folds": 2, "fold": 0})),
    ] {
        assert_eq!(
            refusal(&scratch, &of(rule.clone())),
            format!(
                "faces.csv: the split `{kind}` would deal out the splits that the source has (4 train, 1 test): `{{kind: \
                 usage}}` keeps them, with `validation: 0.1` if train has to give some; `pool: true` beside `kind: {kind}` \
                 deals out all"
            )
        );
        let mut pooled = rule;
        pooled["pool"] = true.into();
        let sets = ingested(&of(pooled)).sets;
        assert_eq!(sets.values().map(ImageSet::len).sum::<usize>(), 5);
    }
}

#[test]
fn validation_out_of_train_leaves_test_alone() {
    let scratch = Scratch::new();
    let source = Source::Csv(CsvSource::new(scratch.file("faces.csv", OFFICIAL)));
    let split = SplitRule::Usage { validation: Some(Share::new(0.5).unwrap()) };
    let params = IngestParams { split, ..IngestParams::new(source) };
    let sets = ingested(&params).sets;
    let labels = |split| sets[&split].labels.iter().copied().collect::<BTreeSet<u8>>();
    assert_eq!(
        (sets[&Split::Train].len(), sets[&Split::Validation].len(), sets[&Split::Test].rows.clone()),
        (2, 2, vec![4])
    );
    assert_eq!((labels(Split::Train), labels(Split::Validation)), ([3, 4].into(), [3, 4].into()));
    let source = Source::Csv(CsvSource::new(scratch.file("three.csv", format!("{OFFICIAL}4,6,PublicTest\n"))));
    assert_eq!(
        refusal(&scratch, &IngestParams { source, ..params }),
        "three.csv: expected a source without validation for `validation`, found one; leave `validation` out"
    );
}

/// JAFFE's names: person, expression, number, picture.
#[test]
fn a_pattern_reads_label_group_and_split_in_names() {
    let scratch = Scratch::new();
    for (name, pixel) in [("KA.AN1.39.png", 1), ("KA.HA2.30.png", 2), ("sub/YM.NE1.49.png", 3), ("YM.HA1.52.png", 4)] {
        scratch.picture(name, (1, 1), &[pixel]);
    }
    let pattern = Some(Pattern::new(r"^(?<subject>[A-Z]{2})\.(?<label>[A-Z]{2})[0-9]").unwrap());
    let source = Source::Folder(FolderSource { pattern, ..FolderSource::new(scratch.path()) });
    let classes = from_value(json!([{"happy": ["HA"]}, {"angry": ["AN"]}, {"neutral": ["NE"]}])).unwrap();
    let params = IngestParams { classes, split: folds(2, 0), ..IngestParams::new(source) };
    let sets = ingested(&params).sets;
    assert!(names(&sets[&Split::Train]).is_disjoint(&names(&sets[&Split::Test])));
    let all: BTreeMap<u32, u8> =
        sets.values().flat_map(|set| set.rows.iter().copied().zip(set.labels.iter().copied())).collect();
    assert_eq!(all, [(0, 1), (1, 0), (2, 0), (3, 2)].into());
    scratch.picture("notes.png", (1, 1), &[5]);
    assert_eq!(
        refusal(&scratch, &params),
        r".: row 3 (notes.png): expected a name that fits the pattern `^(?<subject>[A-Z]{2})\.(?<label>[A-Z]{2}…`"
    );
    let scratch = Scratch::new();
    for (name, pixel) in [("happy/train_1.png", 1), ("happy/test_2.png", 2)] {
        scratch.picture(name, (1, 1), &[pixel]);
    }
    let pattern = Some(Pattern::new("^(?<split>train|test)_").unwrap());
    let source = Source::Folder(FolderSource { pattern, ..FolderSource::new(scratch.path()) });
    assert_eq!(ingested(&IngestParams::new(source)).sets[&Split::Test].images, [2]);
}

/// Names as of CK+48, JAFFE, a clip, FER2013's Kaggle folders and RAF-DB.
#[test]
fn names_that_look_like_people_or_clips_are_warned_of() {
    let warnings = |names: &[String]| {
        let scratch = Scratch::new();
        names.iter().for_each(|name| _ = scratch.picture(&format!("happy/{name}.png"), (1, 1), &[1]));
        let split = SplitRule::Head { train: Count::of(1), pool: false };
        let params = IngestParams { split, ..IngestParams::new(Source::folder(scratch.path())) };
        let none = ingested(&params).report.warnings;
        let group = Some(Group::Pattern(Pattern::new("(.)").unwrap()));
        assert!(ingested(&IngestParams { group, ..params }).report.warnings.is_empty());
        none
    };
    let of = |name: &dyn Fn(usize) -> String| (0..24).map(name).collect::<Vec<_>>();
    let advice = "`group` keeps them together, so that no split knows those of another";
    assert_eq!(
        warnings(&of(&|at| format!("S{:03}_001_{:08}", 10 + at / 6, at))),
        [format!("file names look like 4 people, such as `S010`: {advice}")]
    );
    assert_eq!(
        warnings(&of(&|at| format!("{}.HA{}.{at}", ["KA", "YM", "TM"][at % 3], at))),
        [format!("file names look like 3 people, such as `KA`: {advice}")]
    );
    assert_eq!(
        warnings(&of(&|at| format!("interview_{}_{:04}", at / 8, at))),
        [format!("file names look like frames of 3 clips, such as `interview_0`: {advice}")]
    );
    for names in [
        of(&|at| format!("Training_{at}")),
        of(&|at| format!("train_{at:05}_aligned")),
        of(&|at| format!("im{at}")),
        of(&|at| format!("happy_{at}")),
        of(&|at| format!("img{at}_face")),
    ] {
        assert_eq!(warnings(&names), [] as [&str; 0], "{names:?}");
    }
}
