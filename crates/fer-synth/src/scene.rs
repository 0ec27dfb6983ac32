//! What stands behind and before the face, and what the camera makes of it all.

use crate::canvas::{Canvas, Paint, Point, SIDE, at, circle, mix, noise};
use crate::dice::Dice;

/// A random background.
pub(crate) fn background(dice: &mut Dice) -> Canvas {
    let (first, second) = (dice.range(0.03, 0.95), dice.range(0.03, 0.95));
    let way = circle(dice.unit());
    let key = dice.word();
    let grain = dice.range(3.0, 16.0);
    let kind = dice.below(10);
    let mut canvas = Canvas::new(|p| {
        let along = 0.5 + (p - at(24.0, 24.0)).dot(way) / 60.0;
        match kind {
            0..3 => first,
            3..6 => mix(first, second, along),
            _ => (mix(first, second, along) + 0.25 * noise(key, p * (1.0 / grain))).clamp(0.0, 1.1),
        }
    });
    if kind >= 8 {
        for _ in 0..dice.below(7) + 2 {
            clutter(&mut canvas, dice);
        }
    }
    canvas
}

/// A thing in the background: a bar, a box or a ball, out of focus.
fn clutter(canvas: &mut Canvas, dice: &mut Dice) {
    let centre = at(dice.range(0.0, 48.0), dice.range(0.0, 48.0));
    let tone = dice.range(0.02, 1.0);
    let paint = Paint::soft(dice.range(0.6, 4.0));
    let turn = circle(dice.unit());
    if dice.chance(0.4) {
        let reach = turn * 50.0;
        let width = dice.range(1.0, 6.0);
        canvas.stroke(&[centre - reach, centre + reach], paint, |_| width, |_| tone);
    } else {
        let (long, wide) = (turn * dice.range(3.0, 14.0), at(-turn.y, turn.x) * dice.range(3.0, 14.0));
        let corners = [centre + long + wide, centre + long - wide, centre - long - wide, centre - long + wide];
        canvas.fill(&corners, paint, |_| tone);
    }
}

/// Sometimes a hand, a microphone or the edge of something hides a part of the face.
pub(crate) fn occlude(canvas: &mut Canvas, skin: f32, dice: &mut Dice) {
    let tone = if dice.chance(0.5) { skin * dice.range(0.7, 1.05) } else { dice.range(0.03, 0.9) };
    let side = if dice.chance(0.5) { 1.0 } else { -1.0 };
    match dice.below(40) {
        0 | 1 => {
            // Fingers from below or beside.
            let (start, lean) = (at(24.0 + side * dice.range(13.0, 20.0), 50.0), dice.range(-0.25, 0.25));
            for finger in 0..3 {
                let root = start + at(side * 3.6 * finger as f32, 0.0);
                let tip = root + at(-side * 4.0 + 10.0 * lean, -dice.range(10.0, 17.0));
                canvas.stroke(&[root, tip], Paint::soft(0.8), |_| 4.2, |_| tone * 0.75);
                canvas.stroke(&[root, tip], Paint::soft(1.0), |_| 3.0, |_| tone);
            }
        }
        2 => {
            // A microphone.
            let head = at(24.0 + side * dice.range(6.0, 12.0), dice.range(42.0, 46.0));
            canvas.stroke(&[head, head + at(side * 4.0, 14.0)], Paint::SOLID, |_| 2.5, |_| 0.15);
            canvas.fill(&disc(head, 3.4), Paint::SOLID, |p| 0.25 + 0.12 * noise(7, p * 1.5));
        }
        3 | 4 => {
            // The edge of something nearer to the camera.
            let edge = 24.0 + side * dice.range(16.0, 21.0);
            let lean = dice.around(4.0);
            let far = 24.0 + side * 40.0;
            let outline = [at(edge + lean, -2.0), at(edge - lean, 50.0), at(far, 50.0), at(far, -2.0)];
            canvas.fill(&outline, Paint::soft(1.5), |_| tone);
        }
        _ => {}
    }
}

fn disc(centre: Point, radius: f32) -> Vec<Point> {
    (0..16).map(|i| centre + circle(i as f32 / 16.0) * radius).collect()
}

/// Light to gray values as a camera does it: blur, exposure, contrast, tone curve, sensor noise.
pub(crate) fn develop(mut light: Vec<f32>, dice: &mut Dice) -> Vec<u8> {
    for _ in 0..[0, 0, 0, 0, 0, 0, 1, 1, 1, 2][dice.below(10)] {
        light = blur(&light);
    }
    // Automatic exposure, measured where the face is, evens out a part of the differences.
    let metered =
        light.iter().enumerate().filter(|(i, _)| (14..38).contains(&(i / SIDE)) && (14..34).contains(&(i % SIDE)));
    let mean = metered.map(|(_, value)| value).sum::<f32>() / (24.0 * 20.0);
    let exposure = mix(1.0, dice.range(0.38, 0.6) / mean.max(0.05), 0.65);
    let contrast = dice.range(0.8, 1.2);
    let lift = dice.range(0.0, 0.06);
    let bend = dice.range(0.4, 0.6);
    let grain = if dice.chance(0.25) { dice.range(0.004, 0.014) } else { 0.0 };
    light
        .iter()
        .map(|&value| {
            let value = (lift + shoulder((value * exposure - 0.45) * contrast + 0.45)).clamp(0.0, 1.0);
            // Schlick's bias curve in the place of a gamma: no power function.
            let value = value / ((1.0 / bend - 2.0) * (1.0 - value) + 1.0);
            let value = if grain > 0.0 { value + dice.normal(grain) } else { value };
            (value * 255.0).round().clamp(0.0, 255.0) as u8
        })
        .collect()
}

/// Bends the brightest tones, so that they do not all end in white.
fn shoulder(value: f32) -> f32 {
    let above = (value - 0.65) / 0.35;
    if above > 0.0 { 0.65 + 0.35 * above / (1.0 + 0.8 * above) } else { value }
}

/// A quarter, a half, a quarter, along both axes; the border repeats.
fn blur(image: &[f32]) -> Vec<f32> {
    let pass = |image: &[f32], step: usize, place: fn(usize) -> usize| -> Vec<f32> {
        (0..image.len())
            .map(|i| {
                let before = if place(i) > 0 { i - step } else { i };
                let after = if place(i) < SIDE - 1 { i + step } else { i };
                0.25 * image[before] + 0.5 * image[i] + 0.25 * image[after]
            })
            .collect()
    };
    pass(&pass(image, 1, |i| i % SIDE), SIDE, |i| i / SIDE)
}
