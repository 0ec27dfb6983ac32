//! From a pipeline file to a chain of stages.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use fer_artifact::{Seed, tidy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::company::Company;
use crate::error::Problem;
use crate::link::Link;
use crate::run_folder::folder::{CELLS, JOBS};
use crate::run_folder::origin::Origin;
use crate::search::raw::{RawSearch, not_a_sweep};
use crate::siblings::Siblings;
use crate::stage::Stage;
use crate::stages::{CommandLine, Seconds};
use crate::stages::{Program, entry};
use crate::sweep::engine::EngineParams;
use crate::yaml::document::{Document, Params, to_yaml};
use crate::yaml::locate::Segment;
use crate::{Error, StageKind, StageName};

pub(crate) const VERSION: u32 = 1;

/// Stages in a file that are looked at one by one: each may stand once, but whoever repeats some is told which.
const MOST_STAGES: usize = 16;

/// Names that no stage may have: `--set seed=3` sets the chain's seed, and the cells of a sweep lie in `cells`.
const RESERVED: [&str; 3] = ["seed", CELLS, JOBS];

/// A valid pipeline file: a chain of stages, a seed and a run folder.
pub struct Pipeline {
    pub(crate) seed: Seed,
    pub(crate) run_dir: PathBuf,
    pub(crate) stages: Vec<Link>,
    /// The run folder as the file names it.
    pub(crate) named_run_dir: PathBuf,
    /// The folder that paths in the file are relative to.
    pub(crate) base: PathBuf,
    /// The other cells, if it is one of a sweep.
    pub(crate) siblings: Option<Siblings>,
    /// The processes that compute its trainings.
    pub(crate) company: Company,
}

/// A chain of stages, from a source of faces to scores.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawChain {
    /// Version of this format.
    #[schemars(extend("const" = VERSION, "examples" = [VERSION]))]
    version: u32,
    /// The one source of randomness: each stage derives its own stream from it by its name.
    #[serde(default)]
    pub(crate) seed: u64,
    /// Folder for all that a run leaves, relative to this file.
    #[schemars(extend("examples" = ["runs/sample"]))]
    pub(crate) run_dir: PathBuf,
    /// The stages, in the order in which they run.
    #[schemars(length(min = 1, max = MOST_STAGES), extend("examples" = [[{"stage": "ingest"}]]))]
    stages: Vec<RawStage>,
    /// Values by parameter, `STAGE.PATH`: with it, or with `seeds`, the file describes a sweep of many runs.
    #[serde(default)]
    #[schemars(extend("examples" = [{"train.epochs": [10, 20]}]))]
    pub(crate) matrix: Option<BTreeMap<String, Vec<Value>>>,
    /// Seeds of a sweep: each cell runs once with each of them. Beside `search`, each trial is trained with all of them, and judged
    /// by the mean of their validation accuracies.
    #[serde(default)]
    #[schemars(extend("examples" = [[1, 2, 3]]))]
    pub(crate) seeds: Option<Vec<u64>>,
    /// What runs the cells of a sweep, for `fer sweep submit`.
    #[serde(default)]
    #[schemars(extend("examples" = [{"name": "slurm", "cores": 4, "time": "4:00:00"}]))]
    pub(crate) engine: Option<EngineParams>,
    /// Ranges by parameter, from which runs are drawn: with it, the file describes a search.
    #[serde(default)]
    #[schemars(extend("examples" = [{"trials": 24, "parameters": {"train.batch_size": {"kind": "int", "low": 16, "high": 128}}}]))]
    pub(crate) search: Option<RawSearch>,
}

/// A stage of the chain.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawStage {
    /// The kind of stage.
    #[schemars(extend("examples" = ["train"]))]
    stage: StageKind,
    /// The stage's name, and that of its folder, where a chain has several of a kind; without it, the kind.
    #[serde(default)]
    #[schemars(extend("examples" = ["teacher"]))]
    name: Option<StageName>,
    /// The stage's parameters, as its kind has them; of a program, its own.
    // Parsed by the stage's own type once the stage is known.
    #[serde(default)]
    #[schemars(extend("examples" = [{"epochs": 20}]))]
    params: Value,
    /// A program and its arguments that run in place of the stage; `params` are then the program's own.
    #[serde(default)]
    #[schemars(extend("examples" = [["python3", "clahe.py"]]))]
    command: Option<CommandLine>,
    /// How long the program of `command` may take, in seconds.
    #[serde(default)]
    #[schemars(extend("examples" = [600]))]
    timeout_seconds: Option<Seconds>,
}

