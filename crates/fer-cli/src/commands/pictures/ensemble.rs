use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use fer_artifact::{ImageSet, Model, Size, Split, read, read_bytes};
use fer_eval::{Predictor, average, probabilities};
use fer_imgproc::Preprocessing;

const BATCH_SIZE: usize = 256;

/// The model that is part of the program, for calls that name none; `models/README.md` tells of it.
const OWN_MODEL: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/fer48.safetensors"));

/// One or several models that judge together.
pub(crate) struct Ensemble {
    members: Vec<Member>,
    classes: Vec<String>,
    size: Size,
}

struct Member {
    preprocessing: Preprocessing,
    predictor: Predictor,
}

impl Ensemble {
    /// Reads models that know the same classes and take images of the same size; without any, the program's own.
    pub(super) fn read(paths: &[PathBuf]) -> Result<Self> {
        let mut models: Vec<(&Path, Model)> =
            paths.iter().map(|path| Ok((path.as_path(), read(path)?))).collect::<Result<_>>()?;
        if paths.is_empty() {
            let name = Path::new("the program's own model");
            models.push((name, read_bytes(name, OWN_MODEL)?));
        }
        let members = models.iter().map(|(path, model)| Member::new(path, model)).collect::<Result<Vec<_>>>()?;
        let (first, model) = &models[0];
        let (classes, size) = (model.classes.clone(), members[0].preprocessing.size());
        for ((path, model), member) in models.iter().zip(&members) {
            let (path, first, found) = (path.display(), first.display(), member.preprocessing.size());
            let same = model.classes == classes;
            ensure!(same, "{path}: expected the classes of {first}, {classes:?}, found {:?}", model.classes);
            ensure!(found == size, "{path}: expected images of {size} as {first}, found {found}");
        }
        Ok(Self { members, classes, size })
    }

    /// Class names in the order of the probabilities.
    pub(crate) fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Height and width of the images that the models take.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.size.height(), self.size.width())
    }

    /// Probabilities of each class for each gray image: the mean of the models' softmax.
    pub(crate) fn probabilities(&self, images: &[&[u8]]) -> Result<Vec<Vec<f64>>> {
        if images.is_empty() {
            return Ok(vec![]);
        }
        let set = self.set(images);
        let answer = |member: &Member| Ok(member.predictor.predict(&member.preprocessing.apply(&set)?, BATCH_SIZE)?);
        let answers = self.members.iter().map(answer).collect::<Result<Vec<_>>>()?;
        Ok(average(&answers)?.logits.chunks(self.classes.len()).map(probabilities).collect())
    }

    /// A heat map for each gray image and its class, of the image's size: the mean of the models' heat maps.
    pub(crate) fn heat_maps(&self, images: &[&[u8]], classes: &[usize]) -> Result<Vec<Vec<f32>>> {
        let pixels = self.size.height() * self.size.width();
        let mut means = vec![vec![0.0; pixels]; images.len()];
        if images.is_empty() {
            return Ok(means);
        }
        let set = self.set(images);
        for member in &self.members {
            let maps = member.predictor.heat_maps(&member.preprocessing.apply(&set)?, classes)?;
            for (mean, heat) in means.iter_mut().zip(maps) {
                mean.iter_mut().zip(heat).for_each(|(mean, heat)| *mean += heat / self.members.len() as f32);
            }
        }
        Ok(means)
    }

    /// The images as a stage would have them; nothing is known of their labels.
    fn set(&self, images: &[&[u8]]) -> ImageSet {
        ImageSet {
            classes: self.classes.clone(),
            split: Split::Test,
            height: self.size.height(),
            width: self.size.width(),
            images: images.concat(),
            labels: vec![0; images.len()],
            rows: (0..images.len() as u32).collect(),
            skipped_rows: vec![],
            groups: None,
        }
    }
}

impl Member {
    fn new(path: &Path, model: &Model) -> Result<Self> {
        let name = path.display();
        let preprocessing = serde_json::from_value(model.preprocessing.clone())
            .with_context(|| format!("{name}: its header does not say how to preprocess an image"))?;
        let predictor = Predictor::new(model).with_context(|| format!("{name}: its network"))?;
        Ok(Self { preprocessing, predictor })
    }
}
