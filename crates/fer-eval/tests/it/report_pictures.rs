//! The pictures of the report: mistakes, examples with heat maps, contact sheets.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fer_artifact::{Origins, Predictions, Size, Split};
use fer_eval::{Baseline, Example, Paired, ReportInput, Scope, Sheet, SheetLine, SheetTile, report};
use serde_json::json;

use crate::report::{assert_shows, between, data_report, html};
use crate::sample::Sample;

#[test]
fn the_surest_mistakes_come_first_and_are_no_more_than_24() {
    let sample = Sample::new(&["a", "b", "c"], &[(Split::Test, 300)], 0.0);
    let page = html(&sample);
    let tiles = between(between(&page, "<ul class=\"mistakes\">", "</ul>")[0], "<li><img", "</li>");
    assert_eq!(tiles.len(), 24);
    let probability = |tile: &&str| -> f64 { between(tile, "\"detail\">", "&")[0].parse().unwrap() };
    let found: Vec<f64> = tiles.iter().map(probability).collect();
    assert!(found.is_sorted_by(|a, b| a >= b), "{found:?}");

    let predictions = &sample.evaluation.predictions[&Split::Test];
    let wrong = (0..300).filter_map(|index| {
        let all = fer_eval::probabilities(predictions.logits_of(index));
        let top = (0..3).max_by(|&a, &b| all[a].total_cmp(&all[b])).unwrap();
        (top != usize::from(predictions.labels[index])).then_some((all[top], predictions.rows[index]))
    });
    let (surest, row) = wrong.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
    assert_eq!(format!("{:.1}", found[0]), format!("{:.1}", 100.0 * surest));
    assert_shows(tiles[0], &format!("row {row}</span>"));
}

#[test]
fn mistakes_examples_and_the_data_name_their_pictures() {
    let mut sample = Sample::new(&["a", "b", "c"], &[(Split::Test, 90)], 0.0);
    let names: Vec<String> = (0..90).map(|index| format!("<b>/{index}.png")).collect();
    let origins: Origins = names.iter().map(String::as_str).collect();
    sample.features.get_mut(&Split::Test).unwrap().origins = Some(origins.clone());
    let predictions = sample.evaluation.predictions.get_mut(&Split::Test).unwrap();
    predictions.origins = Some(origins);
    let rows = predictions.rows.clone();
    let example = Example { index: 7, heat: vec![0.0; 144] };
    sample.evaluation.examples.insert(Split::Test, vec![example]);
    let mut data = data_report();
    data["origins"] = json!({"3": "angry/3.png", "17": "sad/17.png", "59": "<i>.png"});
    sample.data_report = Some(data);
    let page = html(&sample);
    let all = between(&page, "<li><img", "</li>");
    let (surest, others) = all.split_at(24);
    let (example, by_pair) = others.split_last().unwrap();
    assert!(by_pair.len() > 24, "{} mistakes by pair", by_pair.len());
    for tile in surest.iter().chain(by_pair) {
        let row: u32 = between(tile, "alt=\"Row ", ":")[0].parse().unwrap();
        let index = rows.iter().position(|&of| of == row).unwrap();
        assert_shows(tile, &format!(">&lt;b&gt;&#x2f;{index}.png</span>"));
    }
    assert_shows(example, ">&lt;b&gt;&#x2f;7.png</span>");
    assert_shows(&page, "3 (angry&#x2f;3.png) angry &#x2f; 17 (sad&#x2f;17.png) sad");
    assert_shows(&page, "59 (&lt;i&gt;.png)");
}

#[test]
fn without_mistakes_the_page_says_so() {
    let page = html(&Sample::new(&["a", "b"], &[(Split::Test, 30)], 50.0));
    assert_shows(&page, "None: all 30 images are classified correctly.");
    assert!(!page.contains("<img"));
}

