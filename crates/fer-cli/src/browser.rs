//! Shows a page in the user's browser.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::terminal::to_stderr;

/// Opens the report; where there is none, or no browser, says so: the run itself has ended well.
pub(crate) fn open(report: Option<&Path>) {
    match report {
        None => to_stderr("no report to open: the run did not come to its evaluation"),
        Some(report) if programs().iter().any(|program| starts(program, report)) => {}
        Some(report) => to_stderr(&format!("no browser was found; open {} in one", report.display())),
    }
}

/// What opens a page: what `BROWSER` names, else the system's own program.
fn programs() -> Vec<String> {
    #[expect(clippy::disallowed_methods, reason = "the user's choice of a browser")]
    let chosen = std::env::var("BROWSER").unwrap_or_default();
    let chosen = chosen.split(':').filter(|program| !program.is_empty()).map(str::to_owned);
    let own = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    chosen.chain([own.to_owned()]).collect()
}

/// Starts a program, whose words may hold `%s` for the page. It may go on after this one.
fn starts(program: &str, page: &Path) -> bool {
    let mut words = program.split_whitespace();
    let Some(name) = words.next() else { return false };
    let mut command = Command::new(name);
    let mut is_named = false;
    for word in words {
        is_named |= word == "%s";
        if word == "%s" {
            command.arg(page)
        } else {
            command.arg(word)
        };
    }
    if !is_named {
        command.arg(page);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().is_ok()
}
