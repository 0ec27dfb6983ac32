//! Small pictures of a face, as many as fit, spread over a track.

use fer_predict::{Picture, Place, Size};

/// Side of a shot in pixels, and in sides of the face's box.
const SIDE: usize = 88;
const AROUND: f64 = 1.5;
const QUALITY: u8 = 80;
/// Shots of a filmstrip, and the seconds between its first ones.
const STRIP: usize = 12;
const APART: f64 = 0.2;

/// A picture of a face at a time, as JPEG.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shot {
    pub(crate) time: f64,
    pub(crate) jpeg: Vec<u8>,
}

impl Shot {
    pub(crate) fn of(picture: &Picture, place: &Place, time: f64) -> Option<Self> {
        let size = picture.size();
        let side = (AROUND * place.width.max(place.height) as f64) as usize;
        let side = side.min(size.width()).min(size.height());
        let start =
            |start: usize, length: usize, end: usize| (start + length / 2).saturating_sub(side / 2).min(end - side);
        let (x, y) = (start(place.x, place.width, size.width()), start(place.y, place.height, size.height()));
        let small = Size::new(SIDE, SIDE).ok()?;
        let rgb = picture.part(x, y, Size::new(side, side).ok()?).rgb_of_size(small);
        let jpeg = Picture::from_rgb(rgb, small).ok()?.to_jpeg(QUALITY).ok()?;
        Some(Self { time, jpeg })
    }
}

/// Shots at equal distances, at most [`STRIP`]: where there are more, every second one goes, and those to come are twice
/// as far apart.
#[derive(Debug)]
pub(crate) struct Strip {
    pub(crate) shots: Vec<Shot>,
    apart: f64,
}

impl Strip {
    pub(crate) fn new() -> Self {
        Self { shots: vec![], apart: APART }
    }

    pub(crate) fn see(&mut self, time: f64, shot: impl FnOnce() -> Option<Shot>) {
        if self.shots.last().is_some_and(|last| time < last.time + self.apart - 1e-6) {
            return;
        }
        self.shots.extend(shot());
        if self.shots.len() > STRIP {
            let mut number = 0;
            self.shots.retain(|_| {
                number += 1;
                number % 2 == 1
            });
            self.apart *= 2.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strip_stays_short_and_spread() {
        let mut strip = Strip::new();
        for frame in 0..5000 {
            let time = f64::from(frame) / 25.0;
            strip.see(time, || Some(Shot { time, jpeg: vec![] }));
        }
        let times: Vec<f64> = strip.shots.iter().map(|shot| shot.time).collect();
        assert!((STRIP / 2..=STRIP).contains(&times.len()), "{times:?}");
        assert!(times[0] == 0.0 && times.windows(2).all(|pair| pair[1] - pair[0] > 12.0), "{times:?}");
    }

    #[test]
    fn a_shot_stays_in_the_picture() {
        let size = Size::new(100, 300).unwrap();
        let picture = Picture::from_rgb(vec![200; 3 * size.area()], size).unwrap();
        for [x, y, width, height] in [[0, 0, 10, 10], [290, 90, 10, 10], [0, 0, 300, 100], [100, 20, 50, 60]] {
            let place = Place { x, y, width, height, score: 0.9, landmarks: [[0.0; 2]; 5] };
            let shot = Shot::of(&picture, &place, 1.0).expect("a shot");
            assert_eq!(Picture::decode(&shot.jpeg).unwrap().size(), Size::new(SIDE, SIDE).unwrap());
        }
    }
}
