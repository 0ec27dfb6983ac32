//! Images that are read while the network works on those before.

use std::thread::{JoinHandle, spawn};

use fer_artifact::{Error, FeatureSet, Pixels};

/// Values of a batch while they are read.
type Reading = JoinHandle<Result<Vec<f32>, Error>>;

/// Batches of a set, by the places of their images, each with its values: the next is read ahead.
pub(crate) struct Ahead<'a, I> {
    images: Pixels<f32>,
    area: usize,
    batches: I,
    next: Option<(&'a [usize], Reading)>,
}

impl<'a, I: Iterator<Item = &'a [usize]>> Ahead<'a, I> {
    pub(crate) fn new(set: &FeatureSet, batches: I) -> Self {
        let mut ahead = Self { images: set.images.clone(), area: set.height * set.width, batches, next: None };
        ahead.start();
        ahead
    }

    fn start(&mut self) {
        let (images, area) = (self.images.clone(), self.area);
        self.next = self.batches.next().map(|batch| {
            let indices = batch.to_vec();
            (batch, spawn(move || images.gather(area, &indices)))
        });
    }
}

impl<'a, I: Iterator<Item = &'a [usize]>> Iterator for Ahead<'a, I> {
    type Item = (&'a [usize], Result<Vec<f32>, Error>);

    fn next(&mut self) -> Option<Self::Item> {
        let (batch, reading) = self.next.take()?;
        let values = reading.join().expect("reading does not panic");
        self.start();
        Some((batch, values))
    }
}
