//! Drawing surface of the figures: plotters' SVG backend, made to fit into the page.
//!
//! The backend knows whole pixels and fixed colours. So figures are drawn [`SCALE`] times as large as they are shown,
//! and in stand-in colours, which are then replaced by the page's variables: the style sheet says what they are
//! in light, in dark and on paper. Without its font features plotters asks no system font; text is set by the browser.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::Error;

/// Units of the drawing in a pixel of the page.
pub(crate) const SCALE: i32 = 10;

/// The surface of a figure.
pub(crate) type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Failures of plotters while drawing into memory.
pub(crate) type DrawError = DrawingAreaErrorKind<std::io::Error>;

/// A colour by its part in the figure; the style sheet has a variable for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    Text,
    Muted,
    Grid,
    First,
    FirstSoft,
    Second,
    Paper,
}

impl Ink {
    const ALL: [Ink; 7] = [Ink::Text, Ink::Muted, Ink::Grid, Ink::First, Ink::FirstSoft, Ink::Second, Ink::Paper];

    const fn variable(self) -> &'static str {
        match self {
            Ink::Text => "var(--ink)",
            Ink::Muted => "var(--muted)",
            Ink::Grid => "var(--grid)",
            Ink::First => "var(--first)",
            Ink::FirstSoft => "var(--first-soft)",
            Ink::Second => "var(--second)",
            Ink::Paper => "var(--paper)",
        }
    }

    /// The colour that stands in for it in the drawing.
    const fn stand_in(self) -> RGBColor {
        RGBColor(0xF0, 0xE0, self as u8)
    }

    pub(crate) fn fill(self) -> ShapeStyle {
        self.stand_in().filled()
    }

    /// A line of this many tenths of a pixel.
    pub(crate) fn line(self, tenths: u32) -> ShapeStyle {
        self.stand_in().stroke_width(tenths * SCALE as u32 / 10)
    }
}

/// Text of 12 px, anchored at its middle height and the given side.
pub(crate) fn text(ink: Ink, side: HPos) -> TextStyle<'static> {
    // The backend divides sizes by 1.24.
    let font = ("sans-serif", f64::from(12 * SCALE) * 1.24).into_font();
    font.color(&ink.stand_in()).pos(Pos::new(side, VPos::Center))
}

/// Draws a figure of this size, in pixels of the page, and returns it as an `<svg>` element for the page.
///
/// # Errors
/// [`Error::Figure`].
pub(crate) fn draw(
    figure: &'static str,
    description: &str,
    (width, height): (i32, i32),
    fill: impl FnOnce(&Canvas<'_>) -> Result<(), DrawError>,
) -> Result<String, Error> {
    let mut drawing = String::new();
    let size = ((width * SCALE) as u32, (height * SCALE) as u32);
    let canvas = SVGBackend::with_string(&mut drawing, size).into_drawing_area();
    fill(&canvas).and_then(|()| canvas.present()).map_err(|source| Error::Figure { figure, source: source.into() })?;
    drop(canvas);
    // Inside HTML the element needs neither a namespace nor a fixed size.
    let body = drawing.split_once('>').map_or("", |(_, body)| body);
    let open = format!(
        r#"<svg class="{figure}" viewBox="0 0 {} {}" role="img" aria-label="{}">"#,
        size.0,
        size.1,
        description.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
    );
    Ok(Ink::ALL.iter().fold(open + body, |svg, ink| {
        let RGBColor(r, g, b) = ink.stand_in();
        svg.replace(&format!("\"#{r:02X}{g:02X}{b:02X}\""), &format!("\"{}\"", ink.variable()))
    }))
}
