//! What a person sees while a chain runs: on standard error, with a progress bar on a terminal and a line an epoch
//! elsewhere.

use std::io::{IsTerminal, Write, stderr};

use fer_artifact::visible_lines;
use fer_pipeline::Reason;
use fer_pipeline::progress::{BatchProgress, Event, Reporter};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::interrupt::Interrupt;

/// Shows events as they come.
pub(crate) struct Terminal {
    bar: Option<ProgressBar>,
    interrupt: Interrupt,
}

impl Terminal {
    pub(crate) fn new(interrupt: Interrupt) -> Self {
        Self { bar: None, interrupt }
    }

    /// Prints a line above the bar, if there is one.
    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| to_stderr(text)),
            None => to_stderr(text),
        }
    }

    fn batch(&mut self, progress: &BatchProgress) {
        if !stderr().is_terminal() {
            return;
        }
        let total = (progress.epochs * progress.batches) as u64;
        let bar = self.bar.get_or_insert_with(|| training_bar(total));
        bar.set_position(((progress.epoch - 1) * progress.batches + progress.batch) as u64);
        let (epoch, epochs) = (progress.epoch, progress.epochs);
        bar.set_message(format!(
            "epoch {epoch}/{epochs}  loss {:.4}  {:.0} images/s",
            progress.loss, progress.images_per_second
        ));
    }
}

fn training_bar(total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("  {bar:15} {percent:>3} %  {msg}  {eta} left").expect("a valid template");
    ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr()).with_style(style)
}

impl Reporter for Terminal {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Fresh { stage } => self.line(&format!("{stage}: fresh")),
            Event::Started { stage, reasons } => match joined(reasons) {
                reasons if reasons.is_empty() => self.line(&format!("{stage}: runs")),
                reasons => self.line(&format!("{stage}: runs ({reasons})")),
            },
            Event::Reused { .. } => self.line("  earlier outputs, back from the store"),
            Event::Shared { cell, .. } => self.line(&format!("  shared with {cell}")),
            Event::Note { text, .. } => text.lines().for_each(|line| self.line(&format!("  {line}"))),
            Event::Batch(progress) => self.batch(progress),
            Event::Epoch { record, epochs } => self.line(&epoch_line(record, *epochs)),
            Event::Finished { stage, seconds } => {
                if let Some(bar) = self.bar.take() {
                    bar.finish_and_clear();
                }
                self.line(&format!("{stage}: done in {seconds:.1} s"));
            }
            _ => {}
        }
    }

    fn stop_requested(&self) -> bool {
        self.interrupt.is_asked()
    }
}

/// `epoch 5/100  loss 1.0234  train 61.2 %  validation 52.3 %  rate 0.1  812 images/s`
fn epoch_line(record: &fer_artifact::EpochRecord, epochs: usize) -> String {
    let mut line = format!("  epoch {}/{epochs}  loss {:.4}", record.epoch, record.loss);
    for (name, accuracy) in [("train", record.train_accuracy), ("validation", record.validation_accuracy)] {
        if let Some(accuracy) = accuracy {
            line.push_str(&format!("  {name} {:.1} %", 100.0 * accuracy));
        }
    }
    line + &format!("  rate {}  {:.0} images/s", short(record.learning_rate), record.images_per_second)
}

/// Three significant digits: a cosine's rate would otherwise fill the line.
fn short(rate: f64) -> String {
    let rounded: f64 = format!("{rate:.2e}").parse().unwrap_or(rate);
    if rounded != 0.0 && rounded < 1e-4 { format!("{rounded:e}") } else { rounded.to_string() }
}

/// Reasons as they are read: separated by commas.
pub(crate) fn joined(reasons: &[Reason]) -> String {
    reasons.iter().map(Reason::to_string).collect::<Vec<_>>().join(", ")
}

/// The error with its causes: no message tells its cause itself.
pub(crate) fn error(error: &anyhow::Error) {
    to_stderr(&format!("error: {}", fer_artifact::with_causes(error.as_ref())));
}

pub(crate) fn to_stderr(text: &str) {
    // Nobody is left to be told if standard error is closed.
    let _ = writeln!(stderr(), "{}", visible_lines(text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_told_in_three_digits() {
        let shown = [0.1, 0.0030000000000000005, 0.00292234, 0.000022, 1e-7, 0.0].map(short);
        assert_eq!(shown, ["0.1", "0.003", "0.00292", "2.2e-5", "1e-7", "0"]);
    }
}
