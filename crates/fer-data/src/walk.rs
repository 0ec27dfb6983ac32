//! The files below a folder: each is a picture, or counted with the reason why it is not read.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};

use fer_artifact::{FIRST, identify, is_picture, is_plain_text, open_regular};
use image::ImageFormat;

use crate::Error;
use crate::left_out::Leftovers;

/// Names of pictures, of the kinds that cannot be decoded too: such a file is a bad row and says so.
const EXTENSIONS: [&str; 16] = [
    "png", "jpg", "jpeg", "jfif", "webp", "bmp", "gif", "tif", "tiff", "pnm", "pbm", "pgm", "ppm", "heic", "heif",
    "avif",
];
/// What systems leave beside pictures.
const OF_SYSTEMS: [&str; 3] = ["thumbs.db", "desktop.ini", "__macosx"];
/// Why files are left out.
const HIDDEN: &str = "hidden, or a system's own";
const LOOP: &str = "a link to a folder above it";

/// What a folder holds, hidden entries left out, each list sorted by name.
#[derive(Default)]
pub(crate) struct Folder {
    pub(crate) folders: Vec<OsString>,
    pub(crate) files: Vec<OsString>,
}

impl Folder {
    /// Reads the folder `root/inner`.
    pub(crate) fn read(root: &Path, inner: &Path, left_out: &mut Leftovers) -> Result<Self, Error> {
        let path = if inner.as_os_str().is_empty() { root.to_owned() } else { root.join(inner) };
        let io = || Error::io(&path, "read the folder");
        let mut folder = Self::default();
        for entry in std::fs::read_dir(&path).map_err(io())? {
            let entry = entry.map_err(io())?;
            let name = entry.file_name();
            if is_hidden(&name) {
                left_out.add(HIDDEN, shown(&inner.join(name)));
            } else if !entry.path().is_dir() {
                folder.files.push(name);
            } else if is_loop(&path, &entry.path()) {
                left_out.add(LOOP, shown(&inner.join(name)));
            } else {
                folder.folders.push(name);
            }
        }
        folder.folders.sort_unstable();
        folder.files.sort_unstable();
        Ok(folder)
    }
}

/// Adds the pictures in `root/inner` and its subfolders to `pictures`, as paths from `root`.
pub(crate) fn pictures(
    root: &Path,
    inner: &Path,
    pictures: &mut Vec<PathBuf>,
    left_out: &mut Leftovers,
) -> Result<(), Error> {
    let folder = Folder::read(root, inner, left_out)?;
    pictures.extend(only_pictures(root, inner, &folder.files, left_out)?);
    folder.folders.iter().try_for_each(|name| self::pictures(root, &inner.join(name), pictures, left_out))
}

/// Those of the files in `root/inner` that are pictures, by name or by content, as paths from `root`.
pub(crate) fn only_pictures(
    root: &Path,
    inner: &Path,
    files: &[OsString],
    left_out: &mut Leftovers,
) -> Result<Vec<PathBuf>, Error> {
    let mut pictures = vec![];
    for name in files {
        let file = inner.join(name);
        match if is_called_a_picture(name) { None } else { no_picture(&root.join(&file))? } {
            None => pictures.push(file),
            Some(what) => left_out.add(&what, shown(&file)),
        }
    }
    Ok(pictures)
}

/// A path as reports have it.
pub(crate) fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The name as text. A name that is no UTF-8 comes from an old system: its bytes are taken for Latin-1.
pub(crate) fn as_text(name: &OsStr) -> Cow<'_, str> {
    match name.to_str() {
        Some(name) => name.into(),
        None => name.as_encoded_bytes().iter().map(|&byte| char::from(byte)).collect::<String>().into(),
    }
}

fn is_hidden(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with('.') || OF_SYSTEMS.iter().any(|known| known.eq_ignore_ascii_case(&name))
}

/// Whether a folder is a link to one that holds it.
fn is_loop(parent: &Path, folder: &Path) -> bool {
    let is_link = folder.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
    is_link && matches!((parent.canonicalize(), folder.canonicalize()), (Ok(parent), Ok(to)) if parent.starts_with(&to))
}

fn is_called_a_picture(name: &OsStr) -> bool {
    let extension = Path::new(name).extension().and_then(OsStr::to_str).unwrap_or_default();
    EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension))
}

/// What a file is if its content is no picture's.
fn no_picture(path: &Path) -> Result<Option<String>, Error> {
    if !path.is_file() {
        return Ok(Some("no file".to_owned()));
    }
    let mut first = vec![];
    let file = open_regular(path).map_err(Error::io(path, "read the file"))?;
    file.take(FIRST).read_to_end(&mut first).map_err(Error::io(path, "read the file"))?;
    let is_pnm = !is_plain_text(&first) && image::guess_format(&first).is_ok_and(|format| format == ImageFormat::Pnm);
    let what = || identify(&first).map_or_else(|| "a file of unknown content".to_owned(), Cow::into_owned);
    Ok(if is_pnm || is_picture(&first) { None } else { Some(what()) })
}
