//! A small gray canvas with soft-edged shapes, drawn by signed distance on a finer grid.
//!
//! Lengths are pixels of the finished picture, the origin its upper left corner. Tones are reflected light,
//! 0 black and 1 white; they may leave that range until the picture is developed.

use std::ops::{Add, Mul, Sub};

/// Height and width of the finished picture, in pixels.
pub(crate) const SIDE: usize = 48;
/// Samples a pixel and axis.
const FINE: usize = 2;
const GRID: usize = SIDE * FINE;

/// A place or a displacement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: f32,
    pub(crate) y: f32,
}

/// Short for a [`Point`].
pub(crate) const fn at(x: f32, y: f32) -> Point {
    Point { x, y }
}

impl Point {
    pub(crate) fn dot(self, other: Point) -> f32 {
        self.x * other.x + self.y * other.y
    }

    pub(crate) fn norm(self) -> f32 {
        self.dot(self).sqrt()
    }
}

impl Add for Point {
    type Output = Point;
    fn add(self, other: Point) -> Point {
        at(self.x + other.x, self.y + other.y)
    }
}

impl Sub for Point {
    type Output = Point;
    fn sub(self, other: Point) -> Point {
        at(self.x - other.x, self.y - other.y)
    }
}

impl Mul<f32> for Point {
    type Output = Point;
    fn mul(self, factor: f32) -> Point {
        at(self.x * factor, self.y * factor)
    }
}

/// From `a` at 0 to `b` at 1.
pub(crate) fn mix(a: f32, b: f32, share: f32) -> f32 {
    a + (b - a) * share
}

