use fer_artifact::{Seed, Size};
use fer_imgproc::{Augmentation, Erasing};

use crate::TrainParams;
use crate::recipe::crop_of;

/// How the recipe changes single images of train in an epoch: augmentation and crops. What it makes of two images (`mixup`) is not
/// part of it.
#[derive(Debug, Clone, Copy)]
pub struct Changes {
    augmentation: Option<Augmentation>,
    size: Size,
    crop: Size,
    stream: Seed,
    epoch: usize,
}

impl Changes {
    /// Those of an epoch, counted from 1, to images of this size; `seed` is the stage's.
    pub fn of(params: &TrainParams, size: Size, seed: Seed, epoch: usize) -> Self {
        let square = |side| Size::new(side, side).expect("the sides of crops were checked");
        let augmentation = match params.augmentation {
            Some(changes) if is_plain(params, epoch) => Some(Augmentation { erasing: Erasing::default(), ..changes }),
            changes => changes,
        };
        let crop = crop_of(&params.crops, epoch).map_or(size, square);
        Self { augmentation, size, crop, stream: seed.stream("augmentation"), epoch }
    }

    /// Whether images stay as they are.
    pub fn are_none(&self) -> bool {
        self.augmentation.is_none() && self.crop == self.size
    }

    /// The size of the images that come out.
    pub fn crop(&self) -> Size {
        self.crop
    }

    /// The image of this row as the network sees it in the epoch.
    ///
    /// # Panics
    /// If the image is not of the size.
    pub fn apply(&self, image: &[f32], row: u32) -> Vec<f32> {
        self.augmentation.unwrap_or_default().apply(image, self.size, self.crop, (self.stream, self.epoch, row))
    }
}

/// Whether it is one of the last epochs, which see images as they are, but for what happens to photographs too.
pub(crate) fn is_plain(params: &TrainParams, epoch: usize) -> bool {
    epoch + params.final_plain_epochs > params.epochs.get()
}
