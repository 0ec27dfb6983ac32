use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fer_artifact::{Metrics, Origins, Predictions, Size, Split, Tta};
use fer_eval::{Baseline, Example, Paired, ReportInput, Scope, Sheet, SheetLine, SheetTile, report};
use serde_json::{Value, json};

use crate::sample::Sample;

fn html(sample: &Sample) -> String {
    report(&sample.input()).unwrap()
}

#[track_caller]
fn assert_shows(page: &str, expected: &str) {
    assert!(page.contains(expected), "the page does not contain {expected:?}");
}

/// What stands between each `before` and the next `after`.
fn between<'a>(page: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    page.split(before).skip(1).map(|rest| rest.split(after).next().unwrap()).collect()
}

fn data_report() -> Value {
    json!({
        "classes": ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"],
        "height": 12,
        "width": 12,
        "splits": {
            "train": {"rows": 1700, "class_counts": [200, 100, 300, 400, 200, 200, 300], "copies": 1224,
                      "contradictions": 38, "blank": 11},
            "test": {"rows": 120, "class_counts": [20, 10, 20, 30, 10, 20, 10], "copies": 0, "contradictions": 0,
                     "blank": 0},
        },
        "overlaps": [{"of": "train", "also_in": "test", "rows": 5}, {"of": "test", "also_in": "train", "rows": 6}],
        "contradictions": {"count": 38, "first": [{"rows": [3, 17], "labels": [0, 4]}]},
        "blank": {"count": 2, "first": [59, 2059]},
        "absent_from_train": [],
        "skipped": {"count": 1, "first": [{"row": 17, "reason": "row 17: column `pixels`: expected <2304> pixels"}]},
        "dropped": {"also_in_validation": 0, "also_in_test": 3, "copies": 7},
    })
}

#[test]
fn the_page_needs_nothing_else() {
    let page = html(&Sample::usual());
    assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("url("), "an address in the page");
    assert!(!page.contains("<script") && !page.contains("<link"), "a script or a link element");
    assert!(between(&page, "src=\"", "\"").iter().all(|source| source.starts_with("data:image/png;base64,")));
    let targets = between(&page, "href=\"#", "\"");
    assert_eq!(targets.len(), between(&page, "href=", ">").len(), "a link that leaves the page");
    for target in targets {
        assert_shows(&page, &format!("id=\"{target}\""));
    }
}

#[test]
fn equal_input_gives_equal_bytes() {
    let sample = Sample { data_report: Some(data_report()), ..Sample::usual() };
    assert_eq!(html(&sample), html(&sample));
}

#[test]
fn every_section_is_there_with_test_before_validation() {
    let page = html(&Sample::usual());
    let ids = between(&page, "<section id=\"", "\"");
    assert_eq!(ids, ["scores", "test", "validation", "training", "data", "configuration"]);
    for part in ["Confusion matrix", "Calibration", "Classes", "Most confident mistakes"] {
        assert_eq!(page.matches(&format!("<h3>{part}</h3>")).count(), 2, "{part}");
    }
    for (figure, count) in [("classes", 6), ("reliability", 2)] {
        assert_eq!(page.matches(&format!("<svg class=\"{figure}\"")).count(), count, "{figure}");
    }
    for figure in ["loss", "accuracy", "learning-rate"] {
        assert_eq!(page.matches(&format!("<svg class=\"{figure}\"")).count(), 1, "{figure}");
    }
    assert_shows(&page, "<pre>version: 1\nseed: 42\nrun_dir: runs&#x2f;sample\n</pre>");
}

#[test]
fn the_first_number_is_the_accuracy_on_test_with_n_and_interval() {
    let sample = Sample::usual();
    let test = &sample.evaluation.metrics.splits[&Split::Test];
    let [low, high] = test.accuracy_ci95;
    let page = html(&sample);
    assert_shows(&page, &format!("<strong>{:.1}&#8239;%</strong> accuracy on <b>test</b>", 100.0 * test.accuracy));
    assert_shows(&page, "120 images, ");
    assert_shows(&page, &format!("interval {:.1} to {:.1}&#8239;%", 100.0 * low, 100.0 * high));
}

#[test]
fn the_confusion_matrix_holds_every_count() {
    let sample = Sample::new(&["a", "b", "c"], &[(Split::Test, 90)], 1.0);
    let page = html(&sample);
    let cells = between(&page, "<td class=\"cell", "</td>");
    let found: Vec<usize> = cells.iter().map(|cell| cell.rsplit('>').next().unwrap().parse().unwrap()).collect();
    assert_eq!(found, sample.evaluation.metrics.splits[&Split::Test].confusion.concat());
    assert_shows(&page, "title=\"a predicted as b: ");
}

