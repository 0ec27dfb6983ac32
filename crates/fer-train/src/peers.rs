use std::sync::Arc;

/// A message: numbers by their bits.
pub type Words = Vec<u32>;

/// Why processes cannot reach each other.
pub type PeersError = Box<dyn std::error::Error + Send + Sync>;

/// The processes that compute one training together, as one of them sees them. Their number changes no byte of the result.
///
/// This is all that a training asks of whatever connects them: the order of sums, and who adds what, stand in this crate.
pub trait Peers: Send + Sync {
    /// Which of them this one is, from 0. Process 0 leads: it alone writes.
    fn rank(&self) -> usize;

    /// How many there are, this one included.
    fn count(&self) -> usize;

    /// Sends `outgoing[r]` to process r and takes `incoming[r]` words from process r, all at once; returns what came when all
    /// came. A message without words is not sent. Every process calls this as often as the others, from one thread at a time.
    ///
    /// # Errors
    /// Whatever keeps a message from its process.
    fn exchange(&self, outgoing: Vec<Arc<Words>>, incoming: Vec<usize>) -> Result<Vec<Words>, PeersError>;
}

/// One process without others.
#[derive(Debug, Clone, Copy, Default)]
pub struct Alone;

impl Peers for Alone {
    fn rank(&self) -> usize {
        0
    }

    fn count(&self) -> usize {
        1
    }

    fn exchange(&self, _: Vec<Arc<Words>>, _: Vec<usize>) -> Result<Vec<Words>, PeersError> {
        Ok(vec![vec![]])
    }
}

/// Everybody's words, in the order of the processes, on every process; `lengths` says how many each has.
///
/// # Errors
/// Those of [`Peers::exchange`].
pub fn gather(peers: &dyn Peers, own: Words, lengths: &[usize]) -> Result<Vec<Words>, PeersError> {
    let (rank, own, nothing) = (peers.rank(), Arc::new(own), Arc::default());
    let message = |other| if other == rank { Arc::clone(&nothing) } else { Arc::clone(&own) };
    let outgoing = (0..peers.count()).map(message).collect();
    let incoming = lengths.iter().enumerate().map(|(other, &length)| if other == rank { 0 } else { length });
    let mut all = peers.exchange(outgoing, incoming.collect())?;
    all[rank] = Arc::unwrap_or_clone(own);
    Ok(all)
}

/// Process 0 tells all others so many words.
fn tell(peers: &dyn Peers, words: Words) -> Result<(), PeersError> {
    let (words, count) = (Arc::new(words), peers.count());
    let outgoing = (0..count).map(|other| if other == 0 { Arc::default() } else { Arc::clone(&words) });
    peers.exchange(outgoing.collect(), vec![0; count]).map(drop)
}

/// What process 0 tells.
fn listen(peers: &dyn Peers, length: usize) -> Result<Words, PeersError> {
    let mut incoming = vec![0; peers.count()];
    incoming[0] = length;
    let mut all = peers.exchange(vec![Arc::default(); peers.count()], incoming)?;
    Ok(all.swap_remove(0))
}

/// Process 0 tells all others a text, which they [`hear`].
///
/// # Errors
/// Those of [`Peers::exchange`].
pub fn announce(peers: &dyn Peers, text: &str) -> Result<(), PeersError> {
    let length = text.len().try_into()?;
    let padded: Vec<u8> = text.bytes().chain([0; 3]).collect();
    tell(peers, vec![length])?;
    tell(peers, padded.chunks_exact(4).map(|bytes| u32::from_le_bytes(bytes.try_into().expect("four"))).collect())
}

/// The text that process 0 announces, once it does.
///
/// # Errors
/// Those of [`Peers::exchange`], and what is no text.
pub fn hear(peers: &dyn Peers) -> Result<String, PeersError> {
    let length = listen(peers, 1)?[0] as usize;
    let words = listen(peers, length.div_ceil(4))?;
    let mut bytes: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
    bytes.truncate(length);
    Ok(String::from_utf8(bytes)?)
}

/// A number that process 0 chose, on every process.
pub(crate) fn follow_first(peers: &dyn Peers, own: u32) -> Result<u32, PeersError> {
    match peers.rank() {
        0 => tell(peers, vec![own]).map(|()| own),
        _ => Ok(listen(peers, 1)?[0]),
    }
}
