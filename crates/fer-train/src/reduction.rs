//! What the parts of a batch gave, brought together: gradients travel from process to process while the backward pass still runs.

use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use fer_model::Network;

use crate::peers::{Peers, PeersError, Words, gather};
use crate::shards::{Shards, Sum};

/// Gradients that travel together have this many numbers at least (1 MiB), but for the last: small messages cost their delay alone.
const BUCKET: usize = 1 << 18;

/// What a step tells of its parts, in their order and for each in this order.
pub(crate) enum News {
    /// Its forward pass is done.
    Forward(Note),
    /// A parameter's gradient, by its place in [`Layout`].
    Gradient(usize, Vec<f32>),
    /// Its backward pass is done. Parameters without gradient, all of them for a part without images, have one of zeros.
    Backward,
}

/// What is known of a part beside its gradients: its mean loss and its batch-norm statistics. Zeros for a part without images.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Note {
    pub(crate) loss: f32,
    pub(crate) statistics: Vec<f32>,
}

/// All parts together.
pub(crate) struct Reduced {
    /// Of each part, in order.
    pub(crate) notes: Vec<Note>,
    /// The parameters' gradients one after the other, by bucket.
    pub(crate) gradients: Vec<Vec<f32>>,
    /// Whether another process was asked to stop.
    pub(crate) others_stop: bool,
}

/// The gradients of a network in the order in which a backward pass leaves them, nearly; cut into buckets.
pub(crate) struct Layout {
    /// Numbers in each parameter.
    sizes: Vec<usize>,
    /// Parameters of each bucket.
    buckets: Vec<Range<usize>>,
    /// Statistics of a part.
    pub(crate) statistics: usize,
}

impl Layout {
    pub(crate) fn of(network: &Network) -> Self {
        let sizes = network.parameters_in_order().iter().rev().map(|parameter| parameter.value().elem_count());
        Self::new(sizes.collect(), network.statistics())
    }

    fn new(sizes: Vec<usize>, statistics: usize) -> Self {
        let (mut buckets, mut first, mut numbers) = (vec![], 0, 0);
        for (place, size) in sizes.iter().enumerate() {
            numbers += size;
            if numbers >= BUCKET || place + 1 == sizes.len() {
                buckets.push(first..place + 1);
                (first, numbers) = (place + 1, 0);
            }
        }
        Self { sizes, buckets, statistics }
    }

    /// The gradients of single parameters, in order, out of those by bucket.
    pub(crate) fn split<'a>(&'a self, gradients: &'a [Vec<f32>]) -> impl Iterator<Item = &'a [f32]> {
        self.buckets.iter().zip(gradients).flat_map(|(parameters, bucket)| {
            let mut rest = bucket.as_slice();
            self.sizes[parameters.clone()].iter().map(move |&size| {
                let (own, behind) = rest.split_at(size);
                rest = behind;
                own
            })
        })
    }
}

/// Brings together what this process and the others tell of their parts.
///
/// # Errors
/// The peers'; or `news` that end too soon, as they do where a step fails.
pub(crate) fn reduce(
    peers: &dyn Peers,
    shards: Shards,
    layout: &Layout,
    stop: bool,
    news: &Receiver<News>,
) -> Result<Reduced, PeersError> {
    let own = shards.of_process(peers.rank());
    let mut sums: Vec<Sum> = layout.buckets.iter().map(|_| Sum::new(shards)).collect();
    let mut reduced = Reduced { notes: vec![], gradients: vec![], others_stop: false };
    let mut own_notes = vec![];
    for part in own.clone() {
        let is_last = part + 1 == own.end;
        let News::Forward(note) = news.recv()? else { return Err("gradients before the loss".into()) };
        own_notes.push(note);
        if is_last {
            exchange_notes(peers, shards, layout, (&own_notes, stop), &mut reduced)?;
        }
        let mut gradients = vec![None; layout.sizes.len()];
        let (mut next, mut is_done) = (0, false);
        while !is_done {
            match news.recv()? {
                News::Gradient(place, values) => gradients[place] = Some(values),
                News::Backward => is_done = true,
                News::Forward(_) => return Err("a loss before the gradients".into()),
            }
            // In one order on all processes, whatever comes first.
            while let Some(parameters) = layout.buckets.get(next)
                && (is_done || gradients[parameters.clone()].iter().all(Option::is_some))
            {
                sums[next].add(part..part + 1, take(&mut gradients, &layout.sizes, parameters.clone()));
                if is_last {
                    let sum = std::mem::replace(&mut sums[next], Sum::new(shards));
                    reduced.gradients.push(add_all(peers, shards, sum)?);
                }
                next += 1;
            }
        }
    }
    Ok(reduced)
}

