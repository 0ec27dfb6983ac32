//! One face, followed from frame to frame.

use fer_predict::{Crop, Place};

use crate::assignment::NEVER;
use crate::smoothing::Smoother;

/// A track that is not seen for so long has ended.
const GAP: f64 = 1.0;
/// A face that is seen once alone may be none: so many frames it has to be seen again.
const PROBATION: u64 = 2;
/// Share of a track's look and speed that a frame renews.
const RENEWED: f64 = 0.3;
/// The same of a face that is covered in part, and what of its place is believed: the box of what is left of a face does
/// not go where the face goes.
const RENEWED_COVERED: f64 = 0.05;
const BELIEVED_COVERED: f64 = 0.3;
/// What of its speed is left of a track that is not seen, a frame on.
const SLOWED: f64 = 0.97;
/// How much two crops of one face are alike at least: from frame to frame, after a gap, where they are not near each
/// other, and over a cut. Crops of one face are alike by 0.9 and more from frame to frame, by 0.5 as it comes out behind
/// another; those of two people by 0.4 and less.
const ALIKE: f64 = 0.2;
const AFTER_A_GAP: f64 = 0.45;
const FAR: f64 = 0.6;
pub(crate) const ACROSS_A_CUT: f64 = 0.85;
/// A face that is less alike is taken for one that is covered in part.
const UNCOVERED: f64 = 0.8;
/// How much an unlike look counts beside places that are apart.
const LOOK_COUNTS: f64 = 2.0;

/// A face of one frame, before it is known whose it is.
pub(crate) struct Detection<'a> {
    pub(crate) place: Place,
    look: Look,
    pub(crate) crop: &'a Crop,
}

impl<'a> Detection<'a> {
    /// `None` for a crop of a picture in which no face was looked for.
    pub(crate) fn of(crop: &'a Crop) -> Option<Self> {
        crop.place().map(|place| Self { place, look: Look::of(crop.pixels()), crop })
    }
}

impl Detection<'_> {
    /// Whether more than half of its box lies within another's.
    pub(crate) fn is_behind(&self, other: &Self) -> bool {
        2.0 * shared_area(&self.place, &other.place) > area(&self.place)
    }
}

/// What a face looks like: its crop, brought to mean 0 and length 1.
#[derive(Debug, Clone)]
struct Look(Vec<f64>);

impl Look {
    fn of(pixels: &[u8]) -> Self {
        Self::scaled(pixels.iter().map(|&pixel| f64::from(pixel)).collect())
    }

    fn scaled(mut values: Vec<f64>) -> Self {
        let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
        values.iter_mut().for_each(|value| *value -= mean);
        let length = values.iter().map(|value| value * value).sum::<f64>().sqrt();
        if length > 0.0 {
            values.iter_mut().for_each(|value| *value /= length);
        }
        Self(values)
    }

    /// The correlation of two looks, from −1 to 1.
    fn likeness(&self, other: &Self) -> f64 {
        self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum()
    }

    fn renewed(&self, now: &Self, share: f64) -> Self {
        Self::scaled(self.0.iter().zip(&now.0).map(|(old, new)| old + share * (new - old)).collect())
    }
}

#[derive(Debug)]
pub(crate) struct Track {
    pub(crate) id: u64,
    /// Once it is known to be no lone false detection.
    pub(crate) number: Option<u32>,
    place: Place,
    /// Where the middle of its box is believed to have been then.
    middle: [f64; 2],
    look: Look,
    /// Pixels a second, across and down.
    speed: [f64; 2],
    /// When it was last seen.
    time: f64,
    /// Frames since.
    pub(crate) missed: u64,
    /// Frames in which it was seen.
    pub(crate) sightings: u64,
    /// It has no number yet because it could be a lost track, covered in part.
    pub(crate) is_held: bool,
    /// Another track has turned out to be its continuation, and has its number.
    pub(crate) is_continued: bool,
    smoother: Smoother,
}

impl Track {
    pub(crate) fn new(id: u64, face: &Detection<'_>, time: f64, smoother: Smoother) -> Self {
        let (place, look) = (face.place, face.look.clone());
        let (middle, speed) = (middle(&place), [0.0; 2]);
        Self {
            id,
            number: None,
            place,
            middle,
            look,
            speed,
            time,
            missed: 0,
            sightings: 0,
            is_held: false,
            is_continued: false,
            smoother,
        }
    }

    /// Where it should be at this time, if it went on as it went.
    pub(crate) fn expected(&self, time: f64) -> Place {
        let (now, then) = (self.expected_middle(time), middle(&self.place));
        let moved = [now[0] - then[0], now[1] - then[1]];
        let by = |place: usize, moved: f64| (place as f64 + moved).round().max(0.0) as usize;
        let landmarks = self.place.landmarks.map(|[x, y]| [x + moved[0], y + moved[1]]);
        Place { x: by(self.place.x, moved[0]), y: by(self.place.y, moved[1]), landmarks, ..self.place }
    }

    fn expected_middle(&self, time: f64) -> [f64; 2] {
        [0, 1].map(|axis| self.middle[axis] + self.speed[axis] * (time - self.time))
    }

