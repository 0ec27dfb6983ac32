//! Faces as text, in the format of Kaggle's FER2013.

use std::borrow::Borrow;
use std::io::{self, Write};
use std::path::Path;

use fer_artifact::Split;

use crate::SyntheticFace;

/// How the text is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CsvEncoding {
    /// Plain text.
    Plain,
    /// Compressed with Zstandard at level 19, with a checksum: slow to write, quick to read.
    Zstd,
}

impl CsvEncoding {
    /// What a file's name asks for: `.csv` plain text, `.csv.zst` Zstandard; nothing for any other name.
    ///
    /// ```
    /// use fer_synth::CsvEncoding;
    /// assert_eq!(CsvEncoding::of_path("faces.csv.zst".as_ref()), Some(CsvEncoding::Zstd));
    /// assert_eq!(CsvEncoding::of_path("faces.png".as_ref()), None);
    /// ```
    pub fn of_path(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        if name.ends_with(".csv") {
            Some(Self::Plain)
        } else if name.ends_with(".csv.zst") {
            Some(Self::Zstd)
        } else {
            None
        }
    }
}

/// Writes faces as `emotion,pixels,Usage`, the pixels separated by spaces, lines ended by a line feed.
///
/// The text depends on the faces alone. The compressed bytes depend on the version of the Zstandard library too.
///
/// # Errors
/// What `out` reports.
pub fn write_faces(
    faces: impl IntoIterator<Item = impl Borrow<SyntheticFace>>,
    encoding: CsvEncoding,
    out: &mut dyn Write,
) -> io::Result<()> {
    match encoding {
        CsvEncoding::Plain => write_text(faces, out),
        CsvEncoding::Zstd => {
            let mut encoder = zstd::Encoder::new(out, 19)?;
            encoder.include_checksum(true)?;
            write_text(faces, &mut encoder)?;
            encoder.finish()?;
            Ok(())
        }
    }
}

fn write_text(faces: impl IntoIterator<Item = impl Borrow<SyntheticFace>>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"emotion,pixels,Usage\n")?;
    let mut line = Vec::new();
    for face in faces {
        let face = face.borrow();
        line.clear();
        write!(line, "{}", face.label)?;
        for (i, pixel) in face.pixels.iter().enumerate() {
            write!(line, "{}{pixel}", if i == 0 { ',' } else { ' ' })?;
        }
        writeln!(line, ",{}", usage(face.split))?;
        out.write_all(&line)?;
    }
    Ok(())
}

/// Kaggle's word for a part of the data.
fn usage(split: Split) -> &'static str {
    match split {
        Split::Train => "Training",
        Split::Validation => "PublicTest",
        Split::Test => "PrivateTest",
    }
}
