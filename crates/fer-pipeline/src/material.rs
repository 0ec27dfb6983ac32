//! What there is to look at: the images of a chain, what became of them, and what its training makes of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fer_artifact::names::{DATA_REPORT, split_file};
use fer_artifact::{DataReport, FeatureSet, ImageSet, Kind, RECORD, Seed, Split, open, read_regular};
use fer_data::{DropDuplicates, Fractions, Ingested, SplitRule, ingest, propose};

use crate::error::StageError;
use crate::last_part::last_part;
use crate::link::Link;
use crate::progress::{Clock, Reporter};
use crate::sheets::{Recipe, recipe_of};
use crate::{Error, Pipeline, RunOptions, Selection, StageKind};

/// Faces to look at.
#[derive(Debug)]
pub struct Material {
    /// The images of each split.
    pub images: BTreeMap<Split, ImageSet>,
    /// Those of train after preprocessing.
    pub features: Option<FeatureSet>,
    /// What ingest reported.
    pub report: Option<DataReport>,
    /// What the images are called as a whole, all of them in one split, where nobody has split them.
    pub undivided: Option<String>,
    /// What the train stage changes faces by; none where a program of the user's own trains.
    pub recipe: Option<Recipe>,
}

impl Material {
    /// Reads all rows of a source as `fer init` would, in its own splits or in none.
    ///
    /// # Errors
    /// What makes it no source of faces.
    pub fn of_source(path: &Path, scratch: &Path) -> Result<Self, fer_data::Error> {
        let seed = Seed::new(0);
        let mut params = propose(path, seed, scratch)?.params;
        params.drop_duplicates = DropDuplicates::default();
        let is_divided = matches!(params.split, SplitRule::Usage { .. });
        params.split = match params.split {
            SplitRule::Usage { .. } => SplitRule::default(),
            _ => SplitRule::Stratified(Fractions::new(1.0, 0.0, 0.0).expect("a whole").pooled()),
        };
        let Ingested { sets, report, .. } = ingest(&params, seed, scratch)?;
        let name = || last_part(path).unwrap_or_else(|| path.display().to_string());
        let undivided = (!is_divided).then(name);
        Ok(Self { images: sets, features: None, report: Some(report), undivided, recipe: None })
    }

    /// Takes an artifact of images, with what ingest reported where that lies beside it.
    ///
    /// # Errors
    /// A file that is no artifact of images.
    pub fn of_artifact(path: &Path) -> Result<Self, fer_artifact::Error> {
        let images: ImageSet = open(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut all = BTreeMap::new();
        let report = report(folder);
        for split in Split::ALL.into_iter().filter(|_| report.is_some()) {
            let path = folder.join(split_file(split));
            all.extend(path.is_file().then(|| open::<ImageSet>(&path)).transpose()?.map(|set| (split, set)));
        }
        all.insert(images.split, images);
        Ok(Self { images: all, features: None, report, undivided: None, recipe: None })
    }
}

impl Pipeline {
    /// Whether the faces of the chain, as far as its train stage reads them, lie in its run folder as they would come out again.
    ///
    /// # Errors
    /// As [`Self::status`].
    pub fn has_faces(&self) -> Result<bool, Error> {
        let before: Vec<_> = self.before_training().map(Link::name).collect();
        let status = self.status()?;
        Ok(status.iter().filter(|step| before.contains(&step.stage)).all(|step| step.reasons.is_empty()))
    }

    /// Runs the stages before the training.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn make_faces(&self, clock: &dyn Clock, reporter: &mut dyn Reporter) -> Result<(), Error> {
        for link in self.before_training() {
            let options = RunOptions { selection: Selection::Only(link.name()), ..RunOptions::default() };
            self.run(&options, clock, reporter)?;
        }
        Ok(())
    }

    /// The faces in the run folder.
    ///
    /// # Errors
    /// A file that is missing or no artifact.
    pub fn faces(&self) -> Result<Material, Error> {
        let folder = |kind: Kind| {
            let maker = self.before_training().filter(|link| link.stage.entry().leaves == Some(kind)).last();
            maker.map(|link| (link, self.run_dir.join(link.name().as_str())))
        };
        let failed = |link: &Link, source: fer_artifact::Error| Error::Stage {
            stage: link.name(),
            source: StageError::from(source),
        };
        let (mut images, mut features) = (BTreeMap::new(), None);
        if let Some((link, folder)) = folder(Kind::Images) {
            for (split, path) in files(&folder) {
                images.insert(split, open(&path).map_err(|source| failed(link, source))?);
            }
        }
        if let Some((link, folder)) = folder(Kind::Features) {
            let train = files(&folder).into_iter().find(|(split, _)| *split == Split::Train);
            features = train.map(|(_, path)| open(&path).map_err(|source| failed(link, source))).transpose()?;
        }
        let ingest = self.stages.iter().find(|link| link.kind() == StageKind::Ingest);
        let report = ingest.and_then(|link| report(&self.run_dir.join(link.name().as_str())));
        Ok(Material { images, features, report, undivided: None, recipe: self.recipe() })
    }

    fn recipe(&self) -> Option<Recipe> {
        let link = self.stages.iter().rfind(|link| link.kind() == StageKind::Train)?;
        let params = recipe_of(&link.stage.params())?;
        Some(Recipe { params, seed: self.seed.stream(link.name().as_str()) })
    }

    fn before_training(&self) -> impl Iterator<Item = &Link> {
        self.stages.iter().filter(|link| link.kind() < StageKind::Train)
    }
}

/// The files of images or features in a stage's folder.
fn files(folder: &Path) -> Vec<(Split, PathBuf)> {
    let path = |split: Split| (split, folder.join(split_file(split)));
    Split::ALL.map(path).into_iter().filter(|(_, path)| path.is_file()).collect()
}

/// What ingest reported, where it did so in a form that is known here.
fn report(folder: &Path) -> Option<DataReport> {
    serde_json::from_slice(&read_regular(&folder.join(DATA_REPORT), RECORD).ok()?).ok()
}