    /// How little a face of a frame is like what this track expects: by the overlap of the boxes, the distance of the
    /// landmarks in sides of the box, and by the look. [`NEVER`] where it cannot be the same. Where places differ much,
    /// as after a gap, the look has to be the same; `least_likeness` is what else is asked for.
    pub(crate) fn cost(&self, face: &Detection<'_>, time: f64, least_likeness: f64) -> f64 {
        let (shared, apart) = self.nearness(face, time);
        let likeness = self.look.likeness(&face.look);
        let is_near = apart < 0.6 || (shared > 0.1 && apart < 1.0);
        let is_far_and_the_same = self.is_in_reach(face, time) && likeness >= FAR;
        let needed = if self.missed > 0 { AFTER_A_GAP } else { ALIKE }.max(least_likeness);
        if !self.is_of_size(face) || likeness < needed || !(is_near || is_far_and_the_same) {
            return NEVER;
        }
        (1.0 - shared) + apart.min(1.0) + LOOK_COUNTS * (1.0 - likeness)
    }

    /// Whether a face is where this track could be by now, and as large, whatever it looks like.
    pub(crate) fn could_be_at(&self, face: &Detection<'_>, time: f64) -> bool {
        self.is_of_size(face) && self.is_in_reach(face, time)
    }

    /// Overlap of a face's box with the expected one, and distance of the landmarks in sides of the larger box.
    fn nearness(&self, face: &Detection<'_>, time: f64) -> (f64, f64) {
        let expected = self.expected(time);
        let larger = side(&expected).max(side(&face.place));
        (overlap(&expected, &face.place), distance(&expected, &face.place) / larger)
    }

    fn is_in_reach(&self, face: &Detection<'_>, time: f64) -> bool {
        self.nearness(face, time).1 < 0.75 + 2.0 * (time - self.time)
    }

    fn is_of_size(&self, face: &Detection<'_>) -> bool {
        let (a, b) = (side(&self.place), side(&face.place));
        a.max(b) < 2.0 * a.min(b)
    }

    /// Takes a face of a frame for its own; gives the smoothed probabilities.
    pub(crate) fn see(&mut self, face: &Detection<'_>, time: f64, probabilities: &[f64]) -> Vec<f64> {
        let (seconds, seen) = (time - self.time, middle(&face.place));
        if self.look.likeness(&face.look) >= UNCOVERED {
            self.look = self.look.renewed(&face.look, RENEWED);
            for axis in [0, 1].into_iter().filter(|_| seconds > 0.0) {
                self.speed[axis] += RENEWED * ((seen[axis] - self.middle[axis]) / seconds - self.speed[axis]);
            }
            self.middle = seen;
        } else {
            self.look = self.look.renewed(&face.look, RENEWED_COVERED);
            let expected = self.expected_middle(time);
            self.middle = [0, 1].map(|axis| expected[axis] + BELIEVED_COVERED * (seen[axis] - expected[axis]));
        }
        (self.place, self.time, self.missed) = (face.place, time, 0);
        self.sightings += 1;
        self.smoother.push(time, probabilities)
    }

    /// Whether it counts, if it ends as it is.
    pub(crate) fn counts(&self) -> bool {
        self.sightings > 1 && !self.is_held
    }

    /// Whether it is not known yet if it counts.
    pub(crate) fn is_undecided(&self) -> bool {
        self.number.is_none() && !self.is_continued
    }

    pub(crate) fn miss(&mut self) {
        self.missed += 1;
        self.speed = self.speed.map(|speed| speed * SLOWED);
    }

    /// Whether nobody waits for it any more.
    pub(crate) fn has_ended(&self, time: f64) -> bool {
        match self.number {
            _ if self.is_continued => true,
            None => self.missed >= PROBATION,
            Some(_) => self.missed > PROBATION && time - self.time > GAP,
        }
    }
}

fn side(place: &Place) -> f64 {
    place.width.max(place.height).max(1) as f64
}

fn middle(place: &Place) -> [f64; 2] {
    [place.x as f64 + place.width as f64 / 2.0, place.y as f64 + place.height as f64 / 2.0]
}

/// Mean distance of the landmarks, in pixels.
fn distance(a: &Place, b: &Place) -> f64 {
    let apart = |(a, b): (&[f64; 2], &[f64; 2])| {
        let [x, y] = [a[0] - b[0], a[1] - b[1]];
        (x * x + y * y).sqrt()
    };
    a.landmarks.iter().zip(&b.landmarks).map(apart).sum::<f64>() / a.landmarks.len() as f64
}

/// The part of two boxes' union that both cover.
fn overlap(a: &Place, b: &Place) -> f64 {
    let both = shared_area(a, b);
    both / (area(a) + area(b) - both).max(1.0)
}

fn shared_area(a: &Place, b: &Place) -> f64 {
    let side = |a: usize, a_length: usize, b: usize, b_length: usize| {
        (a + a_length).min(b + b_length).saturating_sub(a.max(b)) as f64
    };
    side(a.x, a.width, b.x, b.width) * side(a.y, a.height, b.y, b.height)
}

fn area(place: &Place) -> f64 {
    (place.width * place.height) as f64
}
