//! The mouth: the part of the face that says most.

use crate::canvas::{Canvas, Paint, Point, at, circle, curve, mix, smooth};
use crate::face::Face;

/// The mouth's measures, in units of half the head's height.
pub(crate) struct Mouth {
    half_width: f32,
    /// Heights of the left and the right corner.
    corners: [f32; 2],
    /// Heights in the middle: top of the upper lip, its lower edge, top of the lower lip, its lower edge.
    heights: [f32; 4],
    /// 0 an almond, 1 a rectangle.
    square: f32,
    /// How much of the upper and of the lower teeth shows.
    teeth: [f32; 2],
}

impl Mouth {
    /// How this face's actions shape its mouth.
    pub(crate) fn of(face: &Face) -> Self {
        let (person, actions) = (face.person, face.actions);
        let open = 0.035 * actions.part + 0.36 * actions.jaw;
        // A smile, a raised lip and a shout bare the teeth.
        let bared = actions.part.min(1.0)
            * (0.1 * actions.smile + 0.055 * actions.lip_raise + 0.05 * actions.square + 0.03 * actions.stretch);
        let round = 0.3 * actions.jaw * (1.0 - actions.smile.min(1.0)) * (1.0 - actions.square.min(1.0));
        let half_width = person.mouth_width
            * (1.0 + 0.24 * actions.smile + 0.26 * actions.stretch
                - 0.1 * actions.press
                - round
                - 0.08 * actions.lip_raise);
        let line = person.mouth_y - 0.03 * actions.chin_raise;
        let upper_edge = line - 0.07 * actions.lip_raise - 0.02 * actions.smile - 0.1 * open - 0.3 * bared;
        let lower_edge = upper_edge + open + bared;
        let thin = (1.0 - 0.75 * actions.press).max(0.2)
            * (1.0 - 0.25 * actions.smile.min(1.0))
            * (1.0 - 0.2 * actions.stretch.min(1.0));
        let lip = 0.062 * person.lips.max(0.4) * thin;
        let pull = |side: f32| {
            let uneven = 1.0 + side * ((person.key >> 20 & 15) as f32 / 15.0 - 0.5) * 0.35;
            let rise =
                0.16 * actions.smile - 0.12 * actions.corner_drop - 0.05 * actions.chin_raise - 0.03 * actions.stretch;
            line + 0.3 * (open + bared) + person.resting_corners - rise * uneven
        };
        Self {
            half_width,
            corners: [pull(-1.0), pull(1.0)],
            heights: [upper_edge - lip, upper_edge, lower_edge, lower_edge + 1.25 * lip],
            square: (0.75 * actions.square + 0.35 * actions.lip_raise + 0.3 * actions.stretch).min(0.9),
            teeth: [0.06 + 0.7 * bared, if actions.square + actions.stretch > 0.5 { 0.035 } else { 0.0 }],
        }
    }

    /// A lip's edge: through both corners and the given height in the middle.
    fn edge(&self, face: &Face, middle: f32, reach: f32, bow: f32) -> Vec<Point> {
        curve(15, |t| {
            let corner = mix(self.corners[0], self.corners[1], (t + 1.0) / 2.0);
            let even = t * t;
            let profile = 1.0 - mix(even, even * even * even, self.square);
            let cupid = bow * smooth(0.3, 0.0, t.abs());
            face.pose.front(self.half_width * reach * t, corner + (middle - corner) * profile + cupid, 0.06)
        })
    }

    /// Draws lips, teeth and tongue.
    pub(crate) fn draw(&self, face: &Face, canvas: &mut Canvas) {
        let [top, upper, lower, bottom] = self.heights;
        let lip = (upper - top).max(0.0);
        let skin = face.person.skin;
        let upper_lip = self.edge(face, top, 1.0, 0.35 * lip);
        let upper_edge = self.edge(face, upper, 0.97, 0.0);
        let lower_edge = self.edge(face, lower, 0.97, 0.0);
        let lower_lip = self.edge(face, bottom, 1.0, 0.0);
        let closed = |a: &[Point], b: &[Point]| -> Vec<Point> { a.iter().chain(b.iter().rev()).copied().collect() };

        canvas.fill(&closed(&upper_lip, &upper_edge), Paint::SOLID, face.lit(skin * face.person.lip_tone * 0.9));
        canvas.fill(&closed(&lower_edge, &lower_lip), Paint::SOLID, face.lit(skin * face.person.lip_tone));
        let gleam = face.pose.front(0.0, (lower + bottom) / 2.0, 0.06);
        canvas.glow(
            gleam,
            face.pose.right * (self.half_width * 0.5),
            face.pose.down * ((bottom - lower) * 0.6).max(0.02),
            0.18,
        );
        if lower - upper > 0.02 {
            self.inside(face, canvas, &upper_edge, &lower_edge, &closed(&upper_edge, &lower_edge));
        }
        let dark = face.lit(0.28 * skin * face.person.lip_tone);
        canvas.stroke(&upper_edge, Paint::SOLID, |t| mix(0.9, 0.6, smooth(0.3, 0.0, (t - 0.5).abs())), &dark);
        for (i, side) in [-1.0, 1.0].into_iter().enumerate() {
            let corner = face.pose.front(side * self.half_width * 1.03, self.corners[i], 0.05);
            canvas.glow(corner, face.pose.right * 0.08, face.pose.down * 0.07, -0.4);
        }
    }

    /// The open mouth: dark, with teeth, and a tongue if there is room for one.
    fn inside(&self, face: &Face, canvas: &mut Canvas, upper: &[Point], lower: &[Point], opening: &[Point]) {
        canvas.fill(opening, Paint::SOLID, |_| 0.05);
        let gap = self.heights[2] - self.heights[1];
        if gap > 0.16 {
            let tongue = face.pose.front(0.0, self.heights[2] - 0.01, 0.06);
            let size = at(self.half_width * 0.62, gap * 0.36);
            canvas.fill(
                &(0..16)
                    .map(|i| circle(i as f32 / 16.0))
                    .map(|c| tongue + face.pose.right * (size.x * c.x) + face.pose.down * (size.y * c.y.min(0.2)))
                    .collect::<Vec<_>>(),
                Paint::soft(1.2),
                |_| face.person.skin * 0.42,
            );
        }
        let enamel = face.lit(0.86);
        for (edge, share, way) in [(upper, self.teeth[0], 1.0), (lower, self.teeth[1], -1.0)] {
            let tall = share.min(gap * 0.9);
            if tall < 0.015 {
                continue;
            }
            let row = &edge[2..13];
            let outline: Vec<Point> = row
                .iter()
                .copied()
                .chain(row.iter().rev().enumerate().map(|(i, &p)| {
                    let t = i as f32 / 5.0 - 1.0;
                    p + face.pose.down * (way * tall * (1.0 - 0.6 * t * t * t * t))
                }))
                .collect();
            canvas.fill(&outline, Paint::soft(0.7), &enamel);
        }
    }
}