#[test]
fn text_from_outside_is_escaped() {
    let mut sample = Sample::new(&["<b>&\"bold\"", "calm"], &[(Split::Test, 40)], 0.5);
    sample.model.network["name"] = json!("<i>net");
    sample.data_report = Some(json!({"note": "<u>"}));
    let page = report(&ReportInput { title: "<em>", configuration: "a: <s>", ..sample.input() }).unwrap();
    for raw in ["<b>&", "<b>bold", "&\"bold", "<i>", "<u>", "<em>", "<s>"] {
        assert!(!page.contains(raw), "{raw} stands in the page as it is");
    }
    assert_shows(&page, "<h1>&lt;em&gt;</h1>");
    assert_shows(&page, "<th scope=\"row\">&lt;b&gt;&amp;&quot;bold&quot;</th>");
    // In the figures too.
    assert_shows(&page, "\n&lt;b&gt;&amp;&quot;bold&quot;\n</text>");
}

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
fn figures_take_their_colours_from_the_style_sheet() {
    let page = html(&Sample::usual());
    let style = between(&page, "<style>", "</style>")[0];
    let figures = between(&page, "<svg", "</svg>").concat();
    assert!(!figures.contains("=\"#"), "a fixed colour in a figure");
    for variable in between(&figures, "\"var(", ")") {
        assert_eq!(style.matches(&format!("{variable}:")).count(), 2, "{variable} in light and in dark");
    }
}

#[test]
fn one_look_at_validation_alone_warns_that_it_was_chosen_on() {
    let sample = Sample::new(&["a", "b"], &[(Split::Validation, 30)], 1.0);
    let page = html(&sample);
    assert_shows(
        &page,
        "The weights are those of epoch 15, the best by accuracy on validation, so validation flatters",
    );
    assert_shows(&page, "and no score on test sets it right");
    assert_shows(&page, "no test-time augmentation");
}

#[test]
fn the_temperature_stands_with_both_calibration_errors() {
    let sample = Sample::usual();
    let metrics = &sample.evaluation.metrics;
    let temperature = format!("{:.2}", metrics.temperature.unwrap());
    let page = html(&sample);
    assert_shows(&page, &format!("with logits divided by the temperature, {temperature}. Loss"));
    assert_shows(&page, &format!("Logits divided by a temperature of {temperature} give the best loss on validation"));
    let test = &metrics.splits[&Split::Test];
    assert_shows(&page, &format!("<td>{:.3} → {:.3}</td>", test.ece, metrics.ece_calibrated[&Split::Test]));
    let figure = between(&page, "<svg class=\"reliability\"", "</svg>")[0];
    let (filled, rings) = (figure.matches("fill=\"var(--first)\"").count(), figure.matches("fill=\"none\"").count());
    assert!(filled > 0 && rings > 0, "{filled} dots, {rings} rings");
    let without = html(&Sample::new(&["a", "b"], &[(Split::Test, 30)], 1.0));
    assert!(!without.contains("temperature"), "there was no validation to fit it on");
}

#[test]
fn test_time_augmentation_is_told() {
    let mut sample = Sample::usual();
    sample.evaluation.metrics.tta = Some(Tta::Flip);
    assert_shows(&html(&sample), "the mean of those for each picture and its mirror image.");
    sample.evaluation.metrics.tta = Some(Tta::TenCrop);
    assert_shows(&html(&sample), "the mean of those for ten crops of each picture");
}

#[test]
fn images_in_two_splits_stand_beside_the_scores() {
    let sample = Sample { data_report: Some(data_report()), ..Sample::usual() };
    assert_shows(&html(&sample), "stand in two splits: 5.0\u{202f}% of test in train (6 of 120). On them");
    let unknown = html(&Sample::usual());
    assert_shows(&unknown, "Whether the same image stands in two splits is not known here");
}

#[test]
fn a_class_without_images_is_named() {
    let mut sample = Sample::new(&["a", "b", "never"], &[(Split::Test, 40)], 1.0);
    let predictions = sample.evaluation.predictions.get_mut(&Split::Test).unwrap();
    predictions.labels.iter_mut().for_each(|label| *label %= 2);
    let scores = fer_eval::score(predictions);
    sample.evaluation.metrics.splits.insert(Split::Test, scores);
    assert_shows(&html(&sample), "Among the 40 images of test none is of: never.");
}

#[test]
fn the_data_report_becomes_tables_and_lists() {
    let page = html(&Sample { data_report: Some(data_report()), ..Sample::usual() });
    assert_shows(&page, "1,820 images of 12 × 12 pixels.");
    assert_shows(&page, "<tr><th scope=\"row\">disgust</th><td>100 (5.9\u{202f}%)</td><td>10 (8.3\u{202f}%)</td></tr>");
    assert_shows(&page, "<tr><th scope=\"row\">Surplus exact copies</th><td>1,224</td><td>0</td></tr>");
    assert_shows(&page, "<tr><th scope=\"row\">Images that also stand in train</th><td>–</td><td>6</td></tr>");
    assert_shows(&page, "row 17: column `pixels`: expected &lt;2304&gt; pixels");
    assert_shows(&page, "3 angry &#x2f; 17 sad, and 37 more");
    assert_shows(&page, "3 also in test");
    assert_shows(&page, "59, 2059</p>");
}

