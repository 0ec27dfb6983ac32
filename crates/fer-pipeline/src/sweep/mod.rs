//! A pipeline file with a matrix: many runs, its cells, that share what they have in common.

mod cell;
mod diverged;
mod matrix;
mod plan;
mod pooled;
mod summary;

use std::path::Path;

use crate::chain::RawChain;
use crate::error::Place;
use crate::yaml::document::Document;
use crate::{Error, Pipeline};

pub use cell::{Cell, CellState, CellStatus};
pub use plan::{CellPlan, Planned};
pub use pooled::Pooled;
pub use summary::{Combination, EvaluatedOverSeeds, Scores, Spread};

use matrix::Matrix;

/// A valid pipeline file with `matrix` or `seeds`: a pipeline for each combination of values.
#[derive(Debug)]
pub struct Sweep {
    names: Vec<String>,
    folds: Option<String>,
    cells: Vec<Cell>,
}

impl Sweep {
    /// Reads a pipeline file, as [`Pipeline::load`] does, and checks every cell. The cells are ordered by the names
    /// of their parameters, the seed last; the last one changes fastest. The run folder of each lies in that of the
    /// file and is named by the cell's values.
    ///
    /// # Errors
    /// [`Error::Read`], or [`Error::Invalid`] with everything that is wrong, each with its place.
    pub fn load(path: &Path, overrides: &[String], run_dir: Option<&Path>) -> Result<Self, Error> {
        let document = Document::read(path, overrides)?;
        let raw = RawChain::of(&document)?;
        if raw.search.is_some() {
            let message = format!(
                "`search` makes a search of this file, whose trials follow from one another and have no numbers beforehand; \
                 `fer sweep run {}` runs them",
                path.display()
            );
            return Err(Error::Invalid { problems: vec![document.problem_with_key(&["search".into()], message)] });
        }
        if raw.matrix.is_none() && raw.seeds.is_none() && raw.all_folds().is_none() {
            let message = format!(
                "expected `matrix`, `seeds` or `fold: all`, found none; `fer run {}` runs this file",
                path.display()
            );
            return Err(Error::invalid(Place::File(path.to_owned()), message));
        }
        let matrix = Matrix::new(&document, &raw).map_err(|problems| Error::Invalid { problems })?;
        let (mut cells, mut problems) = (vec![], vec![]);
        for (index, values) in matrix.cells().enumerate() {
            match values.pipeline(&document, path, run_dir) {
                Ok(pipeline) => cells.push(Cell::new(index, &values, pipeline)),
                Err(Error::Invalid { problems: found }) => problems.extend(found),
                Err(other) => return Err(other),
            }
        }
        // What is wrong with the file, or with one value, is wrong with many cells.
        let mut seen = vec![];
        problems.retain(|problem| {
            !seen.contains(problem) && {
                seen.push(problem.clone());
                true
            }
        });
        if !problems.is_empty() {
            return Err(Error::Invalid { problems });
        }
        Ok(Self { names: matrix.names(), folds: matrix.folds().map(str::to_owned), cells })
    }

    /// The cells, in their order: at least one.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The cell with this index, counted from 0.
    ///
    /// # Errors
    /// [`Error::NoCell`].
    pub fn cell(&self, index: usize) -> Result<&Cell, Error> {
        self.cells.get(index).ok_or(Error::NoCell { index, cells: self.cells.len() })
    }

    /// The pipeline of a cell, to do with as with any; it shares with the other cells too.
    ///
    /// # Errors
    /// [`Error::NoCell`].
    pub fn into_pipeline(mut self, index: usize) -> Result<Pipeline, Error> {
        self.cell(index)?;
        Ok(self.cells.swap_remove(index).pipeline)
    }

    /// The parameters that differ between cells, but for the seed, in the order of the table.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The parameter that is every fold in turn, if the file says `fold: all`.
    pub fn folds(&self) -> Option<&str> {
        self.folds.as_deref()
    }
}
