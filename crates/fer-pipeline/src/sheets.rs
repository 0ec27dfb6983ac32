//! Contact sheets: faces of each class, what a training makes of a face, near copies.

use std::collections::BTreeMap;

use fer_artifact::{Error, FeatureSet, ImageSet, NearPair, NearReport, Origins, Seed, Size, Split};
use fer_eval::{Sheet, SheetLine, SheetTile};
use fer_imgproc::{Augmentation, resize};
use fer_train::{Changes, TrainParams};
use serde_json::Value;

/// Epochs whose images are shown.
const EPOCHS: usize = 4;
/// Longest side of a face on a page.
const PAGE_SIDE: usize = 96;

/// So many faces of each of these classes, spread evenly over the rows.
///
/// # Errors
/// Images that cannot be read.
pub fn by_class(images: &ImageSet, classes: &[usize], of_each: usize) -> Result<Sheet, Error> {
    let line = |&class: &usize| {
        let members = members(&images.labels, class);
        let tiles = spread(&members, of_each).map(|index| tile(images, index, format!("row {}", images.rows[index])));
        let name = format!("{}: {} of {} images", images.classes[class], members.len().min(of_each), members.len());
        Ok(SheetLine { name, tiles: tiles.collect::<Result<_, Error>>()? })
    };
    Ok(Sheet {
        title: format!("Faces of {}", images.split),
        note: "As they were read, spread evenly over the rows of each class.".to_owned(),
        split: images.split,
        lines: classes.iter().map(line).collect::<Result<_, Error>>()?,
    })
}

/// What a training changes faces by.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// Its parameters.
    pub params: TrainParams,
    /// The stage's seed.
    pub seed: Seed,
}

/// The parameters of our own train stage, if these are some.
pub(crate) fn recipe_of(params: &Value) -> Option<TrainParams> {
    serde_json::from_value(params.clone()).ok()
}

/// One face of each of these classes: as it was read, where the images are given; preprocessed; changed by each part of the
/// augmentation alone; and as the network sees it in the first epochs, bit for bit.
///
/// # Errors
/// Images that cannot be read.
pub fn augmented(
    features: &FeatureSet,
    images: Option<&ImageSet>,
    recipe: &Recipe,
    classes: &[usize],
) -> Result<Sheet, Error> {
    let size = features.size().expect("no file holds images without pixels");
    let faces = classes.iter().filter_map(|&class| spread(&members(&features.labels, class), 1).next());
    let line = |index: usize| {
        let (row, class) = (features.rows[index], &features.classes[usize::from(features.labels[index])]);
        let read = images.and_then(|images| Some((images, images.rows.iter().position(|&of| of == row)?)));
        let read = read.map(|(images, place)| tile(images, place, "as read".to_owned())).transpose()?;
        let values = features.image(index)?;
        let seen = changed(&values, size, row, recipe);
        let tiles = read.into_iter().chain(seen).collect();
        let origin = origin(features.origins.as_ref(), index).map_or(String::new(), |origin| format!(", {origin}"));
        Ok(SheetLine { name: format!("{class}, row {row}{origin}"), tiles })
    };
    let note = match Changes::of(&recipe.params, size, recipe.seed, 1).are_none() {
        true => "The train stage has no augmentation: the network sees each face as preprocessing left it.",
        false => {
            "The face as it was read, then preprocessed, then each change of the augmentation by itself, drawn once; at last what the \
             network sees in the first epochs. Mixup, which takes two faces, is not shown."
        }
    };
    Ok(Sheet {
        title: "What the network is trained on".to_owned(),
        note: note.to_owned(),
        split: features.split,
        lines: faces.map(line).collect::<Result<_, Error>>()?,
    })
}

/// A face after preprocessing, after each change, and in the first epochs. All are gray as the first is, so that changes of brightness
/// show.
fn changed(values: &[f32], size: Size, row: u32, recipe: &Recipe) -> Vec<SheetTile> {
    let low = values.iter().copied().fold(f32::INFINITY, f32::min);
    let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let level = |value: &f32| match high > low {
        true => (255.0 * (value - low) / (high - low)).round().clamp(0.0, 255.0) as u8,
        false => 128,
    };
    let tile = |caption: String, size: Size, values: &[f32]| SheetTile {
        row,
        caption,
        origin: None,
        size,
        pixels: values.iter().map(level).collect(),
    };
    let Recipe { params, seed } = recipe;
    let mut tiles = vec![tile("preprocessed".to_owned(), size, values)];
    let place = (seed.stream("augmentation"), 1, row);
    for (name, change) in params.augmentation.iter().flat_map(Augmentation::each) {
        tiles.push(tile(name.to_owned(), size, &change.apply(values, size, size, place)));
    }
    for epoch in 1..=EPOCHS.min(params.epochs.get()) {
        let changes = Changes::of(params, size, *seed, epoch);
        if !changes.are_none() {
            tiles.push(tile(format!("epoch {epoch}"), changes.crop(), &changes.apply(values, row)));
        }
    }
    tiles
}

