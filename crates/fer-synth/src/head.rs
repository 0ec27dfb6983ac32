//! Head, ears and shoulders, and the light and shade on the front of the face.

use crate::canvas::{Canvas, Paint, Point, circle, curve, mix, noise, smooth};
use crate::face::Face;

impl Face<'_> {
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

    pub(crate) fn head(&self, canvas: &mut Canvas) {
        let person = self.person;
        canvas.fill(&self.head_outline(), Paint::SOLID, |p| {
            let texture = 1.0 + 0.03 * noise(person.key, p * 0.3);
            person.skin * texture * self.light.on_head(self.pose.locate(p))
        });
    }

    pub(crate) fn ears(&self, canvas: &mut Canvas) {
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

    pub(crate) fn shoulders(&self, canvas: &mut Canvas) {
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
    pub(crate) fn relief(&self, canvas: &mut Canvas) {
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
