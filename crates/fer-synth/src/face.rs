//! A face and the measures that its parts share.

use crate::canvas::{Canvas, Point, curve, mix};
use crate::expression::Actions;
use crate::person::{Light, Person, Pose};

/// One face about to be drawn.
pub(crate) struct Face<'a> {
    pub(crate) person: &'a Person,
    pub(crate) actions: &'a Actions,
    pub(crate) pose: &'a Pose,
    pub(crate) light: &'a Light,
}

impl Face<'_> {
    /// The light that a surface with this tone returns at a pixel.
    pub(crate) fn lit(&self, tone: f32) -> impl Fn(Point) -> f32 {
        move |p| tone * self.light.on_head(self.pose.locate(p))
    }

    /// Pixels of one unit.
    pub(crate) fn unit(&self) -> f32 {
        self.pose.down.norm()
    }

    /// Brightens or darkens an ellipse on the front of the face.
    pub(crate) fn glow(&self, canvas: &mut Canvas, centre: (f32, f32), half: (f32, f32), amount: f32) {
        let centre = self.pose.front(centre.0, centre.1, 0.0);
        canvas.glow(centre, self.pose.right * half.0, self.pose.down * half.1, amount);
    }

    /// How far the chin hangs below its place.
    pub(crate) fn chin_drop(&self) -> f32 {
        0.15 * self.actions.jaw
    }

    /// The outline of the head from the height `from` (−1 the top) on the left, over the top, to the right;
    /// `grow` widens it.
    pub(crate) fn outline_above(&self, from: f32, grow: f32) -> Vec<Point> {
        curve(25, |t| {
            let y = mix(-1.0, from, t * t);
            let side = if t < 0.0 { -1.0 } else { 1.0 };
            self.pose.flat(side * self.person.half_width(y) * (1.0 + grow), y * (1.0 + grow))
        })
    }
}
