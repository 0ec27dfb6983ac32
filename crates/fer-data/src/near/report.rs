//! What the data report says of near copies.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fer_artifact::{ImageSet, NearPair, NearReport, Overlap, Size, Split};
use fer_imgproc::resize;
use image::ExtendedColorType::L8;
use image::ImageEncoder;
use image::codecs::png::PngEncoder;

use super::extremes::Pair;
use super::search::{ABSENT, Firsts};
use super::{Fingerprints, Near};
use crate::Error;

/// Longest side of a picture in the report.
const LONGEST_SIDE: usize = 64;

impl Near {
    /// The counts and the pairs to show; none for images that are too small to be compared.
    pub(crate) fn report(
        &self,
        sets: &BTreeMap<Split, ImageSet>,
        fingerprints: &Fingerprints,
    ) -> Result<Option<NearReport>, Error> {
        if fingerprints.values().flatten().all(Option::is_none) {
            return Ok(None);
        }
        let count = |of: Split, is_counted: &dyn Fn(usize) -> bool| {
            (0..sets[&of].len()).filter(|&index| is_counted(index)).count()
        };
        let overlap = |of: Split, also_in: Split| Overlap {
            of,
            also_in,
            rows: count(of, &|index| self.stands_in(of, index, also_in)),
        };
        let others = |of: Split| sets.keys().copied().filter(move |&also_in| also_in != of);
        Ok(Some(NearReport {
            copies: sets.keys().map(|&of| (of, count(of, &|index| self.has_one_before(of, index)))).collect(),
            overlaps: sets.keys().flat_map(|&of| others(of).map(move |also_in| overlap(of, also_in))).collect(),
            pairs: self.pairs.iter().map(|pair| self.shown(pair, sets)).collect::<Result<_, _>>()?,
        }))
    }

    /// A pair with its pictures side by side.
    fn shown(&self, pair: &Pair, sets: &BTreeMap<Split, ImageSet>) -> Result<NearPair, Error> {
        let [first, second] = pair.pictures.map(|id| self.equal[id as usize]);
        let splits = splits_of(first, second);
        let images = [(splits[0], first), (splits[1], second)]
            .map(|(split, firsts)| (&sets[&split], firsts[split as usize] as usize));
        Ok(NearPair {
            rows: images.map(|(set, index)| set.rows[index]),
            splits,
            labels: images.map(|(set, index)| set.labels[index]),
            likeness: (1e4 * pair.likeness.value).round() / 1e4,
            mirrored: pair.likeness.mirrored,
            picture: side_by_side(images)?,
        })
    }
}

/// The splits out of which two pictures are shown: train and another one, in one order or the other, where they stand so.
fn splits_of(first: Firsts, second: Firsts) -> [Split; 2] {
    let [test, validation, train] = [Split::Test, Split::Validation, Split::Train];
    let pairs =
        [[train, test], [test, train], [train, validation], [validation, train], [train; 2], [validation, test]];
    let more = [[test, validation], [validation; 2], [test; 2]];
    let there = |firsts: Firsts, split: Split| firsts[split as usize] != ABSENT;
    let mut all = pairs.into_iter().chain(more);
    all.find(|&[a, b]| there(first, a) && there(second, b)).expect("an image shows each picture")
}

/// Two images as one PNG, in base64.
fn side_by_side(images: [(&ImageSet, usize); 2]) -> Result<String, Error> {
    let (set, _) = images[0];
    let (from, longest) = (Size::new(set.height, set.width), set.height.max(set.width).max(LONGEST_SIDE));
    let side = |side: usize| (side * LONGEST_SIDE / longest).max(1);
    let from = from.expect("an image has sides");
    let to = if longest > LONGEST_SIDE { Size::new(side(set.height), side(set.width)) } else { Ok(from) };
    let to = to.expect("sides stay above 0");
    let [first, second] = images.map(|(set, index)| match to == from {
        true => set.image(index).to_vec(),
        false => resize(set.image(index), from, to),
    });
    let rows = first.chunks(to.width()).zip(second.chunks(to.width()));
    let pixels: Vec<u8> = rows.flat_map(|(first, second)| [first, second].concat()).collect();
    let mut bytes = vec![];
    PngEncoder::new(&mut bytes)
        .write_image(&pixels, 2 * to.width() as u32, to.height() as u32, L8)
        .map_err(Error::encode("data-report.json".as_ref()))?;
    Ok(BASE64_STANDARD.encode(bytes))
}
