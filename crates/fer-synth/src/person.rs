//! Who is in the picture, and how it was taken: everything that says nothing about the expression.

use crate::canvas::{Point, at, circle, mix};
use crate::dice::Dice;

/// How the hair is worn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hair {
    None,
    Short,
    Parted,
    Fringe,
    Long,
    Curly,
    TiedBack,
    Receding,
    Beanie,
    Cap,
    Headscarf,
}

impl Hair {
    fn draw(dice: &mut Dice) -> Self {
        use Hair::*;
        const STYLES: [Hair; 18] = [
            Short, Short, Short, Parted, Parted, Parted, Fringe, Fringe, Long, Long, Long, Curly, Curly, TiedBack,
            Receding, Receding, None, Short,
        ];
        match dice.below(100) {
            0..3 => Beanie,
            3..6 => Cap,
            6..10 => Headscarf,
            _ => STYLES[dice.below(STYLES.len())],
        }
    }

    /// Whether it falls beside the face, over the ears.
    pub(crate) fn covers_ears(self) -> bool {
        matches!(self, Hair::Long | Hair::Curly | Hair::Headscarf | Hair::Beanie)
    }
}

/// Hair in the face.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beard {
    None,
    Stubble,
    Moustache,
    Goatee,
    Full,
}

/// Something in front of the eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Glasses {
    None,
    Round,
    Square,
}

/// The lasting traits of a face. Lengths are in units of half the head's height; tones are the share of light that
/// the surface returns.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// Half the head's width.
    pub(crate) width: f32,
    /// 0 an oval jaw, 1 an angular one.
    pub(crate) jaw_square: f32,
    /// How much narrower the jaw is than the skull.
    pub(crate) taper: f32,
    /// 0 young to 1 old: wrinkles.
    pub(crate) age: f32,
    pub(crate) skin: f32,
    pub(crate) hair_tone: f32,
    pub(crate) hair: Hair,
    /// Height of the hairline above the middle of the face.
    pub(crate) hairline: f32,
    /// Thickness of the hair above the skull.
    pub(crate) volume: f32,
    pub(crate) eye_gap: f32,
    pub(crate) eye_y: f32,
    pub(crate) eye_width: f32,
    pub(crate) eye_open: f32,
    /// Height of the outer above the inner corner of the eye.
    pub(crate) eye_slant: f32,
    pub(crate) iris: f32,
    /// Dark lashes, or make-up.
    pub(crate) lashes: f32,
    pub(crate) brow_gap: f32,
    pub(crate) brow_thick: f32,
    pub(crate) brow_arch: f32,
    pub(crate) brow_tone: f32,
    pub(crate) nose_length: f32,
    pub(crate) nose_width: f32,
    pub(crate) mouth_y: f32,
    pub(crate) mouth_width: f32,
    pub(crate) lips: f32,
    /// Tone of the lips as a share of the skin's.
    pub(crate) lip_tone: f32,
    /// Height of the corners of the mouth at rest.
    pub(crate) resting_corners: f32,
    pub(crate) beard: Beard,
    pub(crate) glasses: Glasses,
    pub(crate) clothes: f32,
    /// Key of the person's noise textures.
    pub(crate) key: u32,
}