/// 0 up to `low`, 1 from `high` on, smooth between.
pub(crate) fn smooth(low: f32, high: f32, value: f32) -> f32 {
    let t = ((value - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// The point of the unit circle after this share of a turn, clockwise from the right. From exact
/// operations alone, and within a thousandth of the sine and cosine.
pub(crate) fn circle(turn: f32) -> Point {
    let turn = turn - turn.floor();
    let quarter = (turn * 4.0).floor().min(3.0);
    let u = turn * 4.0 - quarter;
    // tan(πu/4) by its series, the last factor such that a quarter ends where it should.
    let (square, first) = (u * u, std::f32::consts::FRAC_PI_4);
    let u = u * (first + square * (0.1615 + square * (0.0398 + square * (0.7987 - first))));
    let (cos, sin) = ((1.0 - u * u) / (1.0 + u * u), 2.0 * u / (1.0 + u * u));
    match quarter as u8 {
        0 => at(cos, sin),
        1 => at(-sin, cos),
        2 => at(-cos, -sin),
        _ => at(sin, -cos),
    }
}

/// `count` points of a curve with its parameter from −1 to 1.
pub(crate) fn curve(count: usize, place: impl Fn(f32) -> Point) -> Vec<Point> {
    (0..count).map(|i| place(2.0 * i as f32 / (count - 1) as f32 - 1.0)).collect()
}

/// Smooth noise in ±1 over the plane, with features about one unit in size.
pub(crate) fn noise(key: u32, p: Point) -> f32 {
    let (left, top) = (p.x.floor(), p.y.floor());
    let corner = |dx: i32, dy: i32| {
        let mut h = key ^ ((left as i32 + dx) as u32).wrapping_mul(0x9E37_79B1);
        h = (h ^ (h >> 15)).wrapping_mul(0x85EB_CA77) ^ ((top as i32 + dy) as u32).wrapping_mul(0xC2B2_AE3D);
        h = (h ^ (h >> 13)).wrapping_mul(0x27D4_EB2F);
        (h >> 8) as f32 / 8_388_608.0 - 1.0
    };
    let (sx, sy) = (smooth(0.0, 1.0, p.x - left), smooth(0.0, 1.0, p.y - top));
    mix(mix(corner(0, 0), corner(1, 0), sx), mix(corner(0, 1), corner(1, 1), sx), sy)
}

/// How a shape covers what lies below it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    /// Width of the edge, in pixels.
    pub(crate) soft: f32,
    /// Opacity, 0 to 1.
    pub(crate) alpha: f32,
}

impl Paint {
    /// An opaque shape with the sharpest edge that does not alias.
    pub(crate) const SOLID: Paint = Paint { soft: 0.6, alpha: 1.0 };

    /// An opaque shape with an edge of this width.
    pub(crate) const fn soft(soft: f32) -> Paint {
        Paint { soft, alpha: 1.0 }
    }

    /// The same with this opacity.
    pub(crate) const fn alpha(self, alpha: f32) -> Paint {
        Paint { alpha, ..self }
    }
}

/// The picture while it is drawn.
pub(crate) struct Canvas {
    tones: Vec<f32>,
}

impl Canvas {
    /// A canvas filled by a function of the place.
    pub(crate) fn new(tone: impl Fn(Point) -> f32) -> Self {
        let mut canvas = Self { tones: vec![0.0; GRID * GRID] };
        canvas.visit(at(0.0, 0.0), at(SIDE as f32, SIDE as f32), |p, old| *old = tone(p));
        canvas
    }

    /// Calls `change` for every sample in the box.
    fn visit(&mut self, low: Point, high: Point, mut change: impl FnMut(Point, &mut f32)) {
        let index = |v: f32| (v * FINE as f32).clamp(0.0, GRID as f32) as usize;
        for row in index(low.y.floor())..index(high.y.ceil()) {
            for column in index(low.x.floor())..index(high.x.ceil()) {
                let p = at((column as f32 + 0.5) / FINE as f32, (row as f32 + 0.5) / FINE as f32);
                change(p, &mut self.tones[row * GRID + column]);
            }
        }
    }

    /// Fills a closed outline.
    pub(crate) fn fill(&mut self, outline: &[Point], paint: Paint, tone: impl Fn(Point) -> f32) {
        let (low, high) = bounds(outline, paint.soft);
        let mut flat = Flat::default();
        self.visit(low, high, |p, old| {
            let cover = flat.cover(p, || {
                let distance = polygon_distance(outline, p);
                (paint.alpha * (0.5 - distance / paint.soft).clamp(0.0, 1.0), distance.abs() - paint.soft / 2.0)
            });
            if cover > 0.0 {
                *old = mix(*old, tone(p), cover);
            }
        });
    }

    /// Draws an open line. `width` and `tone` get the share of the line done (0 to 1) and the place.
    pub(crate) fn stroke(
        &mut self,
        line: &[Point],
        paint: Paint,
        width: impl Fn(f32) -> f32,
        tone: impl Fn(Point) -> f32,
    ) {
        let widest = (0..=8).map(|i| width(i as f32 / 8.0)).fold(0.0, f32::max);
        let (low, high) = bounds(line, widest / 2.0 + paint.soft);
        let mut flat = Flat::default();
        self.visit(low, high, |p, old| {
            let cover = flat.cover(p, || {
                let (distance, share) = line_distance(line, p);
                let width = width(share);
                // A line thinner than its edge would never reach full cover: thin it out instead.
                let strength = (width / paint.soft).min(1.0);
                let inside = 0.5 + (width.max(paint.soft) / 2.0 - distance) / paint.soft;
                let outside = distance - widest.max(paint.soft) / 2.0 - paint.soft / 2.0;
                (paint.alpha * strength * inside.clamp(0.0, 1.0), outside)
            });
            if cover > 0.0 {
                *old = mix(*old, tone(p), cover);
            }
        });
    }

    /// Multiplies the light by up to `1 + amount` in an ellipse with these half axes, fading to its rim.
    pub(crate) fn glow(&mut self, centre: Point, half_x: Point, half_y: Point, amount: f32) {
        let reach = at(half_x.x.abs() + half_y.x.abs(), half_x.y.abs() + half_y.y.abs());
        let area = half_x.x * half_y.y - half_x.y * half_y.x;
        self.visit(centre - reach, centre + reach, |p, old| {
            let d = p - centre;
            let (u, v) = ((d.x * half_y.y - d.y * half_y.x) / area, (half_x.x * d.y - half_x.y * d.x) / area);
            let fade = (1.0 - u * u - v * v).max(0.0);
            *old *= 1.0 + amount * fade * fade;
        });
    }

    /// The finished picture: the mean of the samples in each pixel.
    pub(crate) fn finish(&self) -> Vec<f32> {
        let sample = |row: usize, column: usize| self.tones[row * GRID + column];
        (0..SIDE * SIDE)
            .map(|i| {
                let (row, column) = (i / SIDE * FINE, i % SIDE * FINE);
                let top = sample(row, column) + sample(row, column + 1);
                (top + sample(row + 1, column) + sample(row + 1, column + 1)) / 4.0
            })
            .collect()
    }
}

/// The end of the stretch, along a row, over which a shape's cover is known not to change. A distance changes by at
/// most the way gone, so far from an edge it need not be computed again at every sample.
#[derive(Default)]
struct Flat {
    row: f32,
    end: f32,
    cover: f32,
}

impl Flat {
    /// The cover at `p`; `measure` returns it with the way over which it stays.
    fn cover(&mut self, p: Point, measure: impl FnOnce() -> (f32, f32)) -> f32 {
        if p.y != self.row || p.x >= self.end {
            let (cover, way) = measure();
            // A little less, for the rounding of the distance.
            *self = Self { row: p.y, end: p.x + way - 0.01, cover };
        }
        self.cover
    }
}

fn bounds(points: &[Point], margin: f32) -> (Point, Point) {
    let (mut low, mut high) = (points[0], points[0]);
    for p in points {
        (low.x, low.y) = (low.x.min(p.x), low.y.min(p.y));
        (high.x, high.y) = (high.x.max(p.x), high.y.max(p.y));
    }
    (low - at(margin, margin), high + at(margin, margin))
}

/// Distance to the outline, negative inside.
fn polygon_distance(outline: &[Point], p: Point) -> f32 {
    let mut squared = f32::INFINITY;
    let mut inside = false;
    let mut from = outline[outline.len() - 1];
    for &to in outline {
        squared = squared.min(segment_distance(from, to, p).0);
        if (from.y > p.y) != (to.y > p.y) && p.x < (to.x - from.x) * (p.y - from.y) / (to.y - from.y) + from.x {
            inside = !inside;
        }
        from = to;
    }
    if inside { -squared.sqrt() } else { squared.sqrt() }
}

/// Distance to the line, and the share of the line (by segments) at the nearest place.
fn line_distance(line: &[Point], p: Point) -> (f32, f32) {
    let mut nearest = (f32::INFINITY, 0.0);
    for (i, ends) in line.windows(2).enumerate() {
        let (squared, along) = segment_distance(ends[0], ends[1], p);
        if squared < nearest.0 {
            nearest = (squared, (i as f32 + along) / (line.len() - 1) as f32);
        }
    }
    (nearest.0.sqrt(), nearest.1)
}

/// Squared distance to the segment, and the share of it at the nearest place.
fn segment_distance(from: Point, to: Point, p: Point) -> (f32, f32) {
    let (way, start) = (to - from, p - from);
    let along = (start.dot(way) / way.dot(way).max(1e-12)).clamp(0.0, 1.0);
    let gap = start - way * along;
    (gap.dot(gap), along)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_circle_without_sines_agrees_with_sine_and_cosine() {
        for i in 0..200 {
            let turn = i as f32 / 200.0;
            let (sin, cos) = libm::sincosf(turn * std::f32::consts::TAU);
            assert!((circle(turn) - at(cos, sin)).norm() < 1e-3, "at {turn}");
            assert!((circle(turn).norm() - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn distance_to_a_square_is_negative_inside_and_euclidean_outside() {
        let square = [at(0.0, 0.0), at(4.0, 0.0), at(4.0, 4.0), at(0.0, 4.0)];
        assert_eq!(polygon_distance(&square, at(1.0, 2.0)), -1.0);
        assert_eq!(polygon_distance(&square, at(7.0, 8.0)), 5.0);
    }

    #[test]
    fn a_filled_half_plane_covers_half_of_the_picture() {
        let mut canvas = Canvas::new(|_| 0.0);
        canvas.fill(&[at(-9.0, -9.0), at(24.0, -9.0), at(24.0, 99.0), at(-9.0, 99.0)], Paint::SOLID, |_| 1.0);
        let mean = canvas.finish().iter().sum::<f32>() / (SIDE * SIDE) as f32;
        assert!((mean - 0.5).abs() < 1e-3, "{mean}");
    }
}