impl Pipeline {
    /// Reads a pipeline file, with overrides in the form `train.epochs=3`. Paths in the file are relative to its folder;
    /// `run_dir`, if given, replaces the file's and is relative to the current folder. A run folder stands for the
    /// configuration in it, with which it was last started; that is read as if it stood where its pipeline file stood.
    ///
    /// # Errors
    /// [`Error::Read`], or [`Error::Invalid`] with everything that is wrong, each with its place.
    pub fn load(path: &Path, overrides: &[String], run_dir: Option<&Path>) -> Result<Self, Error> {
        let Origin { file, base, run_dir: own } = Origin::of(path)?;
        let (path, run_dir) = (&file, run_dir.or(own.as_deref()));
        let document = Document::read(path, overrides)?;
        let raw = RawChain::of(&document)?;
        if raw.search.is_some() {
            return Err(not_a_sweep(&document, path));
        }
        let of_sweep = [("matrix", raw.matrix.is_some()), ("seeds", raw.seeds.is_some())];
        if let Some((key, _)) = of_sweep.into_iter().find(|(_, is_there)| *is_there) {
            let file = path.display();
            let message = format!(
                "`{key}` makes a sweep of this file: `fer sweep run {file}` runs its cells, `fer sweep plan {file}` shows them"
            );
            return Err(Error::Invalid { problems: vec![document.problem_with_key(&[key.into()], message)] });
        }
        if let Some(AllFolds { place, .. }) = raw.all_folds() {
            let file = path.display();
            let message = format!(
                "`fold: all` makes a sweep of this file: `fer sweep run {file}` runs every fold, `fer sweep plan {file}` shows them"
            );
            return Err(Error::Invalid { problems: vec![document.problem_with_key(&place, message)] });
        }
        if raw.engine.is_some() {
            let message = "`engine` is for a sweep, and this file has no `matrix`, `seeds` or `fold: all`".to_owned();
            return Err(Error::Invalid { problems: vec![document.problem_with_key(&["engine".into()], message)] });
        }
        Self::build(&document, raw, &base, run_dir)
    }

    /// The chain that the document describes, whose paths are relative to the folder `base`.
    pub(crate) fn build(
        document: &Document,
        raw: RawChain,
        base: &Path,
        run_dir: Option<&Path>,
    ) -> Result<Self, Error> {
        let mut problems = chain_problems(document, &raw);
        let (mut stages, mut before) = (vec![], vec![]);
        for (index, raw) in raw.stages.into_iter().enumerate() {
            let (name, RawStage { stage, command, timeout_seconds, .. }) = (raw.name(), raw);
            let at = ["stages".into(), index.into(), "params".into()];
            let params = document.params(name, &at, base);
            let parsed = match command {
                None => (entry(stage).parse)(&params),
                Some(command) => parse_program(stage, command, timeout_seconds, &params),
            };
            match parsed {
                Ok(parsed) => {
                    let link = Link::new(parsed, name, before.clone());
                    problems.extend(link.misnamed().map(|message| document.problem(&at, message)));
                    stages.push(link);
                }
                Err(problem) => problems.push(problem),
            }
            before.push((name, stage));
        }
        if !problems.is_empty() {
            return Err(Error::Invalid { problems });
        }
        let run_dir = run_dir.map_or_else(|| tidy(&base.join(&raw.run_dir)), Path::to_owned);
        let (seed, base) = (Seed::new(raw.seed), base.to_owned());
        let (siblings, company) = (None, Company::alone());
        Ok(Self { seed, run_dir, stages, named_run_dir: raw.run_dir, base, siblings, company })
    }

    /// The run folder.
    pub fn run_dir(&self) -> &Path {
        &self.run_dir
    }

    /// Every parameter with its default written out, as a pipeline file.
    pub fn resolved(&self) -> String {
        let head = json!({"version": VERSION, "seed": self.seed, "run_dir": self.named_run_dir});
        let mut text = to_yaml(&head);
        text.push_str("stages:\n");
        for stage in &self.stages {
            // Indented by the library, as an entry of a list: a text may hold breaks of lines that are none to Rust.
            let entry = to_yaml(&json!([stage.stage.written()]));
            let entry = entry.strip_prefix("- ").expect("a list begins with its first entry");
            let name = if stage.name() == stage.kind() { String::new() } else { format!("  name: {}\n", stage.name()) };
            text.push_str(&format!("- stage: {}\n{name}  {entry}", stage.kind()));
        }
        text
    }
}

impl RawStage {
    fn name(&self) -> StageName {
        self.name.unwrap_or_else(|| self.stage.into())
    }
}

/// A split into folds of which every one is to be test once.
pub(crate) struct AllFolds {
    /// The stage that splits.
    pub(crate) stage: StageName,
    pub(crate) folds: u64,
    /// Of `fold` in the file.
    pub(crate) place: Vec<Segment>,
}

impl RawChain {
    /// The names of the stages of a kind, in the order of the chain.
    pub(crate) fn names_of(&self, kind: StageKind) -> Vec<StageName> {
        self.stages.iter().filter(|stage| stage.stage == kind).map(RawStage::name).collect()
    }

