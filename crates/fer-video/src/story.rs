use std::collections::BTreeMap;

use fer_predict::Picture;

use crate::settling::Settled;
use crate::shots::{Shot, Strip};
use crate::timeline::Timeline;
use crate::tracker::TrackedFace;

/// An expression that is on top for less than so many seconds is none yet.
const SHORTEST: f64 = 0.5;
/// Tracks of which pictures are kept, and turning points of each.
const PICTURED: usize = 60;
const TURNS: usize = 10;

/// A stretch of a track in which one expression is on top, of the smoothed probabilities, without another being so for half
/// a second.
#[derive(Debug, Clone, PartialEq)]
pub struct Episode {
    /// The track's number.
    pub track: u32,
    /// The expression, as its place among the classes.
    pub class: usize,
    /// When it begins, in seconds.
    pub from: f64,
    /// When it ends.
    pub to: f64,
    /// Its mean smoothed probability over the frames of the stretch.
    pub probability: f64,
    /// What it looks like as soon as it counts.
    pub(crate) shot: Option<Shot>,
}

/// What is kept of a video while it is watched; memory does not grow with its length, but for episodes and tracks, a
/// hundred bytes each.
#[derive(Debug)]
pub struct Story {
    classes: usize,
    keeps: Keeps,
    pub(crate) tracks: BTreeMap<u32, Life>,
    pub(crate) counts: Counts,
}

/// Whether pictures are kept, for a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeps {
    /// Numbers alone.
    Numbers,
    /// Numbers, and small pictures of the faces.
    Pictures,
}

/// What a video held.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Counts {
    /// Frames looked at.
    pub frames: u64,
    /// Those without a face.
    pub empty: u64,
    /// Detections that do not count: in single frames, or within the box of another face.
    pub dropped: u64,
    /// Tracks.
    pub tracks: usize,
    /// Time of the first frame.
    pub first: f64,
    /// Time of the last frame.
    pub last: f64,
}

/// What is kept of a track.
#[derive(Debug)]
pub(crate) struct Life {
    pub(crate) from: f64,
    pub(crate) to: f64,
    pub(crate) frames: u64,
    /// Frames in which each class is on top.
    pub(crate) on_top: Vec<u64>,
    pub(crate) episodes: Vec<Episode>,
    /// None once the track has ended.
    now: Option<Stretch>,
    /// An expression that is on top, but not for long enough.
    next: Option<Stretch>,
    /// Gone if there are too many tracks.
    pub(crate) pictured: Option<Pictured>,
}

#[derive(Debug)]
pub(crate) struct Pictured {
    pub(crate) strip: Strip,
    pub(crate) timeline: Timeline,
}

#[derive(Debug)]
struct Stretch {
    class: usize,
    from: f64,
    /// Of each class's probability over the frames.
    sums: Vec<f64>,
    frames: u64,
    shot: Option<Shot>,
}

impl Stretch {
    fn new(class: usize, from: f64, classes: usize) -> Self {
        Self { class, from, sums: vec![0.0; classes], frames: 0, shot: None }
    }

    fn see(&mut self, probabilities: &[f64]) {
        self.add(probabilities, 1);
    }

    /// What was on top for a moment belongs to what it interrupted.
    fn take_in(&mut self, passed: &Self) {
        self.add(&passed.sums, passed.frames);
    }

    fn add(&mut self, sums: &[f64], frames: u64) {
        self.sums.iter_mut().zip(sums).for_each(|(sum, more)| *sum += more);
        self.frames += frames;
    }
}

impl Story {
    /// Of so many classes.
    pub fn new(classes: usize, keeps: Keeps) -> Self {
        Self { classes, keeps, tracks: BTreeMap::new(), counts: Counts::default() }
    }

    /// What the video held so far.
    pub fn counts(&self) -> Counts {
        Counts { tracks: self.tracks.len(), ..self.counts }
    }