/// The pairs of near copies that ingest found, the most alike first, as far as these sets have them.
///
/// # Errors
/// Images that cannot be read.
pub fn near_copies(near: &NearReport, sets: &BTreeMap<Split, ImageSet>) -> Result<Sheet, Error> {
    let side = |pair: &NearPair, side: usize| {
        let (split, row) = (pair.splits[side], pair.rows[side]);
        let Some(set) = sets.get(&split) else { return Ok(None) };
        let Some(index) = set.rows.iter().position(|&of| of == row) else { return Ok(None) };
        let class = &set.classes[usize::from(set.labels[index])];
        let of = if sets.len() > 1 { split.name() } else { "row" };
        tile(set, index, format!("{of} {row}: {class}")).map(Some)
    };
    let line = |pair: &NearPair| {
        let mirrored = if pair.mirrored { ", mirrored" } else { "" };
        let tiles = [side(pair, 0)?, side(pair, 1)?].into_iter().flatten().collect();
        Ok(SheetLine { name: format!("likeness {:.3}{mirrored}", pair.likeness), tiles })
    };
    let note = match near.pairs.is_empty() {
        true => "No two images are near copies: of one picture, with other pixels.",
        false => {
            "Images of one picture, with other pixels; equal images are left out. 1 means that brightness and contrast alone differ."
        }
    };
    Ok(Sheet {
        title: "Near copies".to_owned(),
        note: note.to_owned(),
        split: Split::Train,
        lines: near.pairs.iter().map(line).collect::<Result<_, Error>>()?,
    })
}

/// A sheet with its large faces made smaller: a page holds hundreds of them.
pub(crate) fn for_page(mut sheet: Sheet) -> Sheet {
    for tile in sheet.lines.iter_mut().flat_map(|line| &mut line.tiles) {
        let (height, width) = (tile.size.height(), tile.size.width());
        let longest = height.max(width);
        if longest > PAGE_SIDE {
            let side = |side: usize| (side * PAGE_SIDE).div_ceil(longest);
            let to = Size::new(side(height), side(width)).expect("sides between 1 and those of the face");
            tile.pixels = resize(&tile.pixels, tile.size, to);
            tile.size = to;
        }
    }
    sheet
}

fn members(labels: &[u8], class: usize) -> Vec<usize> {
    (0..labels.len()).filter(|&index| usize::from(labels[index]) == class).collect()
}

/// So many of these, or all, evenly spread.
fn spread(members: &[usize], count: usize) -> impl Iterator<Item = usize> {
    let shown = count.min(members.len());
    (0..shown).map(move |place| members[place * members.len() / shown])
}

fn tile(images: &ImageSet, index: usize, caption: String) -> Result<SheetTile, Error> {
    Ok(SheetTile {
        row: images.rows[index],
        caption,
        origin: origin(images.origins.as_ref(), index),
        size: images.size().expect("no file holds images without pixels"),
        pixels: images.image(index)?.into_owned(),
    })
}

fn origin(origins: Option<&Origins>, index: usize) -> Option<String> {
    origins.map(|origins| origins.get(index).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_faces_are_made_smaller_for_a_page() {
        let tile = |height, width| SheetTile {
            row: 0,
            caption: String::new(),
            origin: None,
            size: Size::new(height, width).unwrap(),
            pixels: vec![9; height * width],
        };
        let tiles = vec![tile(48, 96), tile(384, 192), tile(1000, 1)];
        let line = SheetLine { name: String::new(), tiles };
        let sheet = Sheet { title: String::new(), note: String::new(), split: Split::Train, lines: vec![line] };
        let sizes = |sheet: &Sheet| -> Vec<_> {
            sheet.lines[0].tiles.iter().map(|tile| (tile.size.height(), tile.size.width(), tile.pixels.len())).collect()
        };
        assert_eq!(sizes(&for_page(sheet)), [(48, 96, 48 * 96), (96, 48, 96 * 48), (96, 1, 96)]);
    }

    #[test]
    fn faces_are_spread_over_all_of_a_class() {
        let members = [2, 3, 5, 7, 11, 13];
        assert_eq!(spread(&members, 3).collect::<Vec<_>>(), [2, 5, 11]);
        assert_eq!(spread(&members, 9).collect::<Vec<_>>(), members);
        assert_eq!(spread(&[], 9).count(), 0);
    }
}
