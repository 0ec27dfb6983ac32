//! What is given to an engine: some tasks, each with its cells, and the lines of shell that run them.

use std::path::PathBuf;

use anyhow::Result;
use fer_pipeline::sweep::engine::EngineParams;
use fer_pipeline::sweep::{Indices, Sweep};

/// The script that runs a task.
pub(crate) const CELLS_SCRIPT: &str = "cells.sh";
/// The script that prints the table.
pub(crate) const TABLE_SCRIPT: &str = "table.sh";
/// Where the table comes out.
pub(crate) const TABLE: &str = "table.txt";
/// Digits that tell cells of another file apart.
const DIGITS: usize = 16;

/// The tasks of a submission, and how to run them.
pub(crate) struct Job {
    /// Folder of its files.
    pub(crate) folder: PathBuf,
    /// As people will see it in lists.
    pub(crate) name: String,
    /// The program `fer`.
    pub(crate) program: PathBuf,
    /// Folder that it is called in.
    pub(crate) base: PathBuf,
    /// Arguments that say which sweep.
    pub(crate) chain: Vec<String>,
    /// Options of the trainings.
    pub(crate) options: Vec<String>,
    /// The tasks, counted from 0.
    pub(crate) tasks: Vec<Task>,
    /// All of them as one, for an engine that has no tasks.
    pub(crate) whole: Task,
    /// What each gets.
    pub(crate) params: EngineParams,
}

/// Cells that run one after the other.
pub(crate) struct Task {
    /// Which.
    pub(crate) cells: Indices,
    /// Tells them from those of a file that was changed meanwhile.
    pub(crate) digest: String,
}

/// Tells cells from others at their places, in few digits.
pub(crate) fn digest(sweep: &Sweep, cells: &Indices) -> Result<String> {
    let digest = sweep.digest_of(cells)?.to_string();
    Ok(digest[..DIGITS].to_owned())
}

impl Job {
    /// A file of its folder, as a word of the shell.
    pub(super) fn file(&self, name: &str) -> String {
        quoted(&self.folder.join(name).to_string_lossy())
    }

    /// The call of `fer` that runs the cells of the task whose number the variable `task` holds.
    pub(super) fn run_task(&self) -> String {
        let threads = self.params.cores.get();
        let options = words(&self.options);
        format!(
            "{} {options} --threads {threads} --index \"${{cells[task]}}\" --submitted \"${{digests[task]}}\"",
            self.fer("run")
        )
    }

    /// The call of `fer` that prints the table.
    pub(super) fn print_table(&self) -> String {
        self.fer("status")
    }

    fn fer(&self, command: &str) -> String {
        format!("{} sweep {command} {}", quoted(&self.program.to_string_lossy()), words(&self.chain))
    }

    /// The folder, and the cells of each task.
    pub(super) fn tasks_as_shell(&self) -> String {
        let cells: Vec<String> = self.tasks.iter().map(|task| task.cells.to_string()).collect();
        let digests: Vec<&str> = self.tasks.iter().map(|task| task.digest.as_str()).collect();
        let base = quoted(&self.base.to_string_lossy());
        format!(
            "# Task K runs the cells that stand at place K.\ncells=({})\ndigests=({})\ncd {base} || exit 1\n",
            cells.join(" "),
            digests.join(" ")
        )
    }

    /// The scripts of an engine that calls `cells.sh K`, and wants no output of it.
    pub(super) fn plain_scripts(&self) -> [(&'static str, String); 2] {
        let log = self.folder.join("cells-").to_string_lossy().into_owned();
        let cells = format!(
            "#!/bin/bash\n# Written by fer sweep submit.\ntask=$1\nexec >> {}\"$task.log\" 2>&1 < /dev/null\n{}exec {}\n",
            quoted(&log),
            self.tasks_as_shell(),
            self.run_task(),
        );
        let table = format!(
            "#!/bin/bash\n# Written by fer sweep submit.\ncd {} || exit 1\nexec {} > {}\n",
            quoted(&self.base.to_string_lossy()),
            self.print_table(),
            self.file(TABLE),
        );
        [(CELLS_SCRIPT, cells), (TABLE_SCRIPT, table)]
    }
}

/// Words of the shell that mean these texts.
pub(super) fn words(texts: &[String]) -> String {
    texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(" ")
}

/// A word of the shell that means this text.
pub(super) fn quoted(text: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_./=,:+%@".contains(character);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn the_shell_reads_back_what_was_quoted() {
        let texts =
            ["plain-1.0", "", "two words", "it's", "$HOME `id` \"x\" \\ * ;", "--set=a={b: [1, 2]}", "line\nline"];
        let texts = texts.map(str::to_owned);
        let script = format!("printf '%s\\0' {}", words(&texts));
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        let read = String::from_utf8(output.stdout).unwrap();
        assert_eq!(read.split_terminator('\0').collect::<Vec<_>>(), texts);
    }
}
