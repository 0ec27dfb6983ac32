//! Eyes, brows, nose and the lines around them.

use crate::canvas::{Canvas, Paint, Point, at, circle, curve, mix, smooth};
use crate::face::Face;
use crate::person::Glasses;

impl Face<'_> {
    /// Gaze, in units.
    fn gaze(&self) -> Point {
        let look = circle((self.person.key % 97) as f32 / 97.0);
        at(look.x * 0.035, look.y * 0.012 + 0.02 * self.actions.droop)
    }

    pub(crate) fn eyes(&self, canvas: &mut Canvas) {
        for side in [-1.0, 1.0] {
            self.eye(canvas, side);
        }
    }

    fn eye(&self, canvas: &mut Canvas, side: f32) {
        let (person, actions) = (self.person, self.actions);
        let squint = (0.55 * actions.cheek_raise + 0.4 * actions.lid_tighten + 0.3 * actions.nose_wrinkle).min(1.1);
        let upper = person.eye_open * (1.0 + 0.75 * actions.lid_raise - 0.3 * squint - 0.55 * actions.droop).max(0.12);
        let lower = person.eye_open * (0.75 + 0.25 * actions.lid_raise - 0.85 * squint).max(-0.35);
        let lower = lower.max(0.02 - upper);
        let half = person.eye_width;
        // t runs from the inner to the outer corner.
        let place = |t: f32, y: f32| {
            let slant = person.eye_slant - 0.02 * actions.droop;
            let x = side * (person.eye_gap + half * t);
            self.pose.front(x, person.eye_y - slant * t + y, 0.0)
        };
        let bow = |t: f32| 1.0 - t * t * mix(1.0, t * t, 0.35);
        let upper_lid = curve(11, |t| place(t, -upper * bow(t) * (1.0 - 0.12 * t)));
        let lower_lid = curve(11, |t| place(t, lower * bow(t) * (1.0 + 0.12 * t)));
        let mut opening = upper_lid.clone();
        opening.extend(lower_lid.iter().rev());

        let gaze = self.gaze();
        let pupil = place(0.0, 0.0) + self.pose.right * gaze.x + self.pose.down * gaze.y;
        let radius = 0.078 * self.unit();
        let white = self.lit(0.88);
        canvas.fill(&opening, Paint::SOLID, |p| {
            let from_pupil = (p - pupil).norm() / radius;
            let iris = mix(0.05, person.iris, smooth(0.35, 0.6, from_pupil));
            let glint = p - pupil - at(-0.3, -0.35) * radius;
            if glint.norm() < 0.3 * radius {
                return 0.85;
            }
            mix(iris, white(p), smooth(0.85, 1.1, from_pupil))
        });
        let lash = self.lit(mix(person.skin, 0.03, person.lashes));
        canvas.stroke(&upper_lid, Paint::SOLID, |t| mix(0.6, 1.1, t) * (0.5 + person.lashes), &lash);
        canvas.stroke(&lower_lid, Paint::SOLID.alpha(0.45), |_| 0.6, &lash);
        self.lid_folds(canvas, &place, upper, lower);
    }

    /// The crease above the eye and the bag below it.
    fn lid_folds(&self, canvas: &mut Canvas, place: &dyn Fn(f32, f32) -> Point, upper: f32, lower: f32) {
        let (person, actions) = (self.person, self.actions);
        let shade = self.lit(person.skin * 0.55);
        let crease = 0.045 + 0.03 * actions.droop - 0.02 * actions.lid_raise.min(1.0);
        let fold = curve(9, |t| place(t * 0.95, -(upper + crease) * (1.0 - 0.6 * t * t)));
        canvas.stroke(&fold, Paint::soft(0.8).alpha(0.5), |_| 0.6, &shade);
        let push = (0.5 * actions.cheek_raise + 0.3 * actions.lid_tighten).min(1.0);
        let bag = curve(9, |t| place(t * 0.9, lower + 0.06 + 0.02 * (1.0 - t * t)));
        canvas.stroke(&bag, Paint::soft(1.0).alpha((0.15 + 0.5 * push + 0.15 * person.age).min(0.8)), |_| 0.7, &shade);
    }

    pub(crate) fn brows(&self, canvas: &mut Canvas) {
        let (person, actions) = (self.person, self.actions);
        let tone = self.lit(person.brow_tone);
        for side in [-1.0, 1.0] {
            let uneven = 1.0 + side * ((person.key >> 16 & 15) as f32 / 15.0 - 0.5) * 0.3;
            let line = curve(11, |t| {
                // 0 at the inner, 1 at the outer end.
                let out = (t + 1.0) / 2.0;
                let raise = mix(0.15 * actions.inner_brow, 0.13 * actions.outer_brow, smooth(0.0, 0.9, out)) * uneven;
                let lower = mix(0.13, 0.01, smooth(0.0, 0.8, out))
                    * actions.brow_lower
                    * (1.0 - 0.55 * actions.inner_brow.min(1.0))
                    + mix(0.06, 0.02, out) * actions.nose_wrinkle;
                let together = 0.06 * actions.brow_lower * (1.0 - out);
                let arch = person.brow_arch * 4.0 * out * (1.0 - out)
                    + 0.03 * actions.outer_brow * smooth(0.3, 0.6, out) * smooth(1.0, 0.6, out);
                let x = person.eye_gap - 0.2 - together + 0.4 * out;
                let y = person.eye_y - person.brow_gap + 0.03 * out * out - arch - raise + lower;
                self.pose.front(side * x, y, 0.03)
            });
            let thick = person.brow_thick * self.unit();
            canvas.stroke(&line, Paint::soft(0.9).alpha(0.85), |t| thick * mix(1.0, 0.45, t * t), &tone);
        }
    }

    /// Lines that an action draws into the skin, deeper with age.
    pub(crate) fn wrinkles(&self, canvas: &mut Canvas) {
        let (person, actions) = (self.person, self.actions);
        let shade = self.lit(person.skin * 0.55);
        let depth = |action: f32| (action * (0.35 + 0.5 * person.age)).min(0.85);
        let raised = 0.6 * actions.inner_brow + 0.5 * actions.outer_brow + 0.1 * person.age;
        for i in 0..3 {
            let y = person.eye_y - 0.4 - 0.1 * i as f32 - 0.04 * actions.outer_brow;
            // Brows raised and drawn together wrinkle the middle of the forehead alone.
            let reach = mix(0.4, 0.22, (actions.brow_lower * 1.4).min(1.0));
            let line = curve(9, |t| self.pose.front(reach * t, y + 0.02 * t * t, 0.0));
            canvas.stroke(&line, Paint::soft(0.9).alpha(depth(raised) * 0.7), |_| 0.6, &shade);
        }
        for side in [-1.0, 1.0] {
            let frown = [
                self.pose.front(side * 0.05, person.eye_y - 0.22, 0.02),
                self.pose.front(side * 0.04, person.eye_y - 0.08, 0.04),
            ];
            canvas.stroke(&frown, Paint::soft(0.8).alpha(depth(1.5 * actions.brow_lower)), |_| 0.8, &shade);
            let scrunch = [
                self.pose.front(side * 0.02, person.eye_y + 0.05, 0.08),
                self.pose.front(side * 0.13, person.eye_y + 0.14, 0.0),
            ];
            canvas.stroke(&scrunch, Paint::soft(0.8).alpha(depth(1.6 * actions.nose_wrinkle)), |_| 0.8, &shade);
            for i in 0..2 {
                let start = self.pose.front(side * (person.eye_gap + 0.2), person.eye_y + 0.02, 0.0);
                let end = self.pose.front(side * (person.eye_gap + 0.31), person.eye_y - 0.05 + 0.12 * i as f32, 0.0);
                canvas.stroke(&[start, end], Paint::soft(0.8).alpha(depth(actions.cheek_raise) * 0.8), |_| 0.5, &shade);
            }
            self.nasolabial_fold(canvas, side, &shade);
        }
    }

    /// The fold from the wing of the nose around the corner of the mouth.
    fn nasolabial_fold(&self, canvas: &mut Canvas, side: f32, shade: &dyn Fn(Point) -> f32) {
        let (person, actions) = (self.person, self.actions);
        let pulled = 0.75 * actions.smile + 0.7 * actions.lip_raise + 0.6 * actions.nose_wrinkle;
        let top = person.nose_length + person.eye_y - 0.02 - 0.05 * actions.nose_wrinkle;
        let out = person.mouth_width + 0.09 + 0.06 * actions.smile;
        let fold = curve(9, |t| {
            let down = (t + 1.0) / 2.0;
            let x = mix(person.nose_width + 0.04, out, down * (1.5 - 0.5 * down));
            self.pose.front(side * x, mix(top, person.mouth_y + 0.02 - 0.04 * actions.smile, down), 0.0)
        });
        let alpha = (0.08 + 0.2 * person.age + 0.6 * pulled).min(0.9);
        canvas.stroke(&fold, Paint::soft(1.2).alpha(alpha), |t| 1.3 * (1.0 - 0.5 * t), shade);
    }

    pub(crate) fn nose(&self, canvas: &mut Canvas) {
        let (person, actions) = (self.person, self.actions);
        let shade = self.lit(person.skin * 0.5);
        let base = person.eye_y + person.nose_length - 0.045 * actions.nose_wrinkle;
        let wide =
            person.nose_width * (1.0 + 0.18 * actions.nose_wrinkle + 0.08 * actions.smile + 0.06 * actions.square);
        let lit_side = if self.light.side() > 0.0 { 1.0 } else { -1.0 };
        // Shade along the side away from the light, light along the ridge.
        let flank = curve(7, |t| {
            self.pose.front(
                -lit_side * mix(0.05, wide * 0.75, (t + 1.0) / 2.0),
                mix(person.eye_y - 0.05, base - 0.05, (t + 1.0) / 2.0),
                0.08,
            )
        });
        canvas.stroke(
            &flank,
            Paint::soft(1.6).alpha(0.25 + 0.35 * self.light.side().abs()),
            |t| mix(1.0, 2.2, t),
            &shade,
        );
        self.glow(canvas, (0.0, person.eye_y + 0.1), (0.06, 0.26), 0.14);
        let tip = self.pose.front(0.0, base - 0.07, 0.18);
        canvas.glow(tip, self.pose.right * 0.1, self.pose.down * 0.1, 0.2);
        // The shade below the tip, wings and nostrils.
        let under = self.pose.front(0.0, base + 0.06, 0.06);
        canvas.glow(under, self.pose.right * 0.2, self.pose.down * 0.08, -0.28);
        for side in [-1.0, 1.0] {
            let wing = curve(7, |t| {
                let c = circle(0.25 - side * 0.2 + side * 0.17 * t);
                self.pose.front(side * wide * 0.66 + 0.4 * wide * c.x, base - 0.035 + 0.06 * c.y, 0.08)
            });
            canvas.stroke(&wing, Paint::soft(0.8).alpha(0.6), |_| 0.7, &shade);
            let nostril = self.pose.front(side * wide * 0.48, base + 0.012, 0.12);
            canvas.glow(nostril, self.pose.right * (wide * 0.42), self.pose.down * 0.045, -0.7);
        }
    }

    pub(crate) fn glasses(&self, canvas: &mut Canvas) {
        let person = self.person;
        let square = match person.glasses {
            Glasses::None => return,
            Glasses::Round => 0.0,
            Glasses::Square => 0.5,
        };
        let rim = |_: Point| 0.08 + 0.3 * (person.key >> 4 & 1) as f32;
        let y = person.eye_y + 0.03;
        for side in [-1.0, 1.0] {
            let ring: Vec<Point> = (0..=24)
                .map(|i| {
                    let c = circle(i as f32 / 24.0);
                    // Towards a rounded rectangle by pushing the diagonals out.
                    let push = 1.0 + square * 2.0 * c.x * c.x * c.y * c.y * 1.2;
                    self.pose.front(side * (person.eye_gap + 0.01) + 0.235 * c.x * push, y + 0.175 * c.y * push, 0.12)
                })
                .collect();
            canvas.fill(&ring, Paint::SOLID.alpha(0.08), |_| 1.0);
            canvas.stroke(&ring, Paint::SOLID, |_| 0.8, rim);
            let arm = [
                self.pose.front(side * (person.eye_gap + 0.24), y - 0.05, 0.1),
                self.pose.flat(side * person.width, y - 0.06),
            ];
            canvas.stroke(&arm, Paint::SOLID, |_| 0.7, rim);
        }
        let bridge = [
            self.pose.front(-0.09, y - 0.03, 0.14),
            self.pose.front(0.0, y - 0.06, 0.16),
            self.pose.front(0.09, y - 0.03, 0.14),
        ];
        canvas.stroke(&bridge, Paint::SOLID, |_| 0.8, rim);
    }
}
