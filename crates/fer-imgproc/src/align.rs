//! The align stage: makes the faces of a set lie alike.

use std::path::{Path, PathBuf};

use fer_artifact::{Fraction, ImageSet, Size, Spool};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, resize};

/// Parameters of the align stage.
///
/// ```
/// use fer_imgproc::{AlignMethod, AlignParams};
/// let params: AlignParams = serde_json::from_str(r#"{"method": {"kind": "center-crop", "share": 0.75}}"#)?;
/// assert!(matches!(params.method, AlignMethod::CenterCrop { share } if share.get() == 0.75));
/// assert_eq!(AlignParams::default().method, AlignMethod::None {});
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AlignParams {
    /// How the faces are made to lie alike.
    pub method: AlignMethod,
}

/// How faces are made to lie alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum AlignMethod {
    /// The images stay as they are.
    // With brackets: serde lets a variant without them have any keys.
    None {},
    /// The middle of each image: this share of its height and of its width, each rounded to whole pixels and at least
    /// one. Where the rest is odd, the pixel more is cut below and on the right.
    CenterCrop {
        /// Share of the height and of the width that is kept.
        #[schemars(example = 0.8)]
        share: Fraction,
    },
    /// The face of each image, cropped as `fer predict` crops faces: its eyes level, its scale and place those of FER2013's
    /// faces. Of several faces the largest counts. An image without a face is resized as it is.
    Landmarks {
        /// Height and width of the crops; without it, those of the images.
        #[schemars(example = Size::new(48, 48).expect("a lawful size"))]
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(!skip_serializing_if)]
        size: Option<Size>,
        /// File of faces and landmarks in the form of `fer predict --json`, in pixels of the images; without it, the detector
        /// finds them.
        #[schemars(example = "faces.jsonl")]
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(!skip_serializing_if)]
        from: Option<PathBuf>,
    },
}

impl AlignParams {
    /// The file that the parameters name, if they name one.
    pub fn file(&self) -> Option<&Path> {
        match &self.method {
            AlignMethod::Landmarks { from, .. } => from.as_deref(),
            _ => None,
        }
    }

    /// The size to which images of this size are brought.
    pub fn size_of(&self, images: Size) -> Size {
        match self.method {
            AlignMethod::None {} => images,
            AlignMethod::CenterCrop { share } => {
                let [height, width] = [images.height(), images.width()].map(|side| kept(side, share.get()));
                Size::new(height, width).expect("at least a pixel is kept, and no more than there are")
            }
            AlignMethod::Landmarks { size, .. } => size.unwrap_or(images),
        }
    }

    /// Makes the path of that file relative to the current folder: `base` is the folder of the file that names it.
    pub fn resolve(&mut self, base: &Path) {
        if let AlignMethod::Landmarks { from: Some(path), .. } = &mut self.method {
            *path = base.join(&*path);
        }
    }
}

/// An image that is to be aligned.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// Gray levels, row by row.
    pub pixels: &'a [u8],
    /// Height and width.
    pub size: Size,
    /// Row in the source, from 0.
    pub row: u32,
    /// The picture that it comes from, as [`fer_artifact::Origins`] has it, if it is one.
    pub origin: Option<&'a str>,
}

/// Crops the face of an image to a size, with level eyes; `None` where it has no face, or what is wrong with a face that is
/// given.
pub type Aligner<'a> = dyn Fn(&Shown<'_>, Size) -> Result<Option<Vec<u8>>, String> + Sync + 'a;

/// What [`align`] makes of a set.
#[derive(Debug, Clone, PartialEq)]
pub struct Aligned {
    /// The set.
    pub set: ImageSet,
    /// How many of its images have no face, where faces were looked for.
    pub without_face: Option<usize>,
}

impl Default for AlignMethod {
    fn default() -> Self {
        Self::None {}
    }
}

/// Whether a tilted face is turned upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Roll {
    /// The line of the eyes becomes level.
    #[default]
    TakenOut,
    /// The face stays as it lies in the picture.
    Kept,
}

