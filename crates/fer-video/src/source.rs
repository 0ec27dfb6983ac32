use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::Duration;

use fer_predict::{Picture, Size};

use crate::decoder::Decoder;
use crate::probe::{Probe, probe};
use crate::program::{LOOK, Program};
use crate::y4m::y4m;
use crate::{Error, Input, Selection};

/// Frames that wait to be looked at: memory does not grow with the video's length.
pub(crate) const WAITING: usize = 2;

/// The frames of a video, one after the other.
///
/// A file, an address or a camera is decoded by the program `ffmpeg`; Y4M on standard input by no program.
#[derive(Debug)]
pub struct Source {
    facts: Facts,
    receiver: Receiver<Message>,
    patience: Option<Duration>,
    ending: Ending,
    /// Ends with us.
    _program: Option<Program>,
}

/// What is known of a video.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Size of the frames: upright, with square pixels.
    pub size: Size,
    /// Frames a second that come of it, on average, as far as the file knows.
    pub rate: f64,
    /// Seconds to come, if that is known.
    pub duration: Option<f64>,
    /// The codec of its sound, if there is sound to keep.
    pub sound: Option<String>,
}

/// A frame.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Frames read before it, those not chosen among them; counted from [`Selection::from`].
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
    /// No frame came for as long as was to be waited.
    Stalled,
    /// Asked to.
    Interrupted,
}

pub(crate) enum Message {
    Item(Item),
    End(Ending),
}

/// Frames go where somebody takes them; an error says that nobody does any more.
pub(crate) type Sender = SyncSender<Message>;

impl Source {
    /// Opens a video. `stop` is asked now and then whether to give up.
    ///
    /// # Errors
    /// [`Error::NoProgram`] without `ffmpeg`; [`Error::Input`] for what is no video; [`Error::Stalled`] for one that says
    /// nothing for `patience`, [`Error::Interrupted`].
    pub fn open(
        input: &Input,
        selection: &Selection,
        patience: Option<Duration>,
        stop: &dyn Fn() -> bool,
    ) -> Result<Self, Error> {
        if *input == Input::Standard {
            let (facts, receiver) = y4m(input, std::io::stdin(), *selection)?;
            return Ok(Self { facts, receiver, patience, ending: Ending::Open, _program: None });
        }
        let probe = probe(input, patience, stop)?;
        let facts = facts(input, &probe, selection)?;
        let Decoder { program, receiver } = Decoder::start(input, &probe, selection)?;
        Ok(Self { facts, receiver, patience, ending: Ending::Open, _program: Some(program) })
    }

    /// What is known of the video.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The next frame, or what went wrong on the way to it; `None` at the end, however the video came to it.
    pub fn next(&mut self, stop: &dyn Fn() -> bool) -> Option<Item> {
        let mut waited = Duration::ZERO;
        while self.ending == Ending::Open {
            if stop() {
                self.ending = Ending::Interrupted;
                break;
            }
            match self.receiver.recv_timeout(LOOK) {
                Ok(Message::Item(item)) => return Some(item),
                Ok(Message::End(ending)) => self.ending = ending,
                Err(RecvTimeoutError::Timeout) => waited += LOOK,
                Err(RecvTimeoutError::Disconnected) => {
                    self.ending = Ending::Broken("what reads it has failed".to_owned());
                }
            }
            if self.patience.is_some_and(|patience| waited >= patience) {
                self.ending = Ending::Stalled;
            }
        }
        None
    }

    /// How it ended.
    pub fn ending(&self) -> &Ending {
        &self.ending
    }
}

fn facts(input: &Input, probe: &Probe, selection: &Selection) -> Result<Facts, Error> {
    let end = match (probe.duration, selection.to) {
        (Some(duration), Some(to)) => Some(duration.min(to)),
        (duration, to) => duration.or(to),
    };
    if let Some(duration) = probe.duration.filter(|duration| *duration > 0.0 && selection.from >= *duration) {
        return Err(input.refused(format!("expected a start before its end at {duration} s, found {} s", selection.from)));
    }
    let sound = if matches!(input, Input::File(_)) { probe.sound.clone() } else { None };
    Ok(Facts {
        size: probe.size,
        rate: selection.pace.of_rate(probe.rate.unwrap_or(25.0)),
        duration: end.map(|end| end - selection.from),
        sound,
    })
}
