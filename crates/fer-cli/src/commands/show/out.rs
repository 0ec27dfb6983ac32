//! Where a sheet may be written.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};
use fer_artifact::{folder_of, open_regular};
use fer_pipeline::is_run;

const PNG: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// Fails for a file that is no picture, by its name or as it lies there, and for one that would become a part of the source.
pub(super) fn check(out: &Path, source: &Path) -> Result<()> {
    let shown = out.display();
    if !out.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png")) {
        bail!("--out {shown}: expected the name of a PNG picture, as `sheet.png`");
    }
    if out.exists() && !is_png(out).with_context(|| format!("--out {shown}: cannot read what is there"))? {
        bail!("--out {shown}: expected no file, or a PNG picture to replace, found another file");
    }
    let folder = folder_of(out);
    let is_of_source = source.is_dir() && !is_run(source);
    if let (true, Ok(source), Ok(folder)) = (is_of_source, source.canonicalize(), folder.canonicalize())
        && folder.starts_with(source)
    {
        bail!(
            "{shown}: the sheet would be a picture of the source; `--out FILE` writes it to a file outside of the source's folder"
        );
    }
    Ok(())
}

fn is_png(path: &Path) -> std::io::Result<bool> {
    let mut first = vec![];
    open_regular(path)?.take(PNG.len() as u64).read_to_end(&mut first)?;
    Ok(first == PNG)
}
