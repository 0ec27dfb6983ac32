use fer_artifact::Size;
use fer_imgproc::{Picture, Roll, WayUp};

use crate::crop::{Square, middle};
use crate::{Face, Finder, SMALLEST};

/// A face that shows less tilt, in degrees, counts as level.
const LEVEL: f64 = 3.0;
/// Looks at a face, at most.
const LOOKS: usize = 3;
/// Sides of a face's box that are looked at, and the side of what is seen of them, in pixels. The detector sees the tilt of large
/// faces alone: of FER2013's images turned by 15°, it shows 12° where they are 192 pixels wide, and 2° where they are 90.
const AROUND: f64 = 1.6;
const SEEN: usize = 224;
/// The face is the one whose middle lies so near that of what is seen, in sides of it.
const NEAR: f64 = 0.2;

impl Finder {
    /// A face of a gray picture as it is seen large and upright. Where a face is small, the detector hardly sees that it is tilted;
    /// where it is large, it shows less tilt than there is, and a box too wide. So the face is enlarged, turned by what it shows, and
    /// looked at again, until it seems level; landmarks and the sides of the box are then those of the last look, in pixels of
    /// the picture, and the box keeps its middle. A face that turns out to be level, and one that is not found again, is what
    /// it was; so is any whose roll is kept.
    ///
    /// # Panics
    /// If `image` has not as many pixels as `size` says.
    pub fn level(&self, image: &[u8], size: Size, face: &Face, roll: Roll) -> Face {
        let mut known = *face;
        if roll == Roll::Kept {
            return known;
        }
        for _ in 0..LOOKS {
            let Some((seen, rest)) = self.look_again(image, size, &known) else { break };
            known = seen;
            if rest.abs() < LEVEL {
                break;
            }
        }
        if tilt(&known).abs() < LEVEL { *face } else { known }
    }

    /// The face where the picture is turned by its tilt, in pixels of the picture; and the tilt that is left.
    fn look_again(&self, image: &[u8], size: Size, face: &Face) -> Option<(Face, f64)> {
        let view = Square { side: AROUND * face.side(), ..Square::of(face, Roll::TakenOut) };
        let to = Size::new(SEEN, SEEN).ok()?;
        let picture = Picture::from_gray(view.turned(image, size, to, 1), to).ok()?;
        let half = SEEN as f64 / 2.0;
        let away = |face: &Face| {
            let [x, y] = middle(face).map(|place| place - half);
            (x * x + y * y).sqrt()
        };
        let found = self.find(&picture, Some(SMALLEST), WayUp::Upright);
        let found = found.into_iter().min_by(|a, b| away(a).total_cmp(&away(b)));
        let found = found.filter(|face| away(face) < NEAR * SEEN as f64)?;
        let scale = view.side / SEEN as f64;
        let back = |[x, y]: [f64; 2]| {
            let ([x, y], [cosine, sine]) = ([scale * (x - half), scale * (y - half)], view.across);
            [view.centre[0] + cosine * x - sine * y, view.centre[1] + sine * x + cosine * y]
        };
        let (width, height) = (scale * found.width, scale * found.height);
        let (x, y) = (face.x + (face.width - width) / 2.0, face.y + (face.height - height) / 2.0);
        Some((Face { x, y, width, height, landmarks: found.landmarks.map(back), score: face.score }, tilt(&found)))
    }
}

/// How far the line of the eyes is from level, in degrees.
fn tilt(face: &Face) -> f64 {
    let [from, to, ..] = face.landmarks;
    libm::atan2(to[1] - from[1], to[0] - from[0]).to_degrees()
}
