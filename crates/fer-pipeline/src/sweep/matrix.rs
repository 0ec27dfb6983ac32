//! `matrix` and `seeds`: what is in the file, and the cells that come of it.

use std::collections::BTreeMap;
use std::path::Path;

use fer_artifact::{Digest, canonical_json};
use serde_json::{Map, Value};

use crate::chain::{AllFolds, RawChain};
use crate::error::Problem;
use crate::run_folder::folder::CELLS;
use crate::siblings::Siblings;
use crate::yaml::document::Document;
use crate::yaml::locate::Segment;
use crate::yaml::overrides::Override;
use crate::yaml::twice::{repeated, set_twice};
use crate::{Error, Pipeline};

/// More cells than this are rather a slip than a wish.
pub(crate) const MOST_CELLS: usize = 10_000;
const SEEDS: &str = "seeds";
/// A longer name of a folder is cut.
const LONGEST_NAME: usize = 120;

/// The axes of a sweep, the seeds' last.
pub(crate) struct Matrix {
    axes: Vec<Axis>,
    /// Name of the axis of the folds, if every one of them is to be test once.
    folds: Option<String>,
}

/// A parameter, or the seed, and its values.
struct Axis {
    name: String,
    values: Vec<Value>,
    /// Of the list in the file.
    place: Vec<Segment>,
}

/// The values of a cell: one of each axis.
pub(crate) struct Values<'a>(Vec<(&'a Axis, usize)>);

impl Matrix {
    /// The matrix of a file. The values are checked only in the cells.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub(crate) fn new(document: &Document, raw: &RawChain) -> Result<Self, Vec<Problem>> {
        let mut axes = axes(document, raw).map_err(|problem| vec![problem])?;
        let seeds = axes.extract_if(.., |axis| axis.name == "seed").collect::<Vec<_>>();
        if let [_, second, ..] = seeds.as_slice() {
            let message = "`seeds` stands here for the second time".to_owned();
            return Err(vec![document.problem_with_key(&second.place, message)]);
        }
        axes.extend(seeds);
        let mut problems: Vec<Problem> = axes.iter().flat_map(|axis| axis.problems(document)).collect();
        let folds = raw.all_folds().map(Axis::of_folds).filter(|folds| axes.iter().all(|axis| axis.name != folds.name));
        let name_of_folds = folds.as_ref().map(|axis| axis.name.clone());
        if let Some(split) = name_of_folds.as_deref().and_then(|name| name.strip_suffix(".fold")) {
            let of_split = |axis: &&Axis| axis.name == split || axis.name == format!("{split}.folds");
            problems.extend(axes.iter().filter(of_split).map(|axis| {
                let message = format!(
                    "`{}` cannot vary beside `fold: all`, which makes as many cells as the file has folds",
                    axis.name
                );
                document.problem_with_key(&axis.place, message)
            }));
        }
        let before_seed = axes.iter().take_while(|axis| axis.name != "seed").count();
        axes.splice(before_seed..before_seed, folds);
        if !problems.is_empty() {
            return Err(problems);
        }
        let cells = axes.iter().try_fold(1_usize, |cells, axis| cells.checked_mul(axis.values.len()));
        if axes.is_empty() || cells.is_none_or(|cells| cells > MOST_CELLS) {
            let found = cells.map_or("more than can be counted".to_owned(), |cells| cells.to_string());
            let message = match axes.is_empty() {
                true => "expected at least one STAGE.PATH with a list of values, found none".to_owned(),
                false => format!("expected at most {MOST_CELLS} cells, found {found}"),
            };
            return Err(vec![document.problem_with_key(&["matrix".into()], message)]);
        }
        Ok(Self { axes, folds: name_of_folds })
    }

    /// Name of the axis of the folds, if the file says `fold: all`.
    pub(crate) fn folds(&self) -> Option<&str> {
        self.folds.as_deref()
    }

    /// Names of the parameters, without the seed.
    pub(crate) fn names(&self) -> Vec<String> {
        self.axes.iter().filter(|axis| axis.name != "seed").map(|axis| axis.name.clone()).collect()
    }

    /// All combinations; the last axis changes fastest.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Values<'_>> {
        let count: usize = self.axes.iter().map(|axis| axis.values.len()).product();
        (0..count).map(|mut rest| {
            let mut values: Vec<(&Axis, usize)> = vec![];
            for axis in self.axes.iter().rev() {
                values.insert(0, (axis, rest % axis.values.len()));
                rest /= axis.values.len();
            }
            Values(values)
        })
    }
}

