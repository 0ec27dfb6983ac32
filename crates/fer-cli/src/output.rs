//! Results, on standard output.

use std::io::Write;

use anyhow::Result;
use fer_artifact::visible_lines;

/// Bytes as people read them: in units of a thousand.
pub(crate) fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// Prints a result; control characters in it are escaped.
pub(crate) fn print(text: impl std::fmt::Display) -> Result<()> {
    write!(std::io::stdout(), "{}", visible_lines(&text.to_string()))?;
    Ok(())
}

/// Prints a result as JSON, whose own rules escape control characters, and a line break.
pub(crate) fn print_json(value: &impl serde::Serialize) -> Result<()> {
    writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(value)?)?;
    Ok(())
}