#[test]
fn a_data_report_of_another_form_is_shown_as_it_is() {
    let page = html(&Sample { data_report: Some(json!({"found": [1, 2]})), ..Sample::usual() });
    assert_shows(&page, "<pre>{\n  &quot;found&quot;: [\n    1,\n    2\n  ]\n}</pre>");
}

#[test]
fn a_model_that_says_nothing_of_its_training_has_no_curves() {
    let mut sample = Sample::usual();
    sample.model.training = json!("by hand");
    let page = html(&sample);
    assert_shows(&page, "holds no history of its training");
    assert_shows(&page, "The model does not say how its weights were chosen");
    assert!(!page.contains("<svg class=\"loss\""));
}

#[test]
fn a_single_epoch_is_a_dot() {
    let mut sample = Sample::usual();
    sample.model.training["history"] = json!([{"epoch": 1, "loss": 1.5, "learning_rate": 0.1}]);
    let page = html(&sample);
    let loss = between(&page, "<svg class=\"loss\"", "</svg>")[0];
    assert_eq!(loss.matches("<circle").count(), 1);
    assert!(!page.contains("<svg class=\"accuracy\""), "curves of accuracies that were not measured");
    assert!(!page.contains("NaN") && !page.contains("inf "), "a number that is none");
}

#[test]
fn curves_that_end_together_keep_their_names_apart() {
    let mut sample = Sample::usual();
    sample.model.training["history"] = json!([
        {"epoch": 1, "loss": 1.5, "train_accuracy": 0.5, "validation_accuracy": 0.4},
        {"epoch": 2, "loss": 1.2, "train_accuracy": 0.6, "validation_accuracy": 0.6},
    ]);
    let page = html(&sample);
    let figure = between(&page, "<svg class=\"accuracy\"", "</svg>")[0];
    let height = |name: &str| -> i32 {
        let label = between(figure, "<text", "</text>").into_iter().find(|label| label.contains(name)).unwrap();
        between(label, " y=\"", "\"")[0].parse().unwrap()
    };
    // Ten units are a pixel, twelve pixels the height of the text.
    assert!((height("\ntrain\n") - height("\nvalidation\n")).abs() >= 120);
}

#[test]
fn the_loss_on_validation_stands_beside_that_on_train_where_it_was_measured() {
    let mut sample = Sample::usual();
    let names = |sample: &Sample| {
        let page = html(sample);
        let figure = between(&page, "<svg class=\"loss\"", "</svg>")[0];
        let labels = between(figure, "<text", "</text>");
        ["\ntrain\n", "\nvalidation\n"].map(|name| labels.iter().any(|label| label.contains(name)))
    };
    assert_eq!(names(&sample), [true, false]);
    sample.model.training["history"] = json!([
        {"epoch": 1, "loss": 1.5, "validation_accuracy": 0.4, "validation_loss": 1.6},
        {"epoch": 2, "loss": 1.2},
        {"epoch": 3, "loss": 0.9, "validation_accuracy": 0.5, "validation_loss": 1.7},
    ]);
    assert_eq!(names(&sample), [true, true]);
}

#[test]
fn scores_without_what_is_behind_them_are_refused() {
    let mut sample = Sample::usual();
    sample.features.remove(&Split::Test);
    assert_eq!(
        report(&sample.input()).unwrap_err().to_string(),
        "test: expected the images beside the scores, found none"
    );
    let mut sample = Sample::usual();
    sample.evaluation.predictions.remove(&Split::Validation);
    let message = report(&sample.input()).unwrap_err().to_string();
    assert_eq!(message, "validation: expected predictions beside the scores, found none");
    let mut sample = Sample::usual();
    sample.features.get_mut(&Split::Test).unwrap().rows.reverse();
    let message = report(&sample.input()).unwrap_err().to_string();
    assert_eq!(message, "test: expected the images that were predicted beside the scores, found other rows");
    let mut sample = Sample::usual();
    sample.evaluation.metrics = Metrics::default();
    assert_eq!(
        report(&sample.input()).unwrap_err().to_string(),
        "expected the scores of at least one split, found none"
    );
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

#[test]
fn several_models_are_told_as_such() {
    let sample = Sample::usual();
    let models = [sample.model.clone(), sample.model.clone()];
    let page = report(&ReportInput { models: &models, ..sample.input() }).unwrap();
    assert_shows(&page, "2 networks, whose probabilities are averaged. One look at each picture");
    assert_shows(&page, "<span>2 models</span>");
    assert!(!page.contains("<svg class=\"loss\""), "curves of one of them");
}
