//! Axes, grid and labels of a figure, in which points are drawn.

use plotters::coord::cartesian::Cartesian2d;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::axis::Axis;
use super::ink::{Canvas, DrawError, Ink, SCALE, text};

/// What points are drawn in.
pub(crate) type Coordinates<'c, 'a> = ChartContext<'c, SVGBackend<'a>, Cartesian2d<Axis, Axis>>;

/// The lines of the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grid {
    /// At the ticks of both axes.
    Both,
    /// At the ticks of the upright axis.
    Level,
}

/// How an axis names a value.
pub(crate) type Label<'l> = &'l dyn Fn(&f64) -> String;

/// Draws the axes x and y with their labels and leaves so much space, in pixels of the page, at the top and at the right.
pub(crate) fn coordinates<'c, 'a>(
    canvas: &'c Canvas<'a>,
    [top, right]: [i32; 2],
    (x, y): (Axis, Axis),
    grid: Grid,
    [x_label, y_label]: [Label<'_>; 2],
) -> Result<Coordinates<'c, 'a>, DrawError> {
    let mut chart = ChartBuilder::on(canvas)
        .margin_top(top * SCALE)
        .margin_right(right * SCALE)
        .x_label_area_size(24 * SCALE)
        .y_label_area_size(48 * SCALE)
        .build_cartesian_2d(x, y)?;
    let mut mesh = chart.configure_mesh();
    if grid == Grid::Level {
        mesh.disable_x_mesh();
    }
    mesh.bold_line_style(Ink::Grid.line(10))
        .light_line_style(TRANSPARENT)
        .axis_style(Ink::Grid.line(10))
        .set_all_tick_mark_size(5 * SCALE)
        .x_label_style(text(Ink::Muted, HPos::Center))
        .y_label_style(text(Ink::Muted, HPos::Right))
        .x_label_formatter(&x_label)
        .y_label_formatter(&y_label)
        .draw()?;
    Ok(chart)
}
