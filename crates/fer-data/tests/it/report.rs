use fer_artifact::{Contradiction, Count, DataReport, Dropped, Listed, Overlap, SkippedRow, Split};
use fer_data::{CsvSource, DropDuplicates, FolderSource, IngestParams, Ingested, Source, SplitRule};

use crate::source::{Scratch, all_train, ingested, refusal, skipping};

/// Rows 0, 2 and 5 are equal in train, the last with another label; 3 is blank; 1 stands in validation and twice in
/// test too.
const FACES: &str = "emotion,pixels,Usage
3,1 2 3 4,Training
4,5 6 7 8,Training
3,1 2 3 4,Training
0,9 9 9 9,Training
4,5 6 7 8,PublicTest
1,1 2 3 4,Training
4,5 6 7 8,PrivateTest
4,5 6 7 8,PrivateTest
6,2 2 3 4,PrivateTest
";

fn checked(drop_duplicates: DropDuplicates) -> Ingested {
    let scratch = Scratch::new();
    let source = Source::Csv(CsvSource::new(scratch.file("faces.csv", FACES)));
    ingested(&IngestParams { drop_duplicates, ..IngestParams::new(source) })
}

#[test]
fn copies_overlaps_contradictions_and_blank_images_are_counted() {
    let report = checked(DropDuplicates::None).report;
    let of = |split| {
        let split = &report.splits[&split];
        (split.rows, split.copies, split.contradictions, split.blank)
    };
    assert_eq!(of(Split::Train), (5, 2, 1, 1));
    assert_eq!(of(Split::Validation), (1, 0, 0, 0));
    assert_eq!(of(Split::Test), (3, 1, 0, 0));
    assert_eq!(report.splits[&Split::Train].class_counts, [1, 1, 0, 2, 1, 0, 0]);
    let overlap = |of, also_in, rows| Overlap { of, also_in, rows };
    assert_eq!(
        report.overlaps,
        [
            overlap(Split::Train, Split::Validation, 1),
            overlap(Split::Train, Split::Test, 1),
            overlap(Split::Validation, Split::Train, 1),
            overlap(Split::Validation, Split::Test, 1),
            overlap(Split::Test, Split::Train, 2),
            overlap(Split::Test, Split::Validation, 2),
        ]
    );
    assert_eq!(report.contradictions.first, [Contradiction { rows: vec![0, 2, 5], labels: vec![3, 3, 1] }]);
    assert_eq!((report.contradictions.count, report.blank.count), (1, 1));
    assert_eq!(report.blank.first, [3]);
    assert_eq!(report.absent_from_train, ["fear", "surprise", "neutral"]);
    assert_eq!(report.dropped, Dropped::default());
}

#[test]
fn rows_that_are_named_say_their_picture() {
    let scratch = Scratch::new();
    for (name, pixels) in [("happy/b.png", [1, 2]), ("sad/c.png", [1, 2]), ("sad/d.png", [5, 5]), ("sad/e.png", [6, 7])]
    {
        scratch.picture(name, (1, 2), &pixels);
    }
    let split = SplitRule::Head { train: Count::of(4), pool: false };
    let source = Source::Folder(FolderSource::new(scratch.path()));
    let Ingested { report, sets, .. } = ingested(&IngestParams { split, ..IngestParams::new(source) });
    let origins = sets[&Split::Train].origins.as_ref().unwrap();
    assert_eq!(
        (0..4).map(|index| origins.get(index)).collect::<Vec<_>>(),
        ["happy/b.png", "sad/c.png", "sad/d.png", "sad/e.png"]
    );
    let named: Vec<(u32, &str)> = report.origins.iter().map(|(&row, origin)| (row, origin.as_str())).collect();
    assert_eq!(named, [(0, "happy/b.png"), (1, "sad/c.png"), (2, "sad/d.png")]);
    let summary = fer_data::summary(&report);
    assert!(summary.contains("(rows 0 (happy/b.png) happy = 1 (sad/c.png) sad)"), "{summary}");
    // A CSV file's rows have numbers alone.
    let checked = checked(DropDuplicates::None);
    assert!(checked.report.origins.is_empty() && checked.sets[&Split::Train].origins.is_none());
}

#[test]
fn dropping_within_train_keeps_the_first() {
    let Ingested { sets, report, .. } = checked(DropDuplicates::Train);
    assert_eq!(sets[&Split::Train].rows, [0, 1, 3]);
    assert_eq!(sets[&Split::Train].labels, [3, 4, 0]);
    assert_eq!(sets[&Split::Train].images, [1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9]);
    assert_eq!(sets[&Split::Test].len(), 3);
    assert_eq!(report.dropped, Dropped { copies: 2, ..Dropped::default() });
    assert_eq!(report.splits[&Split::Train].copies, 0);
}

#[test]
fn dropping_across_also_takes_what_stands_in_validation_or_test() {
    let Ingested { sets, report, .. } = checked(DropDuplicates::Across);
    assert_eq!(sets[&Split::Train].rows, [0, 3]);
    assert_eq!((sets[&Split::Validation].len(), sets[&Split::Test].len()), (1, 3));
    assert_eq!(report.dropped, Dropped { copies: 2, also_in_validation: 1, ..Dropped::default() });
    assert!(report.overlaps.iter().all(|overlap| overlap.of != Split::Train || overlap.rows == 0));
}

