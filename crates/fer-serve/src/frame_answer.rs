use fer_predict::Size;
use fer_video::{TrackRecord, TrackedFace};
use schemars::JsonSchema;
use serde::Serialize;

/// What a frame shows.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) size: Size,
    pub(crate) faces: Vec<TrackedFace>,
}

/// What `/v1/live` says of a frame.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FrameAnswer<'a> {
    /// The frame's number, from 0; those that were dropped are counted.
    frame: u64,
    /// When it came: seconds since the WebSocket was opened.
    time: f64,
    /// Frames between the last one that was answered and this one, which had no answer as newer ones had come by then.
    dropped: u64,
    #[serde(flatten)]
    seen: Option<SeenRecord<'a>>,
    /// Why nothing can be said of the frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a str>,
}

/// What is left out where there is a problem.
#[derive(Debug, Serialize, JsonSchema)]
struct SeenRecord<'a> {
    /// Pixels in a row of the frame, upright.
    width: usize,
    /// Rows of the frame.
    height: usize,
    /// Its faces, from left to right; without any, an empty list.
    faces: Vec<TrackRecord<'a>>,
}

impl<'a> FrameAnswer<'a> {
    pub(crate) fn new(
        frame: u64,
        time: f64,
        dropped: u64,
        classes: &'a [String],
        seen: &'a Result<Seen, String>,
    ) -> Self {
        let record = |Seen { size, faces }: &'a Seen| SeenRecord {
            width: size.width(),
            height: size.height(),
            faces: faces.iter().map(|face| TrackRecord::new(classes, face)).collect(),
        };
        let problem = seen.as_ref().err().map(String::as_str);
        Self { frame, time, dropped, seen: seen.as_ref().ok().map(record), problem }
    }
}