    /// The stage with `fold: all`, if there is one.
    pub(crate) fn all_folds(&self) -> Option<AllFolds> {
        let mut stages = self.stages.iter().enumerate().filter(|(_, stage)| stage.stage == StageKind::Ingest);
        stages.find_map(|(index, stage)| {
            let split = &stage.params["split"];
            let place = ["stages".into(), index.into(), "params".into(), "split".into(), "fold".into()];
            // A number that makes no folds is told of the first.
            let folds = split["folds"].as_u64().filter(|folds| (2..=1000).contains(folds)).unwrap_or(1);
            let is_all = split["kind"] == "folds" && split["fold"] == "all" && stage.command.is_none();
            is_all.then(|| AllFolds { stage: stage.name(), folds, place: place.to_vec() })
        })
    }

    pub(crate) fn of(document: &Document) -> Result<Self, Error> {
        let invalid = |problem| Error::Invalid { problems: vec![problem] };
        let raw: Self = document.parse("", &[]).map_err(invalid)?;
        let (most, found) = (MOST_STAGES, raw.stages.len());
        if found <= most {
            return Ok(raw);
        }
        // Not one problem a stage: each takes time to find its place.
        let message = format!("expected at most {most} stages, found {found}");
        Err(invalid(document.problem(&["stages".into()], message)))
    }
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stages: Vec<StageName> = self.stages.iter().map(Link::name).collect();
        f.debug_struct("Pipeline")
            .field("seed", &self.seed)
            .field("run_dir", &self.run_dir)
            .field("stages", &stages)
            .finish_non_exhaustive()
    }
}

fn chain_problems(document: &Document, raw: &RawChain) -> Vec<Problem> {
    let mut problems = vec![];
    if raw.version != VERSION {
        let message = format!("expected version {VERSION}, the one known here, found {}", raw.version);
        problems.push(document.problem(&["version".into()], message));
    }
    let limited = |stage: &RawStage| stage.timeout_seconds.is_some() && stage.command.is_none();
    for (index, stage) in raw.stages.iter().enumerate().filter(|(_, stage)| limited(stage)) {
        let message = format!("stage `{}`: `timeout_seconds` is for a `command`, and there is none", stage.stage);
        problems.push(document.problem(&["stages".into(), index.into(), "timeout_seconds".into()], message));
    }
    if raw.stages.is_empty() {
        problems.push(document.problem(&["stages".into()], "expected at least one stage, found none".to_owned()));
    }
    problems.extend(order_problems(document, raw));
    problems
}

/// The kinds of a chain follow one another: the first stage of each stands after those of the kinds before it. Further
/// stages of a kind have names of their own.
fn order_problems(document: &Document, raw: &RawChain) -> Vec<Problem> {
    let mut problems = vec![];
    let order = StageKind::ALL.map(StageKind::name).join(", ");
    for (index, stage) in raw.stages.iter().enumerate() {
        let (before, name, kind) = (&raw.stages[..index], stage.name(), stage.stage);
        let place = |key: &str| [Segment::from("stages"), index.into(), key.into()];
        if name.kind().is_some_and(|other| other != kind) {
            let message =
                format!("expected a name that is not that of another kind, found `{name}` for a stage `{kind}`");
            problems.push(document.problem(&place("name"), message));
        } else if RESERVED.contains(&name.as_str()) {
            problems.push(
                document.problem(&place("name"), format!("expected another name: `{name}` has a meaning of its own")),
            );
        } else if before.iter().any(|earlier| earlier.name() == name) {
            let key = if stage.name.is_some() { "name" } else { "stage" };
            let message = match before.iter().any(|earlier| earlier.stage == kind) {
                true => {
                    format!("stage `{name}` stands here for the second time; give one of the two a `name` of its own")
                }
                false => format!("the name `{name}` stands here for the second time"),
            };
            problems.push(document.problem(&place(key), message));
        } else if let Some(after) =
            before.iter().filter(|_| is_first(before, kind)).find(|earlier| earlier.stage > kind)
        {
            let message =
                format!("stage `{name}` cannot follow `{}`; expected the kinds in the order {order}", after.name());
            problems.push(document.problem(&place("stage"), message));
        }
    }
    problems
}

fn is_first(before: &[RawStage], kind: StageKind) -> bool {
    before.iter().all(|earlier| earlier.stage != kind)
}

/// A program in place of the stage. Its parameters are its own: any mapping.
fn parse_program(
    kind: StageKind,
    command: CommandLine,
    timeout: Option<Seconds>,
    params: &Params<'_>,
) -> Result<Box<dyn Stage>, Problem> {
    let own: Map<String, Value> = params.parse()?;
    Ok(Box::new(Program::new(entry(kind), command, timeout, own, params.base)))
}
