//! Recall, precision and F1 of every class as bars.

use fer_artifact::{ClassMetrics, SplitMetrics};
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::ink::{Canvas, DrawError, Ink, SCALE, draw, text};
use crate::Error;
use crate::format::shortened;
use crate::scores::wilson;

const WIDTH: i32 = 1000;
/// Height of a class's row, of its bar, and of the heads and the axis.
const ROW: i32 = 24;
const BAR: i32 = 12;
const HEAD: i32 = 26;
const AXIS: i32 = 22;
/// Longest class name, in characters, and the width of one.
const NAME: usize = 24;
const CHARACTER: i32 = 7;
/// Space between panels.
const GAP: i32 = 46;

struct Panel {
    name: &'static str,
    value: fn(&ClassMetrics) -> f64,
    left: i32,
    width: i32,
}

/// Three panels side by side; recall with its 95 % interval.
pub(crate) fn class_bars(metrics: &SplitMetrics) -> Result<String, Error> {
    let longest = metrics.per_class.iter().map(|class| shortened(&class.name, NAME).chars().count()).max().unwrap_or(0);
    let names = longest as i32 * CHARACTER + 12;
    let width = (WIDTH - names - 2 * GAP - 24) / 3;
    let panel = |index: i32, name, value| Panel { name, value, left: names + index * (width + GAP), width };
    let panels = [
        panel(0, "Recall", |class| class.recall),
        panel(1, "Precision", |class| class.precision),
        panel(2, "F1", |class| class.f1),
    ];
    let height = HEAD + ROW * metrics.per_class.len() as i32 + AXIS;
    draw(
        "classes",
        "Recall, precision and F1 of every class; the table below has the numbers",
        (WIDTH, height),
        |canvas| {
            for (index, class) in metrics.per_class.iter().enumerate() {
                let place = at(names - 10, HEAD + ROW * index as i32 + ROW / 2);
                canvas.draw(&Text::new(shortened(&class.name, NAME), place, text(Ink::Text, HPos::Right)))?;
            }
            panels.iter().try_for_each(|panel| panel.draw(canvas, metrics))
        },
    )
}

impl Panel {
    fn draw(&self, canvas: &Canvas<'_>, metrics: &SplitMetrics) -> Result<(), DrawError> {
        let bottom = HEAD + ROW * metrics.per_class.len() as i32;
        canvas.draw(&Text::new(self.name, at(self.left, HEAD / 2 - 2), text(Ink::Text, HPos::Left)))?;
        for quarter in 0..=4 {
            let x = self.x(f64::from(quarter) / 4.0);
            canvas.draw(&PathElement::new([(x, HEAD * SCALE), (x, bottom * SCALE)], Ink::Grid.line(10)))?;
            let place = (x, (bottom + AXIS / 2 + 2) * SCALE);
            let label = if quarter == 4 { "100 %".to_owned() } else { (quarter * 25).to_string() };
            canvas.draw(&Text::new(label, place, text(Ink::Muted, HPos::Center)))?;
        }
        for (index, class) in metrics.per_class.iter().enumerate() {
            let middle = (HEAD + ROW * index as i32 + ROW / 2) * SCALE;
            let half = BAR * SCALE / 2;
            let bar = [(self.x(0.0), middle - half), (self.x((self.value)(class)), middle + half)];
            canvas.draw(&Rectangle::new(bar, Ink::FirstSoft.fill()))?;
            if self.name == "Recall" {
                self.draw_interval(canvas, metrics.confusion[index][index], class.support, middle)?;
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
        self.left * SCALE + (share * f64::from(self.width * SCALE)).round() as i32
    }
}

fn at(x: i32, y: i32) -> (i32, i32) {
    (x * SCALE, y * SCALE)
}
