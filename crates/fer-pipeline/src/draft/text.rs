//! A pipeline file with comments: what each parameter is, from the reference, and why it has its value.

use std::path::Path;

use fer_artifact::{DataReport, Split, visible};

use crate::StageKind;
use crate::chain::VERSION;
use crate::draft::choice::Choice;
use crate::reference::{Section, sections};
use crate::yaml::flow::flow;

/// Longest line of a comment, in characters.
const WIDTH: usize = 100;
/// A class with less than this share of the most frequent one's images is rare.
const RARE: f64 = 0.2;

/// The file.
pub(super) fn write(source: &Path, run_dir: &str, seed: u64, choices: &[Choice], hints: &[String]) -> String {
    let known = sections();
    let mut text = comment(
        "",
        &format!(
            "Written by `fer init {}`. `fer params` explains every parameter, `fer run` runs the chain. For an editor that \
             completes and checks: `fer schema > pipeline.schema.json`, and above all else the line \
             `yaml-language-server: $schema=pipeline.schema.json` as a comment.",
            visible(&source.to_string_lossy())
        ),
    );
    text.push_str(&format!("version: {VERSION}\n"));
    for (key, value) in [("seed", seed.to_string()), ("run_dir", run_dir.to_owned())] {
        text.push_str(&comment("", gist(&known, None, key)));
        text.push_str(&format!("{key}: {value}\n"));
    }
    text.push_str("stages:\n");
    for stage in [StageKind::Ingest, StageKind::Preprocess, StageKind::Train, StageKind::Evaluate] {
        let chosen: Vec<&Choice> = choices.iter().filter(|choice| choice.stage == stage).collect();
        text.push_str(&format!("  - stage: {stage}\n"));
        text.push_str(if chosen.is_empty() { "    params: {}\n" } else { "    params:\n" });
        for Choice { parameter, value, reason, .. } in chosen {
            text.push_str(&comment("      ", gist(&known, Some(stage), parameter)));
            if !reason.is_empty() {
                text.push_str(&comment("      ", &format!("Here: {reason}.")));
            }
            text.push_str(&format!("      {parameter}: {}\n", flow(value)));
        }
        if stage == StageKind::Train {
            hints.iter().for_each(|hint| text.push_str(&comment("      ", hint)));
        }
    }
    text
}

/// What the reference says of a parameter, in a sentence.
fn gist<'a>(known: &'a [Section], stage: Option<StageKind>, parameter: &str) -> &'a str {
    let section = known.iter().find(|section| section.stage == stage).expect("the reference has every stage");
    let path = stage.map_or(parameter.to_owned(), |stage| format!("{stage}.{parameter}"));
    let found = section.parameters.iter().find(|known| known.path == path);
    found.expect("the reference has every parameter").gist()
}

/// What may be done about classes of few images.
pub(super) fn rare_classes(report: &DataReport) -> Vec<String> {
    let counts = report.splits.get(&Split::Train).map_or(&[][..], |train| &train.class_counts);
    let most = counts.iter().copied().max().unwrap_or(0);
    let rare = report.classes.iter().zip(counts).filter(|(_, count)| (**count as f64) < RARE * most as f64);
    let rare: Vec<String> = rare.map(|(class, count)| format!("{} {count}", visible(class))).collect();
    if rare.is_empty() {
        return vec![];
    }
    let rare = rare.join(", ");
    vec![format!("Rare in train: {rare}. `class_weights: balanced` makes rare classes count more, others less.")]
}

/// A comment in lines of bounded length.
fn comment(indent: &str, text: &str) -> String {
    let (mut lines, mut line) = (String::new(), String::new());
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + word.chars().count() >= WIDTH - indent.len() {
            lines.push_str(&format!("{indent}#{line}\n"));
            line.clear();
        }
        line.push(' ');
        line.push_str(word);
    }
    lines + &format!("{indent}#{line}\n")
}
