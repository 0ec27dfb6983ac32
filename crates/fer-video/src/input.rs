use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::Error;

/// Unless told otherwise, so long a stream or a camera may be silent.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a video comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file.
    File(PathBuf),
    /// An address that `ffmpeg` knows to open, such as `https://…` or `rtsp://…`.
    Address(String),
    /// A camera of Linux, such as `/dev/video0`.
    Camera(PathBuf),
    /// Standard input, in the format Y4M.
    Standard,
}

impl Input {
    /// What an argument of the command line means.
    ///
    /// # Errors
    /// [`Error::Input`] for a path at which there is no file.
    pub fn of(given: &str) -> Result<Self, Error> {
        let path = Path::new(given);
        if given == "-" {
            return Ok(Self::Standard);
        }
        if given.contains("://") && !path.exists() {
            return Ok(Self::Address(given.to_owned()));
        }
        let refused = |reason: String| Err(Error::Input { input: given.to_owned(), reason });
        let expected = "expected a video file, an address, a camera or `-`";
        match std::fs::metadata(path) {
            Err(error) => refused(format!("cannot be opened: {error}")),
            Ok(found) if found.is_dir() => refused(format!("{expected}, found a folder")),
            Ok(found) if found.is_file() => Ok(Self::File(path.to_owned())),
            Ok(_) if given.starts_with("/dev/video") => Ok(Self::Camera(path.to_owned())),
            Ok(_) => refused(format!(
                "{expected}, found a device or a pipe; `ffmpeg -i {given} -f yuv4mpegpipe - | fer watch -` reads pipes"
            )),
        }
    }

    /// As it was given.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) | Self::Camera(path) => path.to_string_lossy().into_owned(),
            Self::Address(address) => address.clone(),
            Self::Standard => "-".to_owned(),
        }
    }

    /// Whether it is the file at this path.
    pub fn is_at(&self, path: &Path) -> bool {
        let Self::File(source) = self else { return false };
        matches!((source.canonicalize(), path.canonicalize()), (Ok(a), Ok(b)) if a == b)
    }

    /// Whether it goes on for as long as somebody watches, as far as one can tell.
    pub fn is_live(&self) -> bool {
        matches!(self, Self::Address(_) | Self::Camera(_))
    }

    /// How long to wait for the next frame, unless told otherwise; files take the time that they take.
    pub fn patience(&self) -> Option<Duration> {
        self.is_live().then_some(PATIENCE)
    }

    /// The arguments with which `ffmpeg` and `ffprobe` open it.
    pub(crate) fn arguments(&self) -> Vec<String> {
        // `file:` makes a path of what looks like an option or an address.
        match self {
            Self::File(path) => vec!["-i".to_owned(), format!("file:{}", path.to_string_lossy())],
            Self::Address(address) => vec!["-i".to_owned(), address.clone()],
            Self::Camera(path) => ["-f", "v4l2", "-i", &path.to_string_lossy()].map(str::to_owned).to_vec(),
            Self::Standard => ["-f", "yuv4mpegpipe", "-i", "pipe:0"].map(str::to_owned).to_vec(),
        }
    }

    pub(crate) fn refused(&self, reason: impl Into<String>) -> Error {
        Error::Input { input: self.name(), reason: reason.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_a_file_an_address_a_camera_or_standard_input() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("-a:b.mp4");
        std::fs::write(&file, "").unwrap();
        let name = file.to_str().unwrap();
        assert_eq!(Input::of(name).unwrap(), Input::File(file.clone()));
        assert_eq!(Input::of(name).unwrap().arguments(), ["-i", &format!("file:{name}")]);
        assert_eq!(Input::of("rtsp://a/b").unwrap(), Input::Address("rtsp://a/b".to_owned()));
        assert_eq!(Input::of("-").unwrap(), Input::Standard);
        assert_eq!(Input::Camera("/dev/video0".into()).arguments(), ["-f", "v4l2", "-i", "/dev/video0"]);
        let message = Input::of(folder.path().to_str().unwrap()).unwrap_err().to_string();
        assert!(message.ends_with(": expected a video file, an address, a camera or `-`, found a folder"), "{message}");
        assert!(Input::of("no such file").unwrap_err().to_string().starts_with("no such file: cannot be opened: "));
        assert!(Input::of("/dev/null").unwrap_err().to_string().contains("found a device or a pipe"));
    }
}
