//! Figures, as SVG with no text but numbers: names stand in the page.

use std::fmt::Write;

use crate::Episode;
use crate::words::short_clock;

/// Units across.
const WIDTH: f64 = 1000.0;
const LANE: f64 = 26.0;
const BAR: f64 = 18.0;
const AREA: f64 = 150.0;
const AXIS: f64 = 22.0;
/// Where a track is not seen for longer, its curve has a gap.
const GAP: f64 = 0.5;

/// The colour of a class: told apart by day and by night. More classes begin again.
pub(crate) fn colour(class: usize) -> &'static str {
    const COLOURS: [&str; 10] =
        ["#c8453b", "#6f9a35", "#7f62b3", "#e0a526", "#3f7fd0", "#e07a3a", "#97a1ab", "#3aa39a", "#b95c93", "#8a6d4b"];
    COLOURS[class % COLOURS.len()]
}

/// A stretch of time, and where it lies in a figure.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    pub(crate) from: f64,
    pub(crate) to: f64,
}

impl Span {
    fn x(self, time: f64) -> f64 {
        WIDTH * (time - self.from) / (self.to - self.from).max(1e-6)
    }

    /// Times for the axis: a few round ones.
    fn ticks(self) -> Vec<f64> {
        let steps = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0];
        let length = self.to - self.from;
        let step = steps.into_iter().find(|step| length / step <= 10.0).unwrap_or(length / 8.0);
        let first = (self.from / step).ceil() as i64;
        (first..).map(|tick| tick as f64 * step).take_while(|time| *time <= self.to + 1e-9).collect()
    }

    fn axis(self, svg: &mut String, height: f64) {
        for time in self.ticks() {
            let x = self.x(time);
            let _ = write!(
                svg,
                "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"0\" y2=\"{height}\" stroke=\"var(--grid)\"/><text x=\"{x:.1}\" \
                 y=\"{}\" font-size=\"13\" text-anchor=\"middle\" fill=\"var(--muted)\">{}</text>",
                height + 16.0,
                short_clock(time)
            );
        }
    }
}

fn open(height: f64, description: &str) -> String {
    format!("<svg viewBox=\"-36 0 1066 {height}\" role=\"img\" aria-label=\"{description}\">")
}

/// A bar a face, in the colours of its episodes: class, from, to.
pub(crate) fn overview(span: Span, faces: &[(u32, &[Episode])]) -> String {
    let height = LANE * faces.len() as f64;
    let mut svg = open(height + AXIS, "Faces over time");
    span.axis(&mut svg, height);
    for (lane, (number, episodes)) in faces.iter().enumerate() {
        let base = LANE * (lane as f64 + 0.5) + 5.0;
        let _ = write!(
            svg,
            "<text x=\"-8\" y=\"{base}\" font-size=\"14\" text-anchor=\"end\" fill=\"var(--ink)\">{number}</text>"
        );
        for &Episode { class, from, to, .. } in *episodes {
            let (x, y) = (span.x(from), LANE * lane as f64 + (LANE - BAR) / 2.0);
            let width = (span.x(to) - x).max(1.0);
            let colour = colour(class);
            let _ =
                write!(svg, "<rect x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"{BAR}\" fill=\"{colour}\"/>");
        }
    }
    svg + "</svg>"
}

/// The classes' probabilities over time, one upon the other, and lines where an episode begins.
pub(crate) fn stacked(span: Span, points: &[(f64, Vec<f64>)], step: f64, turns: &[f64]) -> String {
    let mut svg = open(AREA + AXIS, "Smoothed probabilities over time, stacked");
    span.axis(&mut svg, AREA);
    for piece in points.chunk_by(|a, b| b.0 - a.0 < GAP.max(4.0 * step)) {
        let classes = piece[0].1.len();
        for class in 0..classes {
            let edge = |count: usize, (time, shares): &(f64, Vec<f64>)| {
                let sum: f64 = shares.iter().take(count).sum();
                format!("{:.1},{:.1}", span.x(*time), AREA * (1.0 - sum))
            };
            let upper = piece.iter().map(|point| edge(class + 1, point));
            let lower = piece.iter().rev().map(|point| edge(class, point));
            let outline = upper.chain(lower).collect::<Vec<_>>().join(" ");
            let colour = colour(class);
            let _ = write!(
                svg,
                "<polygon points=\"{outline}\" fill=\"{colour}\" stroke=\"{colour}\" stroke-width=\"0.4\"/>"
            );
        }
    }
    for &time in turns {
        let x = span.x(time);
        let _ = write!(
            svg,
            "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"0\" y2=\"{AREA}\" stroke=\"var(--ink)\" stroke-dasharray=\"4 3\"/>"
        );
    }
    svg + "</svg>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_a_few_round_times() {
        let of = |from: f64, to: f64| Span { from, to }.ticks().into_iter().map(short_clock).collect::<Vec<_>>();
        assert_eq!(of(0.0, 3.9), ["0:00", "0:00.5", "0:01", "0:01.5", "0:02", "0:02.5", "0:03", "0:03.5"]);
        assert_eq!(of(95.0, 140.0), ["1:35", "1:40", "1:45", "1:50", "1:55", "2:00", "2:05", "2:10", "2:15", "2:20"]);
        assert_eq!(of(0.0, 7200.0), ["0:00", "30:00", "1:00:00", "1:30:00", "2:00:00"]);
        assert!(of(5.0, 5.0).len() <= 1);
    }

    #[test]
    fn areas_fill_the_height_and_leave_gaps() {
        let span = Span { from: 0.0, to: 10.0 };
        let points = [(0.0, vec![0.25, 0.75]), (0.1, vec![0.5, 0.5]), (9.0, vec![1.0, 0.0])];
        let svg = stacked(span, &points, 0.1, &[0.1]);
        assert_eq!(svg.matches("<polygon").count(), 4, "two pieces of two classes");
        assert!(svg.contains("points=\"0.0,112.5 10.0,75.0 10.0,150.0 0.0,150.0\""), "{svg}");
        assert!(svg.contains("points=\"0.0,0.0 10.0,0.0 10.0,75.0 0.0,112.5\""), "{svg}");
    }
}
