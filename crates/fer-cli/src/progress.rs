//! Bars for work whose length is known, on a terminal alone.

use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar of so many things, called so; without a terminal none is seen.
pub(crate) fn bar(total: u64, unit: &str) -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let template = format!("  {{bar:15}} {{pos}} of {{len}} {unit}{{wide_msg}}  {{eta}} left");
    let style = ProgressStyle::with_template(&template).expect("a valid template");
    ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr()).with_style(style)
}
