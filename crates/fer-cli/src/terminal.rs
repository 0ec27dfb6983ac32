//! What a person sees while a chain runs: on standard error, with a progress bar on a terminal and a line an epoch
//! elsewhere.

use std::io::{IsTerminal, Write, stderr};

use console::Term;
use fer_artifact::{EpochRecord, visible_lines};
use fer_pipeline::Reason;
use fer_pipeline::progress::{BatchProgress, Event, Reporter};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::interrupt::Interrupt;

/// Most characters of a line of an error.
const LONGEST_LINE: usize = 4000;

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    /// Errors alone.
    Quiet,
    /// What a person wants to see.
    Normal,
    /// What a person may want to look up as well.
    Verbose,
}

/// Shows events as they come.
pub(crate) struct Terminal {
    bar: Option<ProgressBar>,
    interrupt: Interrupt,
    verbosity: Verbosity,
}

impl Terminal {
    pub(crate) fn new(interrupt: Interrupt, verbosity: Verbosity) -> Self {
        Self { bar: None, interrupt, verbosity }
    }

    /// Prints a line above the bar, if there is one.
    fn line(&self, text: &str) {
        if self.verbosity == Verbosity::Quiet {
            return;
        }
        match &self.bar {
            Some(bar) => bar.suspend(|| to_stderr(text)),
            None => to_stderr(text),
        }
    }

    fn batch(&mut self, progress: &BatchProgress) {
        if !stderr().is_terminal() || self.verbosity == Verbosity::Quiet {
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

/// However a run ends, no bar stays behind.
impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
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
            Event::Detail { text, .. } if self.verbosity == Verbosity::Verbose => self.line(&format!("  {text}")),
            Event::Batch(progress) => self.batch(progress),
            Event::Epoch { record, epochs } => self.line(&epoch_line(record, *epochs, width(&Term::stderr()))),
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

/// `epoch 5/100  loss 1.0234  validation loss 1.3456  train 61.2 %  validation 52.3 %  rate 0.1  812 images/s`; where that
/// is too wide, without what matters least.
fn epoch_line(record: &EpochRecord, epochs: usize, width: Option<usize>) -> String {
    let percent = |accuracy: f64| format!("{:.1} %", 100.0 * accuracy);
    // With the order in which they go.
    let parts = [
        (0, Some(format!("  epoch {}/{epochs}", record.epoch))),
        (0, Some(format!("loss {:.4}", record.loss))),
        (4, record.validation_loss.map(|loss| format!("validation loss {loss:.4}"))),
        (3, record.train_accuracy.map(|accuracy| format!("train {}", percent(accuracy)))),
        (0, record.validation_accuracy.map(|accuracy| format!("validation {}", percent(accuracy)))),
        (2, Some(format!("rate {}", short(record.learning_rate)))),
        (1, Some(format!("{:.0} images/s", record.images_per_second))),
    ];
    let line = |gone: usize| {
        let left = parts.iter().filter(|(place, _)| *place == 0 || *place > gone);
        left.filter_map(|(_, part)| part.clone()).collect::<Vec<_>>().join("  ")
    };
    let fits = |line: &String| width.is_none_or(|width| line.chars().count() <= width);
    (0..4).map(line).find(fits).unwrap_or_else(|| line(4))
}

/// Columns of this terminal, if it is one. `COLUMNS` says it for what is none, and for one as it likes.
pub(crate) fn width(term: &Term) -> Option<usize> {
    #[expect(clippy::disallowed_methods, reason = "a shell's way to say how wide lines may be")]
    let said = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).filter(|columns| *columns > 0);
    said.or_else(|| term.size_checked().map(|(_, columns)| usize::from(columns)))
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
    to_stderr(&bounded(&format!("error: {}", fer_artifact::with_causes(error.as_ref()))));
}

/// The text with its long lines cut: what a file holds may stand in an error, and a file may hold anything.
fn bounded(text: &str) -> String {
    let cut = |line: &str| match line.char_indices().nth(LONGEST_LINE) {
        None => line.to_owned(),
        Some((end, _)) => format!("{}…", &line[..end]),
    };
    text.split('\n').map(cut).collect::<Vec<_>>().join("\n")
}

/// Asks a question on the terminal; whatever does not begin with a `y` is no.
pub(crate) fn ask(question: &str) -> std::io::Result<bool> {
    write!(stderr(), "{} [y/N] ", visible_lines(question))?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim_start().to_lowercase().starts_with('y'))
}

pub(crate) fn to_stderr(text: &str) {
    // Nobody is left to be told if standard error is closed.
    let _ = writeln!(stderr(), "{}", visible_lines(text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_terminal_is_told_what_matters_most() {
        let record = EpochRecord {
            epoch: 100,
            loss: 1.0234,
            last_batch_loss: 1.0,
            learning_rate: 0.00292234,
            train_accuracy: Some(0.612),
            validation_accuracy: Some(0.523),
            validation_loss: Some(1.34567),
            images_per_second: 10812.0,
        };
        let whole = "  epoch 100/120  loss 1.0234  validation loss 1.3457  train 61.2 %  validation 52.3 %  rate 0.00292  10812 images/s";
        assert_eq!(epoch_line(&record, 120, None), whole);
        assert_eq!(epoch_line(&record, 120, Some(whole.len())), whole);
        let at_80 = "  epoch 100/120  loss 1.0234  validation loss 1.3457  validation 52.3 %";
        assert_eq!(epoch_line(&record, 120, Some(80)), at_80);
        assert_eq!(epoch_line(&record, 120, Some(20)), "  epoch 100/120  loss 1.0234  validation 52.3 %");
        let plain = EpochRecord { train_accuracy: None, validation_accuracy: None, validation_loss: None, ..record };
        assert_eq!(epoch_line(&plain, 120, Some(80)), "  epoch 100/120  loss 1.0234  rate 0.00292  10812 images/s");
    }

    #[test]
    fn a_rate_is_told_in_three_digits() {
        let shown = [0.1, 0.0030000000000000005, 0.00292234, 0.000022, 1e-7, 0.0].map(short);
        assert_eq!(shown, ["0.1", "0.003", "0.00292", "2.2e-5", "1e-7", "0"]);
    }
}