/// The seeds of a search; none where the file has no `seeds`.
///
/// # Errors
/// All that is wrong with them.
pub(crate) fn seeds_of(document: &Document, raw: &RawChain) -> Result<Option<Vec<u64>>, Vec<Problem>> {
    let problems: Vec<Problem> = Axis::of_seeds(raw).iter().flat_map(|axis| axis.problems(document)).collect();
    if problems.is_empty() { Ok(raw.seeds.clone()) } else { Err(problems) }
}

fn axes(document: &Document, raw: &RawChain) -> Result<Vec<Axis>, Problem> {
    let mut axes = vec![];
    for (name, values) in raw.matrix.iter().flatten() {
        let place = vec!["matrix".into(), name.as_str().into()];
        if name == SEEDS {
            let seeds: Vec<u64> = document.parse("matrix.seeds", &place)?;
            axes.push(Axis { name: "seed".to_owned(), values: seeds.into_iter().map(Value::from).collect(), place });
        } else {
            axes.push(Axis { name: name.clone(), values: values.clone(), place });
        }
    }
    axes.extend(Axis::of_seeds(raw));
    Ok(axes)
}

impl Axis {
    /// Every fold.
    fn of_folds(all: AllFolds) -> Self {
        let AllFolds { stage, folds, place } = all;
        Self { name: format!("{stage}.split.fold"), values: (0..folds).map(Value::from).collect(), place }
    }

    /// The seeds at the top level.
    fn of_seeds(raw: &RawChain) -> Option<Self> {
        let values = raw.seeds.as_ref()?.iter().copied().map(Value::from).collect();
        Some(Self { name: "seed".to_owned(), values, place: vec![SEEDS.into()] })
    }

    fn over(&self, index: usize) -> Result<Override, String> {
        let place = self.place.iter().cloned().chain([index.into()]).collect();
        Override::in_file(&self.name, self.values[index].clone(), place)
    }

    fn problems(&self, document: &Document) -> Vec<Problem> {
        let here = |message| vec![document.problem_with_key(&self.place, message)];
        if self.values.is_empty() {
            return vec![document.problem(&self.place, "expected at least one value, found none".to_owned())];
        }
        let over = match self.over(0) {
            Ok(over) => over,
            Err(message) => return here(message),
        };
        if let Some(message) = set_twice(document, &over, &self.name) {
            return here(message);
        }
        let problem = |(index, message): (usize, String)| {
            let place: Vec<Segment> = self.place.iter().cloned().chain([index.into()]).collect();
            document.problem(&place, message)
        };
        repeated(&self.values).map(problem).collect()
    }
}

