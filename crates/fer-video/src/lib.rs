#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod assignment;
mod decoder;
mod encoder;
mod error;
mod frames;
mod highest;
mod input;
mod notes;
mod probe;
mod program;
mod record;
mod report;
mod selection;
mod settling;
mod shots;
mod smoothing;
mod source;
mod story;
mod timeline;
mod track;
mod tracker;
mod words;
mod y4m;

pub use encoder::Encoder;
pub use error::Error;
pub use frames::{Ending, Facts, Frame, Item};
pub use input::Input;
pub use record::TrackRecord;
pub use report::{About, report};
pub use selection::{Pace, Selection};
pub use settling::{Settled, Settling};
pub use source::Source;
pub use story::{Counts, Episode, Keeps, Story};
pub use tracker::{Following, Tracked, TrackedFace, Tracker};
pub use words::{clock, many};
