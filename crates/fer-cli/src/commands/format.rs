//! How a comparison is printed.

use anyhow::Result;
use clap::Args;
use console::Term;
use serde::Serialize;
use serde_json::Value;

use crate::output::{print, print_json};
use crate::table::Table;
use crate::terminal::width;

#[derive(Debug, Args)]
pub(super) struct FormatArgs {
    /// Print JSON.
    #[arg(long, conflicts_with = "md")]
    json: bool,
    /// Print Markdown.
    #[arg(long)]
    md: bool,
}

/// A time of a lock to the minute: `2026-05-17 08:30`.
pub(super) fn minute(time: &str) -> String {
    time.replace('T', " ").chars().take("2026-05-17 08:30".len()).collect()
}

/// A table under a title; if it has no rows, what to say instead.
pub(super) struct Section {
    pub(super) title: String,
    pub(super) table: Table,
    pub(super) empty: &'static str,
}

/// A text under a title, in which columns stand below each other.
pub(super) struct Block {
    pub(super) title: String,
    pub(super) text: String,
}

impl FormatArgs {
    /// As [`Self::print`], with blocks below the sections.
    pub(super) fn print_with(&self, value: &impl Serialize, sections: &[Section], blocks: &[Block]) -> Result<()> {
        let blocks = blocks.iter().map(|Block { title, text }| match self.md {
            true => format!("### {title}\n\n```\n{text}```"),
            false => format!("{title}\n{}", text.trim_end()),
        });
        self.print(value, sections, &blocks.collect::<Vec<_>>().join("\n\n"))
    }

    /// Prints `value` if JSON is asked for, else the sections with `note` below them.
    pub(super) fn print(&self, value: &impl Serialize, sections: &[Section], note: &str) -> Result<()> {
        if self.json {
            return print_json(value);
        }
        let width = width(&Term::stdout());
        let sections = sections.iter().map(|section| if self.md { section.markdown() } else { section.text(width) });
        let mut text = sections.collect::<Vec<_>>().join("\n");
        if !note.is_empty() {
            text.push_str(&format!("\n{note}\n"));
        }
        print(text)
    }
}

impl Section {
    fn text(&self, width: Option<usize>) -> String {
        match (self.title.as_str(), self.table.is_empty()) {
            ("", _) => width.map_or_else(|| self.table.text(), |width| self.table.fitted(width)),
            (title, true) => format!("{title}: {}\n", self.empty),
            (title, false) => {
                let table = self.table.text();
                let indented = table.lines().map(|line| format!("  {line}\n"));
                format!("{title}\n{}", indented.collect::<String>())
            }
        }
    }

    fn markdown(&self) -> String {
        match (self.title.as_str(), self.table.is_empty()) {
            ("", _) => self.table.markdown(),
            (title, true) => format!("### {title}\n\n{}\n", self.empty),
            (title, false) => format!("### {title}\n\n{}", self.table.markdown()),
        }
    }
}

/// A parameter or digest as it is read; a digest by its first twelve digits.
pub(super) fn shown(value: Option<&Value>) -> String {
    match value {
        None => "–".to_owned(),
        Some(Value::Null) => "none".to_owned(),
        Some(Value::String(text)) if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            text[..12].to_owned()
        }
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
