//! Recall, precision and F1 of every class as bars, a figure each, so that they stand below each other on a narrow screen.

use fer_artifact::{ClassMetrics, SplitMetrics};
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::ink::{Canvas, DrawError, Ink, SCALE, draw, text};
use crate::Error;
use crate::format::shortened;
use crate::scores::wilson;

const WIDTH: i32 = 330;
/// Height of a class's row, of its bar, and of the heads and the axis.
const ROW: i32 = 24;
const BAR: i32 = 12;
const HEAD: i32 = 26;
const AXIS: i32 = 22;
/// Longest class name, in characters, and the width of one.
const NAME: usize = 18;
const CHARACTER: i32 = 7;
/// Space for the last label of the axis.
const END: i32 = 22;

struct Panel<'a> {
    metrics: &'a SplitMetrics,
    name: &'static str,
    value: fn(&ClassMetrics) -> f64,
    left: i32,
}

/// A figure each; recall with its 95 % interval.
pub(crate) fn class_bars(metrics: &SplitMetrics) -> Result<Vec<String>, Error> {
    let longest = metrics.per_class.iter().map(|class| shortened(&class.name, NAME).chars().count()).max().unwrap_or(0);
    let left = longest as i32 * CHARACTER + 12;
    let panel = |name, value| Panel { metrics, name, value, left };
    let panels = [
        panel("Recall", |class| class.recall),
        panel("Precision", |class| class.precision),
        panel("F1", |class| class.f1),
    ];
    let height = HEAD + ROW * metrics.per_class.len() as i32 + AXIS;
    let figure = |panel: &Panel<'_>| {
        let description = format!("{} of every class; the table below has the numbers", panel.name);
        draw("classes", &description, (WIDTH, height), |canvas| panel.draw(canvas))
    };
    panels.iter().map(figure).collect()
}

impl Panel<'_> {
    fn draw(&self, canvas: &Canvas<'_>) -> Result<(), DrawError> {
        let bottom = HEAD + ROW * self.metrics.per_class.len() as i32;
        canvas.draw(&Text::new(self.name, at(self.left, HEAD / 2 - 2), text(Ink::Text, HPos::Left)))?;
        for quarter in 0..=4 {
            let x = self.x(f64::from(quarter) / 4.0);
            canvas.draw(&PathElement::new([(x, HEAD * SCALE), (x, bottom * SCALE)], Ink::Grid.line(10)))?;
            let place = (x, (bottom + AXIS / 2 + 2) * SCALE);
            let label = if quarter == 4 { "100 %".to_owned() } else { (quarter * 25).to_string() };
            canvas.draw(&Text::new(label, place, text(Ink::Muted, HPos::Center)))?;
        }
        for (index, class) in self.metrics.per_class.iter().enumerate() {
            let middle = HEAD + ROW * index as i32 + ROW / 2;
            let name = shortened(&class.name, NAME);
            canvas.draw(&Text::new(name, at(self.left - 10, middle), text(Ink::Text, HPos::Right)))?;
            let (middle, half) = (middle * SCALE, BAR * SCALE / 2);
            let bar = [(self.x(0.0), middle - half), (self.x((self.value)(class)), middle + half)];
            canvas.draw(&Rectangle::new(bar, Ink::FirstSoft.fill()))?;
            if self.name == "Recall" {
                self.draw_interval(canvas, self.metrics.confusion[index][index], class.support, middle)?;
            }
        }
        Ok(())
    }

    fn draw_interval(&self, canvas: &Canvas<'_>, hits: usize, support: usize, middle: i32) -> Result<(), DrawError> {
        let [low, high] = wilson(hits, support).map(|bound| self.x(bound));
        canvas.draw(&PathElement::new([(low, middle), (high, middle)], Ink::Text.line(15)))?;
        for end in [low, high] {
            let reach = 3 * SCALE;
            canvas.draw(&PathElement::new([(end, middle - reach), (end, middle + reach)], Ink::Text.line(15)))?;
        }
        Ok(())
    }

    fn x(&self, share: f64) -> i32 {
        self.left * SCALE + (share * f64::from((WIDTH - END - self.left) * SCALE)).round() as i32
    }
}

fn at(x: i32, y: i32) -> (i32, i32) {
    (x * SCALE, y * SCALE)
}
