//! A row of the tables that `--csv` and `--parquet` make: its columns, and the cells of a face or of a problem.

use fer_data::{Cell, CellKind};
use fer_video::TrackedFace;
use serde::Serialize;

/// Which frame a row tells of; none if there was none yet.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Moment {
    pub(super) time: f64,
    #[serde(rename = "frame")]
    pub(super) number: u64,
}

/// The places of a face, between its score and its class.
const LANDMARKS: [&str; 5] = ["left_eye", "right_eye", "nose", "left_mouth", "right_mouth"];
/// The columns before them.
const PLACE: [(&str, CellKind); 8] = [
    ("time", CellKind::Number),
    ("frame", CellKind::Whole),
    ("track", CellKind::Whole),
    ("x", CellKind::Whole),
    ("y", CellKind::Whole),
    ("width", CellKind::Whole),
    ("height", CellKind::Whole),
    ("score", CellKind::Number),
];

/// Names and kinds of all columns.
pub(super) fn columns(classes: &[String]) -> Vec<(String, CellKind)> {
    let place = PLACE.map(|(name, kind)| (name.to_owned(), kind));
    let points = LANDMARKS.iter().flat_map(|name| ["x", "y"].map(|axis| format!("{name}_{axis}")));
    let of = |letter: &'static str| classes.iter().map(move |class| format!("{letter}_{class}"));
    let numbers = |name: String| (name, CellKind::Number);
    let text = |name: &str| (name.to_owned(), CellKind::Text);
    let probabilities = of("p").chain(of("s")).map(numbers);
    place
        .into_iter()
        .chain(points.map(numbers))
        .chain([text("class")])
        .chain(probabilities)
        .chain([text("problem")])
        .collect()
}

/// The cells of a face.
pub(super) fn of_face<'a>(moment: Moment, face: &'a TrackedFace, classes: &'a [String]) -> Vec<Cell<'a>> {
    let place = &face.place;
    let sides = [place.x, place.y, place.width, place.height].map(|side| Cell::Whole(side as i64));
    let number = |value: &f64| Cell::Number(*value);
    let mut cells = of_moment(moment).to_vec();
    cells.push(Cell::Whole(face.number.unwrap_or_default().into()));
    cells.extend(sides);
    cells.push(Cell::Number(place.score));
    cells.extend(place.landmarks.iter().flatten().map(number));
    cells.push(Cell::Text(&classes[face.top()]));
    cells.extend(face.probabilities.iter().chain(&face.smoothed).map(number));
    cells.push(Cell::Empty);
    cells
}

/// The cells of what went wrong at a frame.
pub(super) fn of_problem<'a>(moment: Option<Moment>, problem: &'a str, classes: &[String]) -> Vec<Cell<'a>> {
    let mut cells = vec![Cell::Empty; PLACE.len() + 2 * LANDMARKS.len() + 1 + 2 * classes.len()];
    if let Some(moment) = moment {
        cells[..2].copy_from_slice(&of_moment(moment));
    }
    cells.push(Cell::Text(problem));
    cells
}

fn of_moment(Moment { number, time }: Moment) -> [Cell<'static>; 2] {
    [Cell::Number(time), Cell::Whole(number as i64)]
}

#[cfg(test)]
mod tests {
    use fer_predict::Place;

    use super::*;

    #[test]
    fn a_row_has_a_cell_of_its_kind_for_each_column() {
        let classes = ["happy", "sad"].map(str::to_owned);
        let place = Place { x: 1, y: 2, width: 3, height: 4, score: 0.9, landmarks: [[0.5; 2]; 5] };
        let (probabilities, smoothed) = (vec![0.25, 0.75], vec![0.75, 0.25]);
        let face = TrackedFace { id: 7, number: Some(3), place, probabilities, smoothed };
        let columns = columns(&classes);
        let row = of_face(Moment { number: 5, time: 0.2 }, &face, &classes);
        let kind = |cell: &Cell<'_>| match cell {
            Cell::Empty => None,
            Cell::Number(_) => Some(CellKind::Number),
            Cell::Whole(_) => Some(CellKind::Whole),
            Cell::Text(_) => Some(CellKind::Text),
        };
        let kinds: Vec<_> = row.iter().map(kind).collect();
        let expected: Vec<_> = columns.iter().map(|(name, kind)| (name != "problem").then_some(*kind)).collect();
        assert_eq!(kinds, expected);
        let named = |name: &str| row[columns.iter().position(|(column, _)| column == name).unwrap()];
        assert_eq!(
            (named("track"), named("class"), named("p_sad")),
            (Cell::Whole(3), Cell::Text("happy"), Cell::Number(0.75))
        );
        let problem = of_problem(Some(Moment { number: 5, time: 0.2 }), "no face", &classes);
        assert_eq!(
            (problem.len(), problem[..2] == row[..2], problem.last()),
            (columns.len(), true, Some(&Cell::Text("no face")))
        );
        assert!(problem[2..columns.len() - 1].iter().all(|cell| *cell == Cell::Empty));
    }
}