/// The gradients of these parameters one after the other.
fn take(gradients: &mut [Option<Vec<f32>>], sizes: &[usize], parameters: Range<usize>) -> Vec<f32> {
    let mut values = parameters.map(|place| gradients[place].take().unwrap_or_else(|| vec![0.0; sizes[place]]));
    let first = values.next().unwrap_or_default();
    values.fold(first, |mut all, values| {
        all.extend(values);
        all
    })
}

/// Everybody's notes. With them travels whether a process was asked to stop.
fn exchange_notes(
    peers: &dyn Peers,
    shards: Shards,
    layout: &Layout,
    (own, stop): (&[Note], bool),
    reduced: &mut Reduced,
) -> Result<(), PeersError> {
    let each = 1 + layout.statistics;
    let mut words: Words = vec![u32::from(stop)];
    for note in own {
        words.push(note.loss.to_bits());
        words.extend(note.statistics.iter().map(|value| value.to_bits()));
    }
    let lengths: Vec<usize> = (0..peers.count()).map(|rank| 1 + shards.of_process(rank).len() * each).collect();
    for (rank, words) in gather(peers, words, &lengths)?.into_iter().enumerate() {
        reduced.others_stop |= rank != peers.rank() && words[0] != 0;
        reduced.notes.extend(words[1..].chunks_exact(each).map(|words| Note {
            loss: f32::from_bits(words[0]),
            statistics: words[1..].iter().map(|&word| f32::from_bits(word)).collect(),
        }));
    }
    Ok(())
}

/// The sum over all parts, of which `own` holds those of this process. Each process adds a stretch of the numbers for all others:
/// every process sends and takes the numbers twice at most, however many processes there are.
fn add_all(peers: &dyn Peers, shards: Shards, own: Sum) -> Result<Vec<f32>, PeersError> {
    let (rank, count) = (peers.rank(), peers.count());
    let mut own = own.into_values();
    if count == 1 {
        return Ok(own.swap_remove(0));
    }
    let length = own[0].len();
    let stretch = |rank: usize| rank * length / count..(rank + 1) * length / count;
    let of_stretch = |other: usize| own.iter().map(|sum| &sum[stretch(other)]).collect::<Vec<_>>().concat();
    let outgoing = (0..count).map(|other| if other == rank { vec![] } else { of_stretch(other) });
    let outgoing = outgoing.map(|numbers| Arc::new(bytemuck::cast_vec(numbers))).collect();
    let sums: Vec<Vec<Range<usize>>> = (0..count).map(|other| shards.sums_of_process(other)).collect();
    let incoming = (0..count).map(|other| if other == rank { 0 } else { sums[other].len() * stretch(rank).len() });
    let mut came = peers.exchange(outgoing, incoming.collect())?;
    came[rank] = bytemuck::cast_vec(of_stretch(rank));
    drop(own);
    let mut total = Sum::new(shards);
    for (parts, words) in sums.into_iter().zip(came) {
        let numbers: Vec<f32> = bytemuck::cast_vec(words);
        let pieces = numbers.chunks(stretch(rank).len().max(1));
        // Of a stretch without numbers, there are no pieces.
        parts.into_iter().zip(pieces).for_each(|(parts, values)| total.add(parts, values.to_vec()));
    }
    let total = total.into_values().pop().unwrap_or_default();
    let lengths: Vec<usize> = (0..count).map(|rank| stretch(rank).len()).collect();
    let all = gather(peers, bytemuck::cast_vec(total), &lengths)?;
    Ok(bytemuck::cast_vec(all.concat()))
}
