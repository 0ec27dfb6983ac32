//! What the user noted of a run.

use std::fs;
use std::path::Path;

use fer_artifact::{RECORD, read_regular_text, write_atomic};

use crate::Error;
use crate::run_folder::folder::{Writer, io};

pub(crate) const NOTE_FILE: &str = ".note.txt";

/// The note in a run folder, if there is one.
pub(crate) fn read_note(run_dir: &Path) -> Option<String> {
    let text = read_regular_text(&run_dir.join(NOTE_FILE), RECORD).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Notes this of the run, in place of what was noted before; an empty text removes the note.
pub(crate) fn write_note(run_dir: &Path, text: &str) -> Result<(), Error> {
    let _writer = Writer::hold(run_dir)?;
    let path = run_dir.join(NOTE_FILE);
    if !text.trim().is_empty() {
        write_atomic(&path, |out| writeln!(out, "{}", text.trim()))?;
    } else if path.exists() {
        fs::remove_file(&path).map_err(io(&path, "remove the note"))?;
    }
    Ok(())
}