/// Which side of a picture may be up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WayUp {
    /// The upper one.
    #[default]
    Upright,
    /// Any: the picture is looked at from all four, and of faces at one place the surest counts.
    Any,
}

/// The set with its images aligned; labels, rows and order stay. Faces are looked for at once, on rayon's current pool, and
/// crops kept in memory up to [`Spool::IN_MEMORY`] bytes, beyond them in a file in the folder `scratch` that vanishes with the
/// set; everything else is made when it is asked for.
///
/// # Errors
/// [`Error::PixelCount`] for a set that contradicts itself; [`Error::NoAligner`] if faces are to be looked for without
/// `aligner`; [`Error::Face`] for a face that is given wrongly; [`Error::Artifact`] for images that cannot be read, or crops that cannot be kept.
pub fn align(
    params: &AlignParams,
    set: ImageSet,
    aligner: Option<&Aligner<'_>>,
    scratch: &Path,
) -> Result<Aligned, Error> {
    let expected = set.len() * set.height * set.width;
    if set.images.len() != expected {
        return Err(Error::PixelCount { split: set.split, expected, found: set.images.len() });
    }
    let set = match params.method {
        AlignMethod::None {} => set,
        AlignMethod::CenterCrop { share } => center_crop(set, share.get()),
        AlignMethod::Landmarks { size, .. } => {
            return by_landmarks(set, size, aligner.ok_or(Error::NoAligner)?, scratch);
        }
    };
    Ok(Aligned { set, without_face: None })
}

fn by_landmarks(set: ImageSet, to: Option<Size>, aligner: &Aligner<'_>, scratch: &Path) -> Result<Aligned, Error> {
    let size = Size::new(set.height, set.width)?;
    let to = to.unwrap_or(size);
    let (mut crops, mut index, mut without_face) = (Spool::new(scratch), 0, 0);
    for batch in set.images.batches(size.area()) {
        let batch = batch?;
        let crop = |(place, pixels)| {
            let (row, origin) =
                (set.rows[index + place], set.origins.as_ref().map(|origins| origins.get(index + place)));
            let cropped = aligner(&Shown { pixels, size, row, origin }, to);
            cropped.map_err(|reason| Error::Face { row, origin: origin.map(str::to_owned), reason })
        };
        let made: Vec<Result<Option<Vec<u8>>, Error>> =
            batch.par_chunks_exact(size.area()).enumerate().map(crop).collect();
        // In the order of the rows, so that of several errors the first is told, whatever the threads.
        let made = made.into_iter().collect::<Result<Vec<_>, _>>()?;
        for (crop, whole) in made.iter().zip(batch.chunks_exact(size.area())) {
            match crop {
                Some(crop) => crops.push(crop)?,
                None => crops.push(&resize(whole, size, to))?,
            }
        }
        without_face += made.iter().filter(|crop| crop.is_none()).count();
        index += made.len();
    }
    let set = ImageSet { images: crops.finish()?, height: to.height(), width: to.width(), ..set };
    Ok(Aligned { set, without_face: Some(without_face) })
}

/// Of a side, the part that a share keeps.
fn kept(side: usize, share: f64) -> usize {
    ((side as f64 * share).round() as usize).clamp(1, side.max(1))
}

fn center_crop(set: ImageSet, share: f64) -> ImageSet {
    let (height, width) = (kept(set.height, share), kept(set.width, share));
    let (top, left) = ((set.height - height) / 2, (set.width - width) / 2);
    let (full, area) = (set.width, set.height * set.width);
    let rows = move |image: &[u8]| {
        let rows = image.chunks(full).skip(top).take(height);
        rows.flat_map(|row| row[left..left + width].iter().copied()).collect::<Vec<u8>>()
    };
    let images = set.images.map(area, height * width, move |images| images.chunks(area).flat_map(rows).collect());
    ImageSet { images, height, width, ..set }
}
