//! What a stage that will run takes of the memory, from what is known of its images before.

use fer_artifact::names::split_file;
use fer_artifact::{Kind, Size, Split, describe};
use fer_train::Memory;

use crate::link::Link;
use crate::stage::ImagesSeen;
use crate::{Pipeline, StageName, Step};

impl Pipeline {
    /// What this stage will take, if it can tell; `steps` are the stages before it.
    pub(crate) fn forecast(&self, link: &Link, steps: &[Step]) -> Option<Memory> {
        let maker = link.inputs().into_iter().next()?.maker;
        link.stage.memory(self.images_of(maker, steps)?)
    }

    /// The images that a stage leaves: those that lie there, or, if the stage will run, those that it tells before.
    fn images_of(&self, name: StageName, steps: &[Step]) -> Option<ImagesSeen> {
        let link = self.stages.iter().find(|link| link.name() == name);
        let will_run = steps.iter().any(|step| step.stage == name && !step.reasons.is_empty());
        let there = || self.images_at(name);
        let before = || {
            let link = link?;
            let input = link.inputs().into_iter().find(|input| matches!(input.input.of, Kind::Images | Kind::Features));
            link.stage.leaves(input.and_then(|input| self.images_of(input.maker, steps)))
        };
        if will_run { before() } else { there().or_else(before) }
    }

    /// Those in the folder of a stage.
    fn images_at(&self, name: StageName) -> Option<ImagesSeen> {
        let file = split_file(Split::Train);
        let (header, tensors) = describe(&self.run_dir.join(name.as_str()).join(file)).ok()?;
        let images = tensors.iter().find(|tensor| tensor.name == "images")?;
        let &[.., height, width] = images.shape.as_slice() else { return None };
        let size = Size::new(height, width).ok()?;
        Some(ImagesSeen { size, classes: header?.classes.len() })
    }
}
