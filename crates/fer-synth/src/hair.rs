//! Hair, beards and hats.

use crate::canvas::{Canvas, Paint, Point, at, circle, curve, mix, noise, smooth};
use crate::face::Face;
use crate::person::{Beard, Hair};

impl Face<'_> {
    /// Tone of the hair at a pixel: strands, and a shine on top.
    fn strands(&self) -> impl Fn(Point) -> f32 {
        let person = self.person;
        move |p| {
            let here = self.pose.locate(p);
            let strand = noise(person.key ^ 99, at(here.x * 14.0, here.y * 3.0));
            let shine = smooth(0.35, 0.0, (here.y + 0.85).abs());
            person.hair_tone * (0.75 + 0.3 * self.light.on_head(here) + 0.22 * strand) + 0.07 * shine * (1.0 + strand)
        }
    }

    fn cloth_tone(&self) -> f32 {
        (self.person.clothes * 0.8 + 0.37 * (self.person.key >> 8 & 1) as f32).min(0.9)
    }

    /// Tone of a hat or a scarf at a pixel; `knit` is the depth of its texture.
    fn cloth(&self, knit: f32) -> impl Fn(Point) -> f32 {
        move |p| {
            let here = self.pose.locate(p);
            let texture = 1.0 + knit * noise(self.person.key, at(here.x * 12.0, here.y * 2.0));
            self.cloth_tone() * texture * self.light.on_head(at(here.x * 0.7, here.y * 0.7))
        }
    }

    /// What hangs or stands behind the head.
    pub(crate) fn hair_behind(&self, canvas: &mut Canvas) {
        let (person, pose) = (self.person, self.pose);
        let grow = person.volume;
        match person.hair {
            Hair::Long | Hair::Headscarf => {
                let mut outline = self.outline_above(0.0, grow + 0.05);
                outline.extend([pose.flat(person.width * 1.2 + grow, 1.3), pose.flat(-person.width * 1.2 - grow, 1.3)]);
                if person.hair == Hair::Long {
                    canvas.fill(&outline, Paint::soft(0.9), self.strands());
                } else {
                    canvas.fill(&outline, Paint::soft(0.9), self.cloth(0.05));
                }
            }
            Hair::Curly => {
                let outline: Vec<Point> = (0..60)
                    .map(|i| {
                        let c = circle(i as f32 / 60.0);
                        let bump = 1.12 + 1.3 * grow + 0.06 * noise(person.key ^ 3, at(i as f32 * 0.9, 0.0));
                        pose.flat(person.width * 1.08 * bump * c.x, -0.2 + 0.9 * bump * c.y)
                    })
                    .collect();
                canvas.fill(&outline, Paint::soft(1.2), self.strands());
            }
            Hair::TiedBack => {
                let knot: Vec<Point> =
                    (0..14).map(|i| circle(i as f32 / 14.0)).map(|c| pose.flat(0.3 * c.x, -1.08 + 0.2 * c.y)).collect();
                canvas.fill(&knot, Paint::SOLID, self.strands());
            }
            _ => {}
        }
    }

    /// What lies on the skull and the forehead.
    pub(crate) fn hair_before(&self, canvas: &mut Canvas) {
        let (person, pose) = (self.person, self.pose);
        let line = person.hairline;
        let part = if person.key & 1 == 0 { 0.35 } else { -0.35 };
        // Lowest height of the hair at the sides, thickness over the skull, and the hairline across the forehead.
        let (sides, grow, height): (f32, f32, Box<dyn Fn(f32) -> f32>) = match person.hair {
            Hair::None => return,
            Hair::Short => (-0.12, person.volume * 0.7, Box::new(move |t| -line + 0.4 * t * t * t * t)),
            Hair::Parted => (-0.1, person.volume, Box::new(move |t| -line - 0.1 + 0.32 * (t - part) * (t - part))),
            Hair::Fringe => (0.0, person.volume, Box::new(move |t| -0.4 - 0.08 * t * part + 0.12 * t * t)),
            Hair::Long => {
                (0.55, person.volume, Box::new(move |t| -line - 0.12 + 0.75 * (t - part * 0.6).abs() * t.abs()))
            }
            Hair::Curly => (0.1, person.volume, Box::new(move |t| -line + 0.05 + 0.35 * t * t)),
            Hair::TiedBack => (-0.2, 0.03, Box::new(move |t| -line - 0.12 + 0.4 * t * t)),
            Hair::Receding => (
                -0.1,
                0.03,
                Box::new(move |t| -line - 0.25 + 0.12 * (3.0 * t).abs().min(1.0) * (1.0 - t * t) + 0.6 * t * t * t * t),
            ),
            Hair::Beanie => (-0.2, 0.1, Box::new(move |_| -0.45)),
            Hair::Cap => (-0.3, 0.08, Box::new(move |_| -0.46)),
            Hair::Headscarf => (0.75, 0.06, Box::new(move |t| -0.66 + 0.5 * t * t)),
        };
        let mut outline = self.outline_above(sides, grow);
        let edge = person.half_width(sides) * 0.93;
        outline.extend(curve(21, |t| {
            let t = -t;
            let y = height(t).min(sides);
            let y = if t.abs() > 0.9 { mix(y, sides, (t.abs() - 0.9) * 10.0) } else { y };
            let wave = 0.03 * noise(person.key ^ 11, at(t * 6.0, 0.5));
            pose.flat(edge * t, y + wave)
        }));
        if matches!(person.hair, Hair::Beanie | Hair::Cap | Hair::Headscarf) {
            self.headwear(canvas, &outline);
        } else {
            canvas.fill(&outline, Paint::soft(1.1), self.strands());
        }
    }

    fn headwear(&self, canvas: &mut Canvas, outline: &[Point]) {
        let person = self.person;
        canvas.fill(outline, Paint::SOLID, self.cloth(if person.hair == Hair::Beanie { 0.15 } else { 0.05 }));
        if person.hair == Hair::Cap {
            let brim = curve(11, |t| self.pose.flat(0.85 * person.width * t, -0.42 - 0.1 * (1.0 - t * t)));
            canvas.stroke(&brim, Paint::SOLID, |_| 0.15 * self.unit(), self.lit(self.cloth_tone() * 0.7));
        }
    }

    /// Hair on the lip, the chin and the jaw.
    pub(crate) fn beard(&self, canvas: &mut Canvas) {
        let person = self.person;
        let tone = self.lit(mix(person.brow_tone, 0.12, 0.3));
        let grown = |p: Point| tone(p) * (1.0 + 0.25 * noise(person.key ^ 77, p * 0.9));
        let drop = self.chin_drop();
        let moustache = curve(11, |t| self.pose.front(0.28 * t, person.mouth_y - 0.13 + 0.1 * t * t, 0.05));
        let jaw = |from: f32, inner: f32| -> Vec<Point> {
            let mut points = curve(17, |t| {
                let y = mix(1.01, from, t * t);
                let side = if t < 0.0 { -1.0 } else { 1.0 };
                self.pose.flat(side * person.half_width(y.min(1.0)) * 1.01, y + drop * smooth(0.1, 1.0, y))
            });
            points
                .extend(curve(11, |t| self.pose.front(-inner * t, mix(from, person.mouth_y + 0.12, 1.0 - t * t), 0.0)));
            points
        };
        match person.beard {
            Beard::None => {}
            Beard::Stubble => {
                canvas.fill(&jaw(0.1, 0.5), Paint { soft: 5.0, alpha: 0.35 }, grown);
                canvas.stroke(&moustache, Paint { soft: 2.0, alpha: 0.3 }, |_| 2.5, grown);
            }
            Beard::Moustache => {
                canvas.stroke(&moustache, Paint::soft(1.2), |t| 2.2 * (1.0 - (2.0 * t - 1.0).abs() * 0.5), grown)
            }
            Beard::Goatee => {
                canvas.stroke(&moustache, Paint::soft(1.2).alpha(0.8), |_| 1.6, grown);
                let chin: Vec<Point> = (0..14)
                    .map(|i| {
                        let c = circle(i as f32 / 14.0);
                        self.pose.front(0.2 * c.x, person.mouth_y + 0.34 + drop + 0.17 * c.y, 0.0)
                    })
                    .collect();
                canvas.fill(&chin, Paint::soft(1.8).alpha(0.85), grown);
            }
            Beard::Full => {
                canvas.fill(&jaw(0.0, 0.5), Paint::soft(3.5).alpha(0.7), grown);
                canvas.stroke(&moustache, Paint::soft(1.5).alpha(0.85), |_| 2.2, grown);
            }
        }
    }
}