    /// Takes a frame that is settled; gives the episodes that have ended.
    pub fn see<P>(&mut self, picture: &Picture, time: f64, settled: &Settled<P>) -> Vec<Episode> {
        let counts = &mut self.counts;
        counts.first = if counts.frames == 0 { time } else { counts.first };
        (counts.last, counts.frames) = (time, counts.frames + 1);
        counts.dropped += settled.dropped as u64;
        counts.empty += u64::from(settled.faces.is_empty());
        let mut ended = vec![];
        for face in &settled.faces {
            let Some(number) = face.number else { continue };
            if !self.tracks.contains_key(&number) {
                self.begin(number, time, face.top());
            }
            let life = self.tracks.get_mut(&number).expect("it has begun");
            ended.extend(life.see(number, face, time, picture));
        }
        let last = |number: &u32| self.tracks.get_mut(number)?.finish(*number);
        ended.extend(settled.ended.iter().filter_map(last));
        ended
    }

    /// Ends all tracks; gives their last episodes.
    pub fn finish(&mut self) -> Vec<Episode> {
        self.tracks.iter_mut().filter_map(|(&number, life)| life.finish(number)).collect()
    }

    fn begin(&mut self, number: u32, time: f64, class: usize) {
        let pictured = || Pictured { strip: Strip::new(), timeline: Timeline::new(time) };
        let pictured = (self.keeps == Keeps::Pictures).then(pictured);
        let (on_top, episodes) = (vec![0; self.classes], vec![]);
        let (now, next) = (Some(Stretch::new(class, time, self.classes)), None);
        let life = Life { from: time, to: time, frames: 0, on_top, episodes, now, next, pictured };
        self.tracks.insert(number, life);
        let with_pictures = |life: &&mut Life| life.pictured.is_some();
        if self.tracks.values_mut().filter(with_pictures).count() > PICTURED {
            let others = self.tracks.iter_mut().filter(|(other, _)| **other != number).map(|(_, life)| life);
            if let Some(shortest) = others.filter(with_pictures).min_by_key(|life| life.frames) {
                shortest.forget_pictures();
            }
        }
    }
}

impl Life {
    fn see(&mut self, number: u32, face: &TrackedFace, time: f64, picture: &Picture) -> Option<Episode> {
        let class = face.top();
        self.to = time;
        self.frames += 1;
        self.on_top[class] += 1;
        let shot = || Shot::of(picture, &face.place, time);
        if let Some(pictured) = &mut self.pictured {
            pictured.strip.see(time, shot);
            pictured.timeline.see(time, &face.smoothed);
        }
        let keeps = self.pictured.is_some();
        let classes = face.smoothed.len();
        let now = self.now.get_or_insert_with(|| Stretch::new(class, time, classes));
        if let Some(passed) = self.next.take_if(|next| next.class != class) {
            now.take_in(&passed);
        }
        if class == now.class {
            now.see(&face.smoothed);
            if now.shot.is_none() && keeps && time - now.from >= SHORTEST {
                now.shot = shot();
            }
            return None;
        }
        let next = self.next.get_or_insert_with(|| Stretch::new(class, time, classes));
        next.see(&face.smoothed);
        if time - next.from < SHORTEST {
            return None;
        }
        next.shot = if keeps { shot() } else { None };
        let from = next.from;
        let before = std::mem::replace(&mut self.now, self.next.take());
        before.map(|before| self.end(number, before, from))
    }

    fn end(&mut self, track: u32, stretch: Stretch, to: f64) -> Episode {
        let Stretch { class, from, sums, frames, shot } = stretch;
        let episode = Episode { track, class, from, to, probability: sums[class] / frames.max(1) as f64, shot };
        let told = Episode { shot: None, ..episode.clone() };
        self.episodes.push(episode);
        let with_shots = self.episodes.iter_mut().filter(|episode| episode.shot.is_some());
        let length = |episode: &Episode| episode.to - episode.from;
        let with_shots: Vec<&mut Episode> = with_shots.collect();
        if with_shots.len() > TURNS
            && let Some(least) = with_shots.into_iter().min_by(|a, b| length(a).total_cmp(&length(b)))
        {
            least.shot = None;
        }
        told
    }

    fn finish(&mut self, number: u32) -> Option<Episode> {
        let mut last = self.now.take()?;
        if let Some(passed) = self.next.take() {
            last.take_in(&passed);
        }
        Some(self.end(number, last, self.to))
    }

    fn forget_pictures(&mut self) {
        self.pictured = None;
        self.now.iter_mut().for_each(|now| now.shot = None);
        self.episodes.iter_mut().for_each(|episode| episode.shot = None);
    }
}