#[test]
fn dropping_all_of_train_is_refused() {
    let scratch = Scratch::new();
    let path = scratch.file("faces.csv", "emotion,pixels,Usage\n3,1,Training\n3,1,PublicTest\n");
    let source = Source::Csv(CsvSource::new(path));
    let params = IngestParams { drop_duplicates: DropDuplicates::Across, ..IngestParams::new(source) };
    assert_eq!(
        refusal(&scratch, &params),
        "faces.csv: expected rows for train, found none among the 2 usable rows, since all 1 were dropped as duplicates"
    );
}

#[test]
fn a_report_survives_a_round_trip() {
    let report = checked(DropDuplicates::Across).report;
    let json = serde_json::to_string_pretty(&report).unwrap();
    assert_eq!(serde_json::from_str::<DataReport>(&json).unwrap(), report);
}

#[test]
fn the_summary_says_what_a_reader_should_know() {
    assert_eq!(
        fer_data::summary(&checked(DropDuplicates::None).report),
        "\
9 images of 2 × 2 pixels
                       train  validation        test
  angry                    1           0           0
  disgust                  1           0           0
  fear                     0           0           0
  happy                    2           0           0
  sad                      1           1           2
  surprise                 0           0           0
  neutral                  0           0           1
  together                 5           1           3
  surplus copies           2           0           1
  blank images             1           0           0
in train too: 1 of 1 validation images
in train too: 2 of 3 test images
in validation too: 2 of 3 test images
groups of equal images with different labels: 1 (rows 0 happy = 2 happy = 5 disgust)
warning: train has no image of `fear`
warning: train has no image of `surprise`
warning: train has no image of `neutral`"
    );
}

#[test]
fn the_summary_says_what_was_left_out() {
    let scratch = Scratch::new();
    let bad = "3,x,Training\nbored,1 2 3 4,Training\n3,1 2 3,Training\n3,,PublicTest\n";
    let source = Source::Csv(CsvSource::new(scratch.file("faces.csv", format!("{FACES}{bad}"))));
    let params = IngestParams { drop_duplicates: DropDuplicates::Across, ..IngestParams::new(source) };
    let summary = fer_data::summary(&ingested(&skipping(params)).report);
    let lines: Vec<&str> =
        summary.lines().filter(|line| line.contains("left out") || line.contains("bad rows")).collect();
    assert_eq!(
        lines,
        [
            "left out of train as duplicates: 1 in validation too, 0 in test too, 2 further copies",
            "bad rows skipped: 4 (row 9 (line 11), column `pixels`: expected 4 pixel values as in the rows before, found 1; \
         row 10 (line 12), column `emotion`: expected a class (angry, disgust, fear, happy, sad, surprise, neutral) or \
         its number from 0 to 6, found `bored`; row 11 (line 13), column `pixels`: expected 4 pixel values as in the rows \
         before, found 3; and 1 more)",
        ]
    );
}

#[test]
fn a_reason_of_several_lines_is_told_in_one() {
    let mut report = checked(DropDuplicates::None).report;
    let reason = "a.jpg: not a picture:\n  \u{1b}the end is missing".to_owned();
    report.skipped = Listed { count: 1, first: vec![SkippedRow { row: 3, reason }] };
    let line = "bad rows skipped: 1 (a.jpg: not a picture: \\u{1b}the end is missing)";
    let summary = fer_data::summary(&report);
    assert!(summary.lines().any(|told| told == line), "{summary}");
}

#[test]
fn blank_images_are_no_copies_but_are_dropped_like_them() {
    let scratch = Scratch::new();
    let faces =
        "emotion,pixels,Usage\n3,0 0 0 0,Training\n4,0 0 0 0,Training\n5,1 2 3 4,Training\n3,0 0 0 0,PublicTest\n";
    let source = Source::Csv(CsvSource::new(scratch.file("faces.csv", faces)));
    let params = |drop_duplicates| IngestParams { drop_duplicates, ..IngestParams::new(source.clone()) };
    let report = ingested(&params(DropDuplicates::None)).report;
    let train = &report.splits[&Split::Train];
    assert_eq!((train.blank, train.copies, train.contradictions), (2, 0, 0));
    assert_eq!((report.blank.first, report.contradictions.count), (vec![0, 1, 3], 0));
    assert!(report.overlaps.iter().all(|overlap| overlap.rows == 0));
    assert_eq!(ingested(&params(DropDuplicates::Train)).sets[&Split::Train].rows, [0, 2]);
    assert_eq!(ingested(&params(DropDuplicates::Across)).sets[&Split::Train].rows, [2]);
}

#[test]
fn long_lists_are_cut_and_counted() {
    let scratch = Scratch::new();
    let rows: String = (0..30).map(|_| "3,7\n").collect();
    let report = ingested(&all_train(scratch.file("faces.csv", format!("label,feature\n{rows}")), 30)).report;
    assert_eq!((report.blank.count, report.blank.first), (30, (0..20).collect()));
}
