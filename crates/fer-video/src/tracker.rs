use std::num::NonZeroU32;

use fer_predict::{Crop, Picture, Place, Recognizer, Size};

use crate::Error;
use crate::assignment::{NEVER, assign};
use crate::smoothing::Smoother;
use crate::track::{ACROSS_A_CUT, Detection, Track};

/// Side of the small picture by which cuts are seen, and how much a pixel's colours change on average at one, of 255.
const SMALL: usize = 16;
const CUT: f64 = 32.0;

/// How faces are followed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Following {
    /// Faces are looked for in the whole picture of each so many frames, and between near where they were.
    pub detect_every: NonZeroU32,
    /// τ of the filter on a track's logits, in seconds; 0 is no filter.
    pub smoothing: f64,
}

impl Default for Following {
    fn default() -> Self {
        Self { detect_every: NonZeroU32::new(5).expect("not 0"), smoothing: 0.3 }
    }
}

/// Follows faces through frames, which come one after the other: [`Self::push`].
///
/// A face belongs to the track whose expected place and look it fits best, over all faces and tracks together: so two people
/// who cross keep their numbers. A track survives a gap of a second; at a cut it ends, unless the same face is in the
/// same place.
#[derive(Debug)]
pub struct Tracker {
    recognizer: Recognizer,
    following: Following,
    tracks: Vec<Track>,
    /// The last frame, small.
    small: Vec<u8>,
    frames: u64,
    /// Frames since faces were looked for everywhere.
    since: u32,
    ids: u64,
    numbers: u32,
}

/// A face of a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackedFace {
    /// Of the track, as long as it has no number.
    pub id: u64,
    /// The track's number, from 1; `None` until it is known to be no lone false detection.
    pub number: Option<u32>,
    /// Where it is.
    pub place: Place,
    /// A probability for each class; they sum to 1.
    pub probabilities: Vec<f64>,
    /// The same, smoothed over the track's frames.
    pub smoothed: Vec<f64>,
}

/// What a frame has brought.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tracked {
    /// The frame's faces, from left to right.
    pub faces: Vec<TrackedFace>,
    /// Tracks that have got a number: id and number.
    pub numbered: Vec<(u64, u32)>,
    /// Tracks that were seen in one frame alone, and count as false: ids.
    pub dropped: Vec<u64>,
}

impl TrackedFace {
    /// The class of the highest smoothed probability; of equal ones the first.
    pub fn top(&self) -> usize {
        let of = &self.smoothed;
        (1..of.len()).fold(0, |best, class| if of[class] > of[best] { class } else { best })
    }
}

impl Tracker {
    /// Finds and judges faces by this recognizer.
    pub fn new(recognizer: Recognizer, following: Following) -> Self {
        let (tracks, small) = (vec![], vec![]);
        Self { recognizer, following, tracks, small, frames: 0, since: 0, ids: 0, numbers: 0 }
    }

    /// Class names in the order of the probabilities.
    pub fn classes(&self) -> &[String] {
        self.recognizer.classes()
    }

    /// The faces of the next frame, which has this time in seconds.
    ///
    /// # Errors
    /// [`Error::Face`] if a network fails.
    pub fn push(&mut self, picture: &Picture, time: f64) -> Result<Tracked, Error> {
        let is_cut = self.is_cut(picture);
        let crops = self.crops(picture, time, is_cut);
        let faces: Vec<Detection<'_>> = crops.iter().filter_map(Detection::of).collect();
        let judged = self.recognizer.judge(&faces.iter().map(|face| face.crop).collect::<Vec<_>>())?;
        let mut tracked = Tracked::default();
        let owners = self.owners(&faces, time, if is_cut { ACROSS_A_CUT } else { -1.0 });
        for ((face, &owner), judged) in faces.iter().zip(&owners).zip(judged) {
            let owner = owner.unwrap_or_else(|| self.begin(face, time));
            let (probabilities, place) = (judged.probabilities, face.place);
            if self.tracks[owner].number.is_none() && self.tracks[owner].time_seen() < time {
                let number = self.number(face, time, &owners);
                self.tracks[owner].number = Some(number);
                tracked.numbered.push((self.tracks[owner].id, number));
            }
            let track = &mut self.tracks[owner];
            let smoothed = track.see(face, time, &probabilities);
            tracked.faces.push(TrackedFace { id: track.id, number: track.number, place, probabilities, smoothed });
        }
        self.end_tracks(time, is_cut, &mut tracked);
        self.frames += 1;
        Ok(tracked)
    }

