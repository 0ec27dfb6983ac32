//! What comes of a video, whoever reads it.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::SyncSender;

use fer_predict::{Picture, Size};

/// Frames that wait to be looked at: memory does not grow with the video's length.
pub(crate) const WAITING: usize = 2;

/// Most pixels of a frame: somewhat more than 8K has. A few frames are in memory, whatever a file's head says.
const MOST_PIXELS: usize = 40_000_000;

/// The size of a frame.
pub(crate) fn frame_size(height: usize, width: usize) -> Result<Size, String> {
    let size = Size::new(height, width).ok().filter(|size| size.area() <= MOST_PIXELS);
    let most = MOST_PIXELS / 1_000_000;
    size.ok_or_else(|| format!("expected a video of 1 to {most} million pixels a frame, found one of {width}×{height}"))
}

/// What is known of a video.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Size of the frames: upright, with square pixels.
    pub size: Size,
    /// Frames a second that come of it, on average, as far as the file knows.
    pub rate: f64,
    /// Frames a second with which each frame has a place of its own, where the rate is variable; 60 at most, unless there are more
    /// on average.
    pub finest: f64,
    /// Seconds to come, if that is known.
    pub duration: Option<f64>,
    /// The codec of its sound, if there is sound to keep.
    pub sound: Option<String>,
}

/// A frame.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Frames read before it, those not chosen among them; counted from [`Selection::from`](crate::Selection::from).
    pub number: u64,
    /// Seconds from the video's start.
    pub time: f64,
    /// Upright.
    pub picture: Picture,
}

/// What comes of a video.
#[derive(Debug)]
pub enum Item {
    /// A frame.
    Frame(Frame),
    /// What went wrong after the frame before, and how often in a row.
    Trouble(String),
}

/// How a video ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// It has not.
    Open,
    /// At its end.
    Whole,
    /// Before its end, and why.
    Broken(String),
    /// At its end, but parts of it could not be read, and why.
    Damaged(String),
    /// No frame came for as long as was to be waited.
    Stalled,
    /// Asked to.
    Interrupted,
}

/// How many frames were read, those passed over among them: a stream that brings frames has not stalled.
pub(crate) type Arrived = Arc<AtomicU64>;

pub(crate) enum Message {
    Item(Item),
    End(Ending),
}

/// Frames go where somebody takes them; an error says that nobody does any more.
pub(crate) type Sender = SyncSender<Message>;
