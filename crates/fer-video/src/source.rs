use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::decoder::Decoder;
use crate::frames::{Arrived, Ending, Facts, Item, Message};
use crate::probe::{Probe, probe};
use crate::program::{LOOK, Program};
use crate::y4m::y4m;
use crate::{Error, Input, Selection};

/// Most frames a second that are needed for a variable rate: what some files say is the unit of their clock.
const FINEST: f64 = 60.0;

/// The frames of a video, one after the other.
///
/// A file, an address or a camera is decoded by the program `ffmpeg`; Y4M on standard input by no program.
#[derive(Debug)]
pub struct Source {
    facts: Facts,
    receiver: Receiver<Message>,
    arrived: Arrived,
    patience: Option<Duration>,
    ending: Ending,
    /// Ends with us.
    _program: Option<Program>,
}

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
            let arrived = Arrived::default();
            let (facts, receiver) = y4m(input, std::io::stdin(), *selection, &arrived, patience, stop)?;
            return Ok(Self { facts, receiver, arrived, patience, ending: Ending::Open, _program: None });
        }
        let probe = probe(input, patience, stop)?;
        let facts = facts(input, &probe, selection)?;
        let Decoder { program, receiver, arrived } = Decoder::start(input, &probe, selection)?;
        Ok(Self { facts, receiver, arrived, patience, ending: Ending::Open, _program: Some(program) })
    }

    /// What is known of the video.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The next frame, or what went wrong on the way to it; `None` at the end, however the video came to it.
    pub fn next(&mut self, stop: &dyn Fn() -> bool) -> Option<Item> {
        let (mut waited, mut before) = (Duration::ZERO, self.arrived.load(Ordering::Relaxed));
        while self.ending == Ending::Open {
            if stop() {
                self.ending = Ending::Interrupted;
                break;
            }
            match self.receiver.recv_timeout(LOOK) {
                Ok(Message::Item(item)) => return Some(item),
                Ok(Message::End(ending)) => self.ending = ending,
                Err(RecvTimeoutError::Timeout) => {
                    let arrived = self.arrived.load(Ordering::Relaxed);
                    waited = if arrived > before { Duration::ZERO } else { waited + LOOK };
                    before = arrived;
                }
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
        return Err(
            input.refused(format!("expected a start before its end at {duration} s, found {} s", selection.from))
        );
    }
    let rate = probe.rate.unwrap_or(25.0);
    let sound = if matches!(input, Input::File(_)) { probe.sound.clone() } else { None };
    Ok(Facts {
        size: probe.size,
        rate: selection.pace.of_rate(rate),
        finest: selection.pace.of_rate(probe.finest.map_or(rate, |finest| finest.min(FINEST).max(rate))),
        duration: end.map(|end| end - selection.from),
        sound,
    })
}
