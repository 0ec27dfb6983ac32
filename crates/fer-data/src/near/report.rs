//! What the data report says of near copies.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fer_artifact::{NearPair, NearReport, Overlap, Size, Split, names};
use fer_imgproc::resize;
use image::ExtendedColorType::L8;
use image::ImageEncoder;
use image::codecs::png::PngEncoder;

use super::extremes::Pair;
use super::search::{ABSENT, Firsts};
use super::{Fingerprint, Near};
use crate::Error;

/// Longest side of a picture in the report.
const LONGEST_SIDE: usize = 64;

impl Near<'_> {
    /// The counts and the pairs to show; none for images that are too small to be compared.
    pub(crate) fn report(&self, fingerprints: &[Option<Fingerprint>]) -> Result<Option<NearReport>, Error> {
        let is_known = |(split, print): (&Option<Split>, &Option<Fingerprint>)| split.is_some() && print.is_some();
        if !self.splits.iter().zip(fingerprints).any(is_known) {
            return Ok(None);
        }
        let splits: Vec<Split> = Split::ALL.into_iter().filter(|&split| self.splits.contains(&Some(split))).collect();
        let overlap = |of: Split, also_in: Split| Overlap {
            of,
            also_in,
            rows: self.members(of).filter(|&index| self.stands_in(index, also_in)).count(),
        };
        let others = |of: Split| splits.iter().copied().filter(move |&also_in| also_in != of);
        let copies = |of: Split| self.members(of).filter(|&index| self.has_one_before(of, index)).count();
        Ok(Some(NearReport {
            copies: splits.iter().map(|&of| (of, copies(of))).collect(),
            overlaps: splits.iter().flat_map(|&of| others(of).map(move |also_in| overlap(of, also_in))).collect(),
            pairs: self.pairs.iter().map(|pair| self.shown(pair)).collect::<Result<_, _>>()?,
        }))
    }

    /// A pair with its pictures side by side.
    fn shown(&self, pair: &Pair) -> Result<NearPair, Error> {
        let [first, second] = pair.pictures.map(|id| self.equal[id as usize]);
        let splits = splits_of(first, second);
        let images = [(splits[0], first), (splits[1], second)].map(|(split, firsts)| firsts[split as usize] as usize);
        Ok(NearPair {
            rows: images.map(|index| self.table.rows()[index]),
            splits,
            labels: images.map(|index| self.table.labels[index]),
            likeness: (1e4 * pair.likeness.value).round() / 1e4,
            mirrored: pair.likeness.mirrored,
            picture: self.side_by_side(images)?,
        })
    }

    /// Two images as one PNG, in base64.
    fn side_by_side(&self, images: [usize; 2]) -> Result<String, Error> {
        let from = self.table.size.expect("an image has sides");
        let longest = from.height().max(from.width()).max(LONGEST_SIDE);
        let side = |side: usize| (side * LONGEST_SIDE / longest).max(1);
        let to = if longest > LONGEST_SIDE { Size::new(side(from.height()), side(from.width())) } else { Ok(from) };
        let to = to.expect("sides stay above 0");
        let shown = |index: usize| -> Result<Vec<u8>, Error> {
            let pixels = self.table.images.gather(from.area(), &[index])?;
            Ok(if to == from { pixels } else { resize(&pixels, from, to) })
        };
        let (first, second) = (shown(images[0])?, shown(images[1])?);
        let rows = first.chunks(to.width()).zip(second.chunks(to.width()));
        let pixels: Vec<u8> = rows.flat_map(|(first, second)| [first, second].concat()).collect();
        let mut bytes = vec![];
        PngEncoder::new(&mut bytes)
            .write_image(&pixels, 2 * to.width() as u32, to.height() as u32, L8)
            .map_err(Error::encode(names::DATA_REPORT.as_ref()))?;
        Ok(BASE64_STANDARD.encode(bytes))
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