impl Values<'_> {
    /// By name, without the seed.
    pub(crate) fn by_name(&self) -> BTreeMap<String, Value> {
        let all = self.0.iter().filter(|(axis, _)| axis.name != "seed");
        all.map(|(axis, index)| (axis.name.clone(), axis.values[*index].clone())).collect()
    }

    /// The pipeline with these values.
    pub(crate) fn pipeline(&self, document: &Document, path: &Path, run_dir: Option<&Path>) -> Result<Pipeline, Error> {
        let invalid = |problem| Error::Invalid { problems: vec![problem] };
        let mut document = document.clone();
        for (axis, index) in &self.0 {
            let over = axis.over(*index).expect("the axis was checked");
            document.apply(over).map_err(invalid)?;
        }
        let raw = RawChain::of(&document)?;
        Ok(into_cell(
            Pipeline::build(&document, raw, path.parent().unwrap_or(Path::new("")), run_dir)?,
            &self.folder_name(),
        ))
    }

    /// `learning_rate=0.1,seed=2`: the values under the last parts of their names, so far as these tell them apart.
    /// What a folder's name cannot hold, or not without doubt, is told apart by a digest.
    fn folder_name(&self) -> String {
        let last = |axis: &Axis| axis.name.rsplit('.').next().unwrap_or_default().to_owned();
        let name = |axis: &Axis| {
            let alike = self.0.iter().filter(|(other, _)| last(other) == last(axis)).count();
            if alike > 1 { axis.name.clone() } else { last(axis) }
        };
        let values = || self.0.iter().map(|(axis, index)| (axis, &axis.values[*index]));
        let full: Vec<String> = values().map(|(axis, value)| format!("{}={}", name(axis), written(value))).collect();
        let fits = |c: &char| c.is_ascii_alphanumeric() || "._-+=,".contains(*c);
        let full = full.join(",");
        let plain: String = full.chars().filter(fits).take(LONGEST_NAME).collect();
        if plain == full && values().all(|(_, value)| is_plain(value)) {
            return plain;
        }
        let values: Map<String, Value> = values().map(|(axis, value)| (axis.name.clone(), value.clone())).collect();
        let digest = Digest::of_bytes(canonical_json(&values).as_bytes()).to_string();
        format!("{plain}-{}", &digest[..8])
    }
}

/// The same chain as one of the cells of the sweep in its run folder.
pub(crate) fn into_cell(mut pipeline: Pipeline, name: &str) -> Pipeline {
    let cells = pipeline.run_dir.join(CELLS);
    pipeline.run_dir = cells.join(name);
    pipeline.named_run_dir = pipeline.named_run_dir.join(CELLS).join(name);
    pipeline.siblings = Some(Siblings::new(cells, name));
    pipeline
}

/// A value as a folder's name holds it, if need be in part.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string().replace(':', "="),
    }
}

/// Whether no other value is told alike: a mapping or a list may be, and `"1"`, the text, is as the number.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => !text.contains([',', '=']) && serde_json::from_str::<Value>(text).is_err(),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn folder_names(axes: &[(&str, Value)]) -> Vec<String> {
        let axis = |(name, values): &(&str, Value)| Axis {
            name: (*name).to_owned(),
            values: values.as_array().unwrap().clone(),
            place: vec![],
        };
        let matrix = Matrix { axes: axes.iter().map(axis).collect(), folds: None };
        matrix.cells().map(|values| values.folder_name()).collect()
    }

    #[test]
    fn the_last_axis_changes_fastest_and_names_are_short() {
        let names = folder_names(&[
            ("train.optimizer.learning_rate", json!([0.1, 1e-5])),
            ("train.select", json!(["last", "best"])),
            ("seed", json!([1])),
        ]);
        let expected = ["0.1,select=last", "0.1,select=best", "0.00001,select=last", "0.00001,select=best"];
        assert_eq!(names, expected.map(|rest| format!("learning_rate={rest},seed=1")));
        let names = folder_names(&[("train.model.name", json!(["a"])), ("train.optimizer.name", json!(["b"]))]);
        assert_eq!(names, ["train.model.name=a,train.optimizer.name=b"]);
    }

    #[test]
    fn whatever_the_values_folders_are_told_apart() {
        let values = json!([1, 1.0, "1", "a,b", "a", "../a", [1, 2], [[1], 2], {"a": {"b": 1}}, {"a": {}, "b": 1}, "", null, "null"]);
        let count = values.as_array().unwrap().len();
        let mut names = folder_names(&[("x.y", values)]);
        assert!(names.iter().all(|name| !name.contains(['/', '"', '{', '['])), "{names:?}");
        assert_eq!((names[0].as_str(), names[1].as_str(), names[4].as_str()), ("y=1", "y=1.0", "y=a"));
        assert!(names[6].starts_with("y=1,2-") && names[6].len() == "y=1,2-".len() + 8, "{names:?}");
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
        let long = folder_names(&[("x.y", json!(["z".repeat(1000)]))]);
        assert_eq!(long[0].len(), LONGEST_NAME + 9);
    }
}