#[cfg(test)]
mod tests {
    use fer_predict::{Place, Size};

    use super::*;

    fn settled(faces: Vec<TrackedFace>, ended: &[u32]) -> Settled<()> {
        Settled { frame: (), faces, dropped: 0, ended: ended.to_vec() }
    }

    fn story(tops: &[(f64, usize)], keeps: Keeps) -> (Story, Vec<(usize, f64, f64)>) {
        let size = Size::new(20, 20).unwrap();
        let picture = Picture::from_rgb(vec![0; 1200], size).unwrap();
        let place = Place { x: 0, y: 0, width: 10, height: 10, score: 0.9, landmarks: [[0.0; 2]; 5] };
        let mut story = Story::new(3, keeps);
        let mut ended = vec![];
        for &(time, class) in tops {
            let mut smoothed = vec![0.1; 3];
            smoothed[class] = 0.8;
            let face = TrackedFace { id: 1, number: Some(1), place, probabilities: smoothed.clone(), smoothed };
            ended.extend(story.see(&picture, time, &settled(vec![face], &[])));
        }
        ended.extend(story.finish());
        (story, ended.iter().map(|episode| (episode.class, episode.from, episode.to)).collect())
    }

    #[test]
    fn an_episode_lasts_until_another_expression_is_on_top_for_half_a_second() {
        let tops: Vec<(f64, usize)> = (0..60)
            .map(|frame| {
                (
                    f64::from(frame) / 10.0,
                    if frame < 20 {
                        0
                    } else if frame < 23 {
                        1
                    } else if frame < 40 {
                        0
                    } else {
                        2
                    },
                )
            })
            .collect();
        let (story, episodes) = story(&tops, Keeps::Pictures);
        assert_eq!(episodes, [(0, 0.0, 4.0), (2, 4.0, 5.9)], "three frames of class 1 are none");
        let life = &story.tracks[&1];
        assert_eq!((life.frames, &life.on_top[..]), (60, &[37, 3, 20][..]));
        let shots: Vec<f64> = life.episodes.iter().map(|episode| episode.shot.as_ref().unwrap().time).collect();
        assert_eq!(shots, [0.5, 4.5]);
        let means = [(37.0 * 0.8 + 3.0 * 0.1) / 40.0, 0.8];
        for (episode, mean) in life.episodes.iter().zip(means) {
            assert!((episode.probability - mean).abs() < 1e-12, "{} {mean}", episode.probability);
        }
    }

    #[test]
    fn the_last_episode_ends_when_the_track_does() {
        let (mut story, episodes) = story(&[(0.0, 1), (0.6, 1)], Keeps::Numbers);
        assert_eq!(episodes, [(1, 0.0, 0.6)]);
        let picture = Picture::from_rgb(vec![0; 3], Size::new(1, 1).unwrap()).unwrap();
        assert!(
            story.see(&picture, 9.0, &settled(vec![], &[1])).is_empty() && story.finish().is_empty(),
            "it is told once"
        );
        let place = Place { x: 0, y: 0, width: 1, height: 1, score: 0.9, landmarks: [[0.0; 2]; 5] };
        let smoothed = vec![0.2, 0.2, 0.6];
        let face = TrackedFace { id: 2, number: Some(2), place, probabilities: smoothed.clone(), smoothed };
        assert!(story.see(&picture, 10.0, &settled(vec![face], &[])).is_empty());
        assert!(story.see(&picture, 10.4, &settled(vec![], &[])).is_empty(), "it may come back");
        let ended = story.see(&picture, 10.5, &settled(vec![], &[2]));
        assert_eq!(ended.iter().map(|episode| (episode.track, episode.to)).collect::<Vec<_>>(), [(2, 10.0)]);
    }

    #[test]
    fn few_pictures_are_kept_however_often_a_face_turns() {
        let tops: Vec<(f64, usize)> = (0..2000_usize).map(|frame| (frame as f64 / 10.0, frame / 10 % 3)).collect();
        let (story, episodes) = story(&tops, Keeps::Pictures);
        assert_eq!(episodes.len(), 200);
        assert_eq!(story.tracks[&1].episodes.iter().filter(|episode| episode.shot.is_some()).count(), TURNS);
    }
}
