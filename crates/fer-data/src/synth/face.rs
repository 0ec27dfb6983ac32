//! The head, from the back to the front.

use super::canvas::{Canvas, Paint, Point, circle, curve, mix, noise, smooth};
use super::expression::Actions;
use super::mouth::Mouth;
use super::person::{Light, Person, Pose};

/// One face about to be drawn.
pub(super) struct Face<'a> {
    pub(super) person: &'a Person,
    pub(super) actions: &'a Actions,
    pub(super) pose: &'a Pose,
    pub(super) light: &'a Light,
}

impl Face<'_> {
    /// Draws everything, back to front.
    pub(super) fn draw(&self, canvas: &mut Canvas) {
        self.hair_behind(canvas);
        self.shoulders(canvas);
        if !self.person.hair.covers_ears() {
            self.ears(canvas);
        }
        self.head(canvas);
        self.relief(canvas);
        self.beard(canvas);
        self.wrinkles(canvas);
        self.nose(canvas);
        Mouth::of(self).draw(self, canvas);
        self.eyes(canvas);
        self.brows(canvas);
        self.hair_before(canvas);
        self.glasses(canvas);
    }

    /// The light that a surface with this tone returns at a pixel.
    pub(super) fn lit(&self, tone: f32) -> impl Fn(Point) -> f32 {
        move |p| tone * self.light.on_head(self.pose.locate(p))
    }

    /// Pixels of one unit.
    pub(super) fn unit(&self) -> f32 {
        self.pose.down.norm()
    }

    /// Brightens or darkens an ellipse on the front of the face.
    pub(super) fn glow(&self, canvas: &mut Canvas, centre: (f32, f32), half: (f32, f32), amount: f32) {
        let centre = self.pose.front(centre.0, centre.1, 0.0);
        canvas.glow(centre, self.pose.right * half.0, self.pose.down * half.1, amount);
    }

    /// How far the chin hangs below its place.
    pub(super) fn chin_drop(&self) -> f32 {
        0.15 * self.actions.jaw
    }

    /// The outline of the head from the height `from` (−1 the top) on the left, over the top, to the right;
    /// `grow` widens it.
    pub(super) fn outline_above(&self, from: f32, grow: f32) -> Vec<Point> {
        curve(25, |t| {
            let y = mix(-1.0, from, t * t);
            let side = if t < 0.0 { -1.0 } else { 1.0 };
            self.pose.flat(side * self.person.half_width(y) * (1.0 + grow), y * (1.0 + grow))
        })
    }

    fn head_outline(&self) -> Vec<Point> {
        (0..44)
            .map(|i| {
                let c = circle(i as f32 / 44.0);
                let y = c.y;
                let side = if c.x < 0.0 { -1.0 } else { 1.0 };
                let puff = 1.0
                    + 0.04
                        * (self.actions.smile + self.actions.cheek_raise)
                        * smooth(0.1, 0.4, y)
                        * smooth(0.8, 0.4, y);
                self.pose.flat(side * self.person.half_width(y) * puff, y + self.chin_drop() * smooth(0.1, 1.0, y))
            })
            .collect()
    }

    fn head(&self, canvas: &mut Canvas) {
        let person = self.person;
        canvas.fill(&self.head_outline(), Paint::SOLID, |p| {
            let texture = 1.0 + 0.03 * noise(person.key, p * 0.3);
            person.skin * texture * self.light.on_head(self.pose.locate(p))
        });
    }

    fn ears(&self, canvas: &mut Canvas) {
        for side in [-1.0, 1.0] {
            let x = side * (self.person.width - 0.02);
            let outline: Vec<Point> = (0..14)
                .map(|i| {
                    let c = circle(i as f32 / 14.0);
                    self.pose.flat(x + 0.1 * c.x, 0.02 + 0.19 * c.y)
                })
                .collect();
            canvas.fill(&outline, Paint::SOLID, self.lit(self.person.skin * 0.95));
            canvas.glow(self.pose.flat(x, 0.02), self.pose.right * 0.07, self.pose.down * 0.13, -0.4);
        }
    }

    fn shoulders(&self, canvas: &mut Canvas) {
        let neck = self.person.width * 0.62;
        let pose = self.pose;
        let outline =
            [pose.flat(-neck, 0.4), pose.flat(neck, 0.4), pose.flat(neck * 1.1, 1.5), pose.flat(-neck * 1.1, 1.5)];
        canvas.fill(&outline, Paint::SOLID, |p| self.person.skin * mix(0.4, 0.75, smooth(0.9, 1.3, pose.locate(p).y)));
        let cloth = curve(13, |t| pose.flat(1.3 * t, 1.12 + 0.35 * t * t - 0.1 * smooth(0.25, 0.5, t.abs()) + 0.06));
        let mut body = cloth.clone();
        body.extend([pose.flat(1.6, 2.2), pose.flat(-1.6, 2.2)]);
        canvas
            .fill(&body, Paint::SOLID, |p| self.person.clothes * (0.85 + 0.12 * noise(self.person.key ^ 5, p * 0.15)));
    }

    /// The light and shade that bones and flesh make.
    fn relief(&self, canvas: &mut Canvas) {
        let (person, actions) = (self.person, self.actions);
        for side in [-1.0, 1.0] {
            let lit = 1.0 + 0.8 * side * self.light.side();
            let lowered = 0.14 * actions.brow_lower + 0.05 * actions.nose_wrinkle;
            self.glow(canvas, (side * person.eye_gap, person.eye_y - 0.05), (0.27, 0.2), -0.2 - lowered);
            self.glow(
                canvas,
                (side * 0.38, 0.2 - 0.06 * actions.cheek_raise),
                (0.24, 0.2),
                (0.09 + 0.12 * actions.cheek_raise) * lit,
            );
            self.glow(canvas, (side * 0.52, 0.48), (0.2, 0.4), -0.14);
            self.glow(canvas, (side * 0.3, -0.55), (0.34, 0.26), 0.07 * lit);
            // Tired eyes: a shade below the lower lid.
            self.glow(canvas, (side * person.eye_gap, person.eye_y + 0.15), (0.2, 0.09), -0.1 - 0.12 * person.age);
        }
        self.glow(canvas, (0.0, 0.86 + self.chin_drop()), (0.24, 0.17), 0.12);
        self.glow(
            canvas,
            (0.0, person.mouth_y + 0.19 + self.chin_drop() * 0.8),
            (0.22, 0.08),
            -0.16 - 0.16 * actions.chin_raise,
        );
    }
}