    /// What is to be said of tracks without a number when no frame comes any more: of a single frame, all faces count.
    pub fn finish(mut self) -> Tracked {
        let mut tracked = Tracked::default();
        for track in self.tracks.iter().filter(|track| track.number.is_none()) {
            if self.frames == 1 {
                self.numbers += 1;
                tracked.numbered.push((track.id, self.numbers));
            } else {
                tracked.dropped.push(track.id);
            }
        }
        tracked
    }

    /// Whether a frame is of another scene than the one before.
    fn is_cut(&mut self, picture: &Picture) -> bool {
        let small = picture.rgb_of_size(Size::new(SMALL, SMALL).expect("a small size"));
        let before = std::mem::replace(&mut self.small, small);
        let apart: u64 = before.iter().zip(&self.small).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        apart as f64 > CUT * self.small.len() as f64
    }

    /// The frame's faces: of the whole picture at first, every so often, after a cut, and where a face has just been
    /// lost; else those near tracks.
    fn crops(&mut self, picture: &Picture, time: f64, is_cut: bool) -> Vec<Crop> {
        self.since += 1;
        let has_lost = self.tracks.iter().any(|track| track.missed == 1);
        if self.frames == 0 || is_cut || has_lost || self.since >= self.following.detect_every.get() {
            self.since = 0;
            return self.recognizer.crops(picture.clone());
        }
        if self.tracks.is_empty() {
            return vec![];
        }
        let places: Vec<Place> = self.tracks.iter().map(|track| track.expected(time)).collect();
        self.recognizer.crops_near(picture.clone(), &places)
    }

    /// The track of each face, if it has one.
    fn owners(&self, faces: &[Detection<'_>], time: f64, least_likeness: f64) -> Vec<Option<usize>> {
        let costs = |face: &Detection<'_>| {
            self.tracks.iter().map(|track| track.cost(face, time, least_likeness)).collect::<Vec<_>>()
        };
        assign(&faces.iter().map(costs).collect::<Vec<_>>())
    }

    /// The number of a track that is seen again: that of a lost one whose face it shows, if there is one, else a new one.
    fn number(&mut self, face: &Detection<'_>, time: f64, taken: &[Option<usize>]) -> u32 {
        let tracks = self.tracks.iter_mut().enumerate().filter(|(at, _)| !taken.contains(&Some(*at)));
        let lost = tracks.map(|(_, track)| track).filter(|track| track.missed > 0 && track.number.is_some());
        let lost = lost.map(|track| (track.cost(face, time, -1.0), track)).filter(|(cost, _)| *cost < NEVER);
        if let Some((_, lost)) = lost.min_by(|(a, _), (b, _)| a.total_cmp(b))
            && let Some(number) = lost.number
        {
            (lost.number, lost.is_continued) = (None, true);
            return number;
        }
        self.numbers += 1;
        self.numbers
    }

    /// Begins a track.
    fn begin(&mut self, face: &Detection<'_>, time: f64) -> usize {
        self.ids += 1;
        self.tracks.push(Track::new(self.ids, face, time, Smoother::new(self.following.smoothing)));
        self.tracks.len() - 1
    }

    /// Ends the tracks that have not been seen for long, at a cut all that the frame does not show.
    fn end_tracks(&mut self, time: f64, is_cut: bool, tracked: &mut Tracked) {
        let seen: Vec<u64> = tracked.faces.iter().map(|face| face.id).collect();
        self.tracks.retain_mut(|track| {
            if seen.contains(&track.id) {
                return true;
            }
            track.miss();
            let has_ended = is_cut || track.has_ended(time);
            if has_ended && track.number.is_none() && !track.is_continued {
                tracked.dropped.push(track.id);
            }
            !has_ended
        });
    }
}