impl Person {
    /// A random person.
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        let skin = if dice.chance(0.3) { dice.range(0.24, 0.5) } else { dice.range(0.5, 0.82) };
        let age = dice.unit();
        let masculine = dice.chance(0.5);
        let hair_tone = match dice.below(10) {
            0..6 => dice.range(0.04, 0.16),
            6..8 => dice.range(0.16, 0.32),
            _ if age > 0.6 || skin > 0.65 => dice.range(0.4, 0.72),
            _ => dice.range(0.05, 0.2),
        };
        let painted = !masculine && dice.chance(0.4);
        Self {
            width: 0.725 + dice.normal(0.04),
            jaw_square: (if masculine { 0.55 } else { 0.25 }) + dice.around(0.25),
            taper: 0.16 + dice.normal(0.06),
            age,
            skin,
            hair_tone,
            hair: Hair::draw(dice),
            hairline: 0.62 + dice.normal(0.06),
            volume: dice.range(0.06, 0.2),
            eye_gap: 0.315 + dice.normal(0.016),
            eye_y: -0.1 + dice.normal(0.025),
            eye_width: 0.165 + dice.normal(0.013),
            eye_open: 0.072 * (1.0 + dice.normal(0.17)),
            eye_slant: dice.normal(0.015),
            iris: dice.range(0.05, if skin > 0.6 { 0.4 } else { 0.15 }),
            lashes: if painted { dice.range(0.7, 1.0) } else { dice.range(0.35, 0.7) },
            brow_gap: 0.205 + dice.normal(0.026),
            brow_thick: if masculine { 0.075 } else { 0.05 } * (1.0 + dice.normal(0.25)),
            brow_arch: 0.035 + dice.normal(0.02),
            brow_tone: mix(hair_tone, 0.1, dice.range(0.2, 0.8)),
            nose_length: 0.3 + dice.normal(0.03),
            nose_width: 0.125 + dice.normal(0.018),
            mouth_y: 0.5 + dice.normal(0.025),
            mouth_width: 0.27 + dice.normal(0.02),
            lips: (if masculine { 0.8 } else { 1.1 }) + dice.normal(0.22),
            lip_tone: if painted { dice.range(0.4, 0.65) } else { dice.range(0.68, 0.88) },
            resting_corners: -0.012 + dice.normal(0.015),
            beard: if masculine { Self::draw_beard(dice) } else { Beard::None },
            glasses: match dice.below(20) {
                0 => Glasses::Round,
                1 => Glasses::Square,
                _ => Glasses::None,
            },
            clothes: dice.range(0.05, 0.9),
            key: dice.word(),
        }
    }

    fn draw_beard(dice: &mut Dice) -> Beard {
        match dice.below(20) {
            0..4 => Beard::Stubble,
            4 => Beard::Moustache,
            5 => Beard::Goatee,
            6 | 7 => Beard::Full,
            _ => Beard::None,
        }
    }

    /// Half the head's width at the height `y` (−1 top of the skull, 1 chin).
    pub(crate) fn half_width(&self, y: f32) -> f32 {
        let square = y * y;
        let oval = (1.0 - square).max(0.0).sqrt();
        let angular = (1.0 - square * square).max(0.0).sqrt().sqrt();
        if y < 0.0 {
            self.width * mix(oval, angular, 0.25)
        } else {
            self.width
                * mix(oval, angular, mix(0.25, 0.75, self.jaw_square) * mix(0.6, 1.0, y))
                * (1.0 - self.taper * square)
        }
    }
}

/// Where the head is and where it looks.
#[derive(Debug, Clone)]
pub(crate) struct Pose {
    centre: Point,
    /// Pixels of one unit to the face's left and down.
    pub(crate) right: Point,
    pub(crate) down: Point,
    yaw: f32,
    pitch: f32,
}

impl Pose {
    /// A random pose: mostly upright and from the front, as face detectors leave it.
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        let scale = 23.5 + dice.normal(1.0);
        let roll = circle(dice.normal(0.014));
        let centre = at(24.0 + dice.normal(0.75), 24.3 + dice.normal(0.75));
        let squeeze = 1.0 + dice.normal(0.03);
        Self {
            centre,
            right: roll * (scale * squeeze),
            down: at(-roll.y, roll.x) * scale,
            yaw: dice.normal(0.09),
            pitch: dice.normal(0.045),
        }
    }

    /// A place in the plane of the head's outline.
    pub(crate) fn flat(&self, x: f32, y: f32) -> Point {
        self.centre + self.right * x + self.down * y
    }

    /// A place on the front of the head, `height` above its surface: the head is turned like an ellipsoid.
    pub(crate) fn front(&self, x: f32, y: f32, height: f32) -> Point {
        let depth = 0.75 * (1.0 - 0.9 * x * x - 0.6 * y * y).max(0.0).sqrt() + height;
        // sin ≈ t and cos ≈ 1 − t²/2 are near enough for angles below half a radian.
        let (yaw, pitch) = (self.yaw, self.pitch);
        self.flat(x * (1.0 - yaw * yaw / 2.0) + depth * yaw, y * (1.0 - pitch * pitch / 2.0) + depth * pitch)
    }

    /// The place in the head's plane that a pixel shows.
    pub(crate) fn locate(&self, p: Point) -> Point {
        let d = p - self.centre;
        at(d.dot(self.right) / self.right.dot(self.right), d.dot(self.down) / self.down.dot(self.down))
    }
}

/// The light on the scene.
#[derive(Debug, Clone)]
pub(crate) struct Light {
    direction: (f32, f32, f32),
    strength: f32,
    ambient: f32,
}

impl Light {
    /// Random light, mostly from above and before the face.
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        let (x, y, z) = (dice.normal(0.55), -0.35 + dice.normal(0.3), 0.8);
        let length = (x * x + y * y + z * z).sqrt();
        let strength = dice.range(0.25, 0.85);
        Self { direction: (x / length, y / length, z / length), strength, ambient: 1.0 - 0.8 * strength }
    }

    /// Light on a round head at this place in its plane.
    pub(crate) fn on_head(&self, p: Point) -> f32 {
        let (x, y) = (p.x * 1.12, p.y * 0.82);
        let z = (1.0 - x * x - y * y).max(0.03).sqrt();
        let (lx, ly, lz) = self.direction;
        let facing = (x * lx + y * ly + z * lz) / (x * x + y * y + z * z).sqrt();
        self.ambient + self.strength * facing.max(0.0)
    }

    /// −1 from the left of the picture to 1 from its right.
    pub(crate) fn side(&self) -> f32 {
        self.direction.0 * self.strength
    }
}
