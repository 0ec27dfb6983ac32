//! The page: its sections, numbers, figures and warnings.

use fer_artifact::{Metrics, Split, Tta};
use fer_eval::{ReportInput, report};
use serde_json::{Value, json};

use crate::sample::Sample;

pub(crate) fn html(sample: &Sample) -> String {
    report(&sample.input()).unwrap()
}

#[track_caller]
pub(crate) fn assert_shows(page: &str, expected: &str) {
    assert!(page.contains(expected), "the page does not contain {expected:?}");
}

/// What stands between each `before` and the next `after`.
pub(crate) fn between<'a>(page: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    page.split(before).skip(1).map(|rest| rest.split(after).next().unwrap()).collect()
}

pub(crate) fn data_report() -> Value {
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
fn several_models_are_told_as_such() {
    let sample = Sample::usual();
    let models = [sample.model.clone(), sample.model.clone()];
    let page = report(&ReportInput { models: &models, ..sample.input() }).unwrap();
    assert_shows(&page, "2 networks, whose probabilities are averaged. One look at each picture");
    assert_shows(&page, "<span>2 models</span>");
    assert!(!page.contains("<svg class=\"loss\""), "curves of one of them");
}