#[test]
fn examples_show_image_and_heat_map_side_by_side() {
    let mut sample = Sample::usual();
    let right = |predictions: &Predictions, index: usize| {
        let logits = predictions.logits_of(index);
        let top = (1..7).fold(0, |best, class| if logits[class] > logits[best] { class } else { best });
        top == usize::from(predictions.labels[index])
    };
    let predictions = &sample.evaluation.predictions[&Split::Test];
    let index = (0..120).find(|&index| right(predictions, index)).unwrap();
    let heat = (0..144).map(|pixel| if pixel < 12 { 1.0 } else { 0.0 }).collect();
    let row = predictions.rows[index];
    sample.evaluation.examples.insert(Split::Test, vec![Example { index, heat }]);
    let page = html(&sample);
    assert_eq!(page.matches("<h3>What the network looks at</h3>").count(), 1, "on test alone");
    assert_shows(&page, &format!("alt=\"Row {row} and its heat map: "));
    let list = between(&page, "<ul class=\"mistakes examples\">", "</ul>")[0];
    assert_shows(list, ">found</span>");
    let bytes = BASE64_STANDARD.decode(between(list, "base64,", "\"")[0]).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; 24 * 12 * 3];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height, info.color_type), (24, 12, png::ColorType::Rgb));
    let at = |x: usize, y: usize| &pixels[3 * (24 * y + x)..][..3];
    assert!((0..12).all(|x| at(x, 5) == at(12 + x, 5)), "no heat, no colour");
    assert!((0..12).all(|x| at(12 + x, 0)[2] <= 64 && at(12 + x, 0)[0] >= 191), "yellow above");
}

#[test]
fn mistakes_stand_by_pair_of_classes_the_most_frequent_pairs_first() {
    let sample = Sample::new(&["a", "b", "c", "d", "e"], &[(Split::Test, 400)], 0.0);
    let page = html(&sample);
    let confusion = &sample.evaluation.metrics.splits[&Split::Test].confusion;
    let pairs = (0..5).flat_map(|label| (0..5).map(move |predicted| (label, predicted)));
    let mut counts: Vec<usize> = pairs.filter(|(a, b)| a != b).map(|(a, b)| confusion[a][b]).collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let heads = between(&page, "<h4><span>", "</h4>");
    assert_eq!(heads.len(), 12);
    let names = ["a", "b", "c", "d", "e"];
    for (head, count) in heads.iter().zip(&counts) {
        let (label, predicted) = head.split_once('<').unwrap().0.split_once(" → ").unwrap();
        let [label, predicted] = [label, predicted].map(|name| names.iter().position(|of| *of == name).unwrap());
        assert_eq!(confusion[label][predicted], *count);
        let support: usize = confusion[label].iter().sum();
        let share = 100.0 * *count as f64 / support as f64;
        assert_shows(head, &format!("\"detail\">{count} images, {share:.1}\u{202f}% of {}", names[label]));
    }
    let lists = between(&page, "<ul class=\"mistakes pairs\">", "</ul>");
    let tiles: Vec<usize> = lists.iter().map(|list| list.matches("<li>").count()).collect();
    assert_eq!(tiles, counts[..12].iter().map(|count| *count.min(&8)).collect::<Vec<_>>());
    let others = between(&page, "Further pairs: ", ".</p>")[0];
    assert_eq!(others.split(", ").count(), counts.iter().filter(|count| **count > 0).count() - 12);
    assert_shows(&page, "The file mistakes-test.csv beside this page");
}

#[test]
fn sheets_a_baseline_and_images_given_by_hand_are_told() {
    let sample = Sample::usual();
    let tile = SheetTile {
        row: 7,
        caption: "row 7".into(),
        origin: Some("<b>.png".into()),
        size: Size::new(2, 3).unwrap(),
        pixels: vec![0, 50, 100, 150, 200, 250],
    };
    let line = SheetLine { name: "sad & blue".into(), tiles: vec![tile] };
    let sheet = Sheet { title: "Faces of train".into(), note: "Some.".into(), split: Split::Train, lines: vec![line] };
    let paired = Paired { images: 120, only_first: 9, only_second: 3, p_value: 0.146 };
    let baseline = Baseline { model: "runs/a".into(), accuracy: 0.5, paired };
    let page =
        report(&ReportInput { sheets: &[sheet], baseline: Some(&baseline), scope: Scope::Given, ..sample.input() })
            .unwrap();
    let faces = between(&page, "<section id=\"faces\">", "</section>")[0];
    assert_shows(faces, "<h3>Faces of train</h3>");
    assert_shows(faces, "<h4>sad &amp; blue</h4>");
    assert_shows(faces, ">&lt;b&gt;.png</span>");
    let bytes = BASE64_STANDARD.decode(between(faces, "base64,", "\"")[0]).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; 6];
    reader.next_frame(&mut pixels).unwrap();
    assert_eq!(pixels, [0, 50, 100, 150, 200, 250]);
    assert_shows(&page, "right on 9, only the baseline on 3: by McNemar&#x27;s exact test, p = 0.146.");
    assert_shows(&page, "These images were given by hand");
    assert!(!page.contains("held out from fitting"));
}
