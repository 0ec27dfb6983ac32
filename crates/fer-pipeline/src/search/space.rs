//! All parameters of a search, and what each depends on.

use std::collections::BTreeMap;

use serde_json::Value;

use super::raw::{Range, RawSearch};
use crate::error::Problem;
use crate::yaml::document::Document;
use crate::yaml::locate::Segment;
use crate::yaml::overrides::Override;
use crate::yaml::twice::set_twice;

pub(super) const SEARCH: &str = "search";

/// Value by parameter.
pub(crate) type Values = BTreeMap<String, Value>;

/// The parameters, each after those that it depends on.
#[derive(Debug)]
pub(super) struct Space {
    parameters: Vec<(String, Range)>,
}

impl Space {
    /// The space of a file.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub(super) fn new(document: &Document, raw: &RawSearch) -> Result<Self, Vec<Problem>> {
        let mut problems: Vec<Problem> =
            raw.parameters.iter().flat_map(|(name, range)| problems(document, raw, name, range)).collect();
        if raw.parameters.is_empty() {
            let message = "expected at least one STAGE.PATH with a range, found none".to_owned();
            problems.push(document.problem_with_key(&place(&[]), message));
        }
        let mut waiting: Vec<(&String, &Range)> = raw.parameters.iter().collect();
        let mut parameters: Vec<(String, Range)> = vec![];
        while problems.is_empty() && !waiting.is_empty() {
            let is_ready =
                |range: &Range| range.when().keys().all(|name| parameters.iter().any(|(earlier, _)| earlier == name));
            let Some(next) = waiting.iter().position(|(_, range)| is_ready(range)) else {
                let (name, _) = waiting[0];
                let message = "the conditions lead in a circle: each of the parameters waits for another".to_owned();
                problems.push(document.problem_with_key(&place(&[name.as_str().into(), "when".into()]), message));
                break;
            };
            let (name, range) = waiting.remove(next);
            parameters.push((name.clone(), range.clone()));
        }
        if problems.is_empty() { Ok(Self { parameters }) } else { Err(problems) }
    }

    /// The parameters, each after those that it depends on.
    pub(super) fn parameters(&self) -> &[(String, Range)] {
        &self.parameters
    }

    /// Combinations in which every end of a range and every choice comes up, the others being the first that they can be;
    /// with the place in the file of what each of them is about.
    pub(super) fn corners(&self) -> Vec<(Values, Vec<Segment>)> {
        let of_one = |(name, range): &(String, Range)| {
            let fixed = self.needed_for(name);
            let tried = range.tried().into_iter().map(|(at, last)| {
                let mut fixed = fixed.clone();
                fixed.insert(name.clone(), range.value(at));
                let end = std::iter::once(name.as_str().into()).chain(last).collect::<Vec<_>>();
                (self.first_with(&fixed), place(&end))
            });
            tried.collect::<Vec<_>>()
        };
        self.parameters.iter().flat_map(of_one).collect()
    }

    /// The values that other parameters must have for this one to be of use.
    fn needed_for(&self, name: &str) -> Values {
        let mut needed = Values::new();
        let Some((_, range)) = self.parameters.iter().find(|(other, _)| other == name) else { return needed };
        for (other, values) in range.when() {
            needed.extend(self.needed_for(other));
            needed.insert(other.clone(), values[0].clone());
        }
        needed
    }

    fn first_with(&self, fixed: &Values) -> Values {
        let mut values = Values::new();
        for (name, range) in &self.parameters {
            if let Some(value) = fixed.get(name) {
                values.insert(name.clone(), value.clone());
            } else if is_active(range, &values) {
                values.insert(name.clone(), range.value(0.0));
            }
        }
        values
    }
}

/// Whether a parameter is of use beside these values.
pub(super) fn is_active(range: &Range, values: &Values) -> bool {
    range.when().iter().all(|(name, wanted)| values.get(name).is_some_and(|value| wanted.contains(value)))
}

/// A place below `search.parameters`.
pub(super) fn place(rest: &[Segment]) -> Vec<Segment> {
    [SEARCH, "parameters"].map(Segment::from).iter().chain(rest).cloned().collect()
}

/// What is wrong with a parameter.
fn problems(document: &Document, raw: &RawSearch, name: &str, range: &Range) -> Vec<Problem> {
    let at = |rest: &[Segment]| place(&[&[name.into()], rest].concat());
    let mut problems = vec![];
    match Override::in_file(name, Value::Null, at(&[])) {
        _ if name == "seed" => {
            let message =
                "a search draws no seeds: `seeds`, beside `search`, has each trial trained with several".to_owned();
            problems.push(document.problem_with_key(&at(&[]), message));
        }
        Err(message) => problems.push(document.problem_with_key(&at(&[]), message)),
        Ok(over) => {
            problems
                .extend(set_twice(document, &over, name).map(|message| document.problem_with_key(&at(&[]), message)));
        }
    }
    problems.extend(range.fault().map(|(key, message)| document.problem(&at(&[key.into()]), message)));
    for (other, values) in range.when() {
        let here = |message: String| document.problem_with_key(&at(&["when".into(), other.as_str().into()]), message);
        let Some(choices) = raw.parameters.get(other).and_then(Range::choices) else {
            problems.push(here(format!("expected a parameter of this search with `kind: choice`, found `{other}`")));
            continue;
        };
        if values.is_empty() {
            problems.push(here("expected at least one value, found none".to_owned()));
        }
        let unknown = values.iter().filter(|value| !choices.contains(value));
        problems.extend(unknown.map(|value| here(format!("expected values of `{other}`, found {value}"))));
    }
    problems
}
