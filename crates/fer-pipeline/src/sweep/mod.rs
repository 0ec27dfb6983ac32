//! A pipeline file with a matrix: many runs, its cells, that share what they have in common.

mod cell;
mod diverged;
pub mod engine;
mod found;
mod indices;
mod jobs;
mod matrix;
mod plan;
mod pooled;
mod summary;

pub(crate) use matrix::{MOST_CELLS, into_cell, seeds_of};
use std::path::{Path, PathBuf};

use fer_artifact::Digest;

use crate::chain::RawChain;
use crate::error::Place;
use crate::run_folder::folder::JOBS;
use crate::run_folder::machines::locks_hold_between_machines;
use crate::search::raw::not_a_sweep;
use crate::yaml::document::Document;
use crate::{Error, Pipeline};

pub use cell::{Cell, CellState, CellStatus};
pub use found::FoundSweep;
pub use indices::Indices;
pub use plan::{CellPlan, Planned};
pub use pooled::Pooled;
pub use summary::{Combination, EvaluatedOverSeeds, Scores, Spread};

use engine::EngineParams;
use matrix::Matrix;

/// A valid pipeline file with `matrix` or `seeds`: a pipeline for each combination of values.
#[derive(Debug)]
pub struct Sweep {
    names: Vec<String>,
    folds: Option<String>,
    cells: Vec<Cell>,
    engine: EngineParams,
    document: Document,
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
            return Err(not_a_sweep(&document, path));
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
        Error::of_problems(problems)?;
        let engine = raw.engine.unwrap_or_default();
        Ok(Self { names: matrix.names(), folds: matrix.folds().map(str::to_owned), cells, engine, document })
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

    /// What runs the cells, as the file has it.
    pub fn engine(&self) -> &EngineParams {
        &self.engine
    }

    /// Something wrong with this key of the block `engine`, with its place in the file.
    pub fn engine_problem(&self, key: &str, message: String) -> Error {
        Error::Invalid { problems: vec![self.document.problem(&["engine".into(), key.into()], message)] }
    }

    /// Folder of what was given to an engine, in that of the sweep.
    pub fn jobs_dir(&self) -> PathBuf {
        self.folder().join(JOBS)
    }

    fn folder(&self) -> &Path {
        // Of each cell: SWEEP/cells/NAME.
        self.cells[0].run_dir().parent().and_then(Path::parent).unwrap_or(Path::new(""))
    }

    /// Fails where jobs on several machines must not run its cells, as locks in its folder hold on one alone.
    ///
    /// # Errors
    /// [`Error::OneMachine`], or a folder in which no file can be locked.
    pub fn check_locks(&self) -> Result<(), Error> {
        locks_hold_between_machines(self.folder())
    }

    /// Tells these cells from other ones at their places, in a file that was changed.
    ///
    /// # Errors
    /// [`Error::NoCell`].
    pub fn digest_of(&self, indices: &Indices) -> Result<Digest, Error> {
        let mut text = String::new();
        for &index in indices.as_slice() {
            let cell = self.cell(index)?;
            text.push_str(&format!("{index} {} {}\n", cell.name, cell.digest()));
        }
        Ok(Digest::of_bytes(text.as_bytes()))
    }
}
