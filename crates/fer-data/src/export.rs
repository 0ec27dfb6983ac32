//! Image sets as folders of pictures.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use fer_artifact::{ImageSet, make_folders, write_atomic, write_owned};
use image::ExtendedColorType::L8;
use image::ImageEncoder;
use image::codecs::{jpeg::JpegEncoder, png::PngEncoder};
use rayon::prelude::*;

use crate::Error;
use crate::folder::DATASET;

/// JPEG quality of OpenCV's `imwrite`, with which the seed writes.
const JPEG_QUALITY: u8 = 95;

/// How pictures are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PictureFormat {
    /// PNG, without loss.
    #[default]
    Png,
    /// JPEG of quality 95, as the seed writes; not the same pixels.
    Jpeg,
}

impl PictureFormat {
    fn extension(self) -> &'static str {
        match self {
            PictureFormat::Png => "png",
            PictureFormat::Jpeg => "jpg",
        }
    }
}

/// The votes, or other targets, of exported pictures.
const TARGETS: &str = "targets.csv";

/// Writes every image as a gray picture, read one by one, `<row>.png` or `<row>.jpg`, and then the seed's `dataset.csv`: file name and
/// label of each, in order, without a header. Where the set has targets, a `targets.csv` with a column for each class comes before, which
/// ingest reads as votes of kind `columns`. A folder that has its `dataset.csv` is complete, and can be ingested.
///
/// Missing folders are made, and pictures of the same name replaced.
///
/// # Errors
/// [`Error::Io`], [`Error::Encode`] or [`Error::Artifact`].
pub fn export_images(set: &ImageSet, folder: &Path, format: PictureFormat) -> Result<(), Error> {
    let names: Vec<String> = set.rows.iter().map(|row| format!("{row}.{}", format.extension())).collect();
    write_all(set, folder, &names, format)?;
    write_targets(set, folder, &names)?;
    write_atomic(&folder.join(DATASET), |out| {
        names.iter().zip(&set.labels).try_for_each(|(name, label)| writeln!(out, "{name},{label}"))
    })?;
    Ok(())
}

/// Writes every image as a gray picture into the folder of its class, which can be ingested: called as the picture that it comes
/// from, where the set says so and no other of its class is called the same, or else with its row behind or alone.
///
/// Missing folders are made, and pictures of the same name replaced.
///
/// # Errors
/// As [`export_images`]; [`Error::Io`] too for a class that no folder can be called, and for a folder with a `dataset.csv`, which ingest
/// would read in place of the folders.
pub fn export_by_class(set: &ImageSet, folder: &Path, format: PictureFormat) -> Result<(), Error> {
    let refused = |path: PathBuf, why: &str| {
        let source = std::io::Error::new(std::io::ErrorKind::InvalidInput, why.to_owned());
        Error::Io { path, action: "make the folder", source }
    };
    let dataset = folder.join(DATASET);
    if dataset.exists() {
        return Err(refused(dataset, "ingest would read this list in place of the folders of the classes"));
    }
    for class in &set.classes {
        let mut parts = Path::new(class).components();
        match (parts.next(), parts.next()) {
            (Some(Component::Normal(_)), None) => {
                let path = folder.join(class);
                make_folders(folder, class.as_ref()).map_err(Error::io(&path, "make the folder"))?;
            }
            _ => return Err(refused(folder.join(class), "expected a class that a folder can be called after")),
        }
    }
    let stems: Vec<String> = (0..set.len()).map(|index| stem(set, index)).collect();
    let mut uses = BTreeMap::<(u8, &str), usize>::new();
    set.labels.iter().zip(&stems).for_each(|(&label, stem)| *uses.entry((label, stem)).or_default() += 1);
    let name = |index: usize| {
        let (label, stem, row) = (set.labels[index], &stems[index], set.rows[index]);
        let class = &set.classes[usize::from(label)];
        let ending = format.extension();
        match uses[&(label, stem.as_str())] {
            _ if stem.is_empty() => format!("{class}/{row}.{ending}"),
            // A row behind another name must not make this one.
            1 if !stem.rsplit_once('-').is_some_and(|(before, _)| uses.contains_key(&(label, before))) => {
                format!("{class}/{stem}.{ending}")
            }
            _ => format!("{class}/{stem}-{row}.{ending}"),
        }
    };
    let names: Vec<String> = (0..set.len()).map(name).collect();
    write_all(set, folder, &names, format)?;
    write_targets(set, folder, &names)
}

/// Writes the targets of each picture by its name. Those of an earlier set are removed where this one has none.
fn write_targets(set: &ImageSet, folder: &Path, names: &[String]) -> Result<(), Error> {
    let path = folder.join(TARGETS);
    let Some(targets) = &set.targets else {
        return match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(&path, "remove")(error)),
            _ => Ok(()),
        };
    };
    write_atomic(&path, |out| {
        let classes = set.classes.iter().map(|class| quoted(class));
        writeln!(out, "name,{}", classes.collect::<Vec<_>>().join(","))?;
        names.iter().zip(targets.rows()).try_for_each(|(name, row)| {
            let shares: Vec<String> = row.iter().map(f32::to_string).collect();
            writeln!(out, "{},{}", quoted(name), shares.join(","))
        })
    })?;
    Ok(())
}

/// A field of CSV.
fn quoted(field: &str) -> Cow<'_, str> {
    if field.contains([',', ';', '\t', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\"")).into()
    } else {
        field.into()
    }
}

/// The name of the picture that an image comes from, without folders, ending and place in it; empty where that is not known.
fn stem(set: &ImageSet, index: usize) -> String {
    let file = set.origins.as_ref().map_or("", |origins| origins.file(index));
    Path::new(file).file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Writes each image under its name in the folder.
fn write_all(set: &ImageSet, folder: &Path, names: &[String], format: PictureFormat) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(Error::io(folder, "make the folder"))?;
    let write = |(index, name)| {
        let path = folder.join(name);
        let bytes = encode(set, &set.image(index)?, format).map_err(Error::encode(&path))?;
        write_owned(&path, &bytes).map_err(Error::io(&path, "write the picture"))
    };
    // Of several errors the first in the order of the images is told, whatever the threads.
    names.par_iter().enumerate().find_map_first(|image| write(image).err()).map_or(Ok(()), Err)
}

fn encode(set: &ImageSet, pixels: &[u8], format: PictureFormat) -> image::ImageResult<Vec<u8>> {
    let mut bytes = Vec::new();
    let (height, width) = (set.height as u32, set.width as u32);
    match format {
        PictureFormat::Png => PngEncoder::new(&mut bytes).write_image(pixels, width, height, L8)?,
        PictureFormat::Jpeg => {
            JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY).write_image(pixels, width, height, L8)?;
        }
    }
    Ok(bytes)
}
