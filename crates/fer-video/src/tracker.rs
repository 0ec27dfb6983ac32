use std::num::NonZeroU32;
use std::sync::Arc;

use fer_predict::{Crop, Picture, Place, Recognizer, Size};

use crate::Error;
use crate::assignment::{NEVER, assign};
use crate::highest::first_highest;
use crate::smoothing::Smoother;
use crate::track::{ACROSS_A_CUT, Detection, Track};

/// Side of the small picture by which cuts are seen, and how much a pixel's colours change on average at one, of 255.
const SMALL: usize = 16;
const CUT: f64 = 32.0;
/// Sightings of a face that may be a lost one coming out behind somebody, before it is taken for a new one.
const PATIENCE: u64 = 10;

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
    recognizer: Arc<Recognizer>,
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
    /// Detections that lie for the most part within the box of a tracked face, and belong to no track: the same face once
    /// more, or one that is hidden behind it.
    pub behind: usize,
    /// Tracks that were seen in one frame alone, and count as false: ids.
    pub dropped: Vec<u64>,
    /// Tracks that have ended, by their numbers: nobody waits for them any more.
    pub ended: Vec<u32>,
}

impl TrackedFace {
    /// The class of the highest smoothed probability; of equal ones the first.
    pub fn top(&self) -> usize {
        first_highest(&self.smoothed)
    }
}

impl Tracker {
    /// Finds and judges faces by this recognizer, which several trackers may share.
    pub fn new(recognizer: impl Into<Arc<Recognizer>>, following: Following) -> Self {
        let (recognizer, tracks, small) = (recognizer.into(), vec![], vec![]);
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
            let is_behind = || faces.iter().zip(&owners).any(|(other, owner)| owner.is_some() && face.is_behind(other));
            let owner = match owner {
                Some(owner) => owner,
                None if is_behind() => {
                    tracked.behind += 1;
                    continue;
                }
                None => self.begin(face, time),
            };
            let (probabilities, place) = (judged.probabilities, face.place);
            let Track { id, number: known, sightings, .. } = self.tracks[owner];
            if known.is_none() && sightings > 0 {
                let number = self.number(face, time, &owners, sightings);
                (self.tracks[owner].number, self.tracks[owner].is_held) = (number, number.is_none());
                tracked.numbered.extend(number.map(|number| (id, number)));
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
        let undecided = self.tracks.iter().filter(|track| track.is_undecided());
        let undecided: Vec<(u64, bool)> = undecided.map(|track| (track.id, track.counts())).collect();
        for (id, counts) in undecided {
            self.decide(id, counts || self.frames == 1, &mut tracked);
        }
        tracked
    }

    /// What is said of a track without a number that ends.
    fn decide(&mut self, id: u64, counts: bool, tracked: &mut Tracked) {
        if counts {
            let number = self.new_number();
            tracked.numbered.push((id, number));
            tracked.ended.push(number);
        } else {
            tracked.dropped.push(id);
        }
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

    /// The number of a track that is seen again: that of a lost one which its face fits, or a new one; none yet while it
    /// could be a lost one that comes out behind somebody.
    fn number(&mut self, face: &Detection<'_>, time: f64, taken: &[Option<usize>], sightings: u64) -> Option<u32> {
        let tracks = self.tracks.iter_mut().enumerate().filter(|(at, _)| !taken.contains(&Some(*at)));
        let lost = tracks.map(|(_, track)| track).filter(|track| track.missed > 0 && track.number.is_some());
        let near: Vec<(f64, &mut Track)> = lost
            .filter(|track| track.could_be_at(face, time))
            .map(|track| (track.cost(face, time, -1.0), track))
            .collect();
        let is_undecided = !near.is_empty() && sightings < PATIENCE;
        match near.into_iter().min_by(|(a, _), (b, _)| a.total_cmp(b)) {
            Some((cost, lost)) if cost < NEVER => {
                lost.is_continued = true;
                lost.number.take()
            }
            _ if is_undecided => None,
            _ => Some(self.new_number()),
        }
    }

    fn new_number(&mut self) -> u32 {
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
        let mut undecided = vec![];
        self.tracks.retain_mut(|track| {
            if seen.contains(&track.id) {
                return true;
            }
            track.miss();
            let has_ended = is_cut || track.has_ended(time);
            if has_ended {
                tracked.ended.extend(track.number);
                undecided.extend(track.is_undecided().then(|| (track.id, track.counts())));
            }
            !has_ended
        });
        undecided.into_iter().for_each(|(id, counts)| self.decide(id, counts, tracked));
    }
}
