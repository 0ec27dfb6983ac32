use std::collections::VecDeque;

use crate::tracker::{Tracked, TrackedFace};

/// Holds frames back until it is known of each of their faces whether it counts: at most a few frames.
#[derive(Debug)]
pub struct Settling<P> {
    waiting: VecDeque<Settled<P>>,
}

/// A frame whose faces all have a number.
#[derive(Debug)]
pub struct Settled<P> {
    /// What was handed in with it.
    pub frame: P,
    /// Its faces, from left to right.
    pub faces: Vec<TrackedFace>,
    /// Detections that do not count: seen in this frame alone, or within the box of another face.
    pub dropped: usize,
    /// Tracks that have ended by this frame, by their numbers.
    pub ended: Vec<u32>,
}

impl<P> Settling<P> {
    /// Nothing waits.
    pub fn new() -> Self {
        Self { waiting: VecDeque::new() }
    }

    /// Takes a frame and what it has brought; gives the frames that are settled now, in order.
    pub fn push(&mut self, frame: P, mut tracked: Tracked) -> Vec<Settled<P>> {
        let (faces, ended) = (std::mem::take(&mut tracked.faces), std::mem::take(&mut tracked.ended));
        self.waiting.push_back(Settled { frame, faces, dropped: tracked.behind, ended });
        self.settle(&tracked)
    }

    /// Takes what is to be said at the end; gives all frames that are left.
    pub fn finish(mut self, tracked: &Tracked) -> Vec<Settled<P>> {
        let settled = self.settle(tracked);
        debug_assert!(self.waiting.is_empty(), "every face is decided at the end");
        settled
    }

    fn settle(&mut self, tracked: &Tracked) -> Vec<Settled<P>> {
        for frame in &mut self.waiting {
            for &(id, number) in &tracked.numbered {
                frame.faces.iter_mut().filter(|face| face.id == id).for_each(|face| face.number = Some(number));
            }
            let before = frame.faces.len();
            frame.faces.retain(|face| !tracked.dropped.contains(&face.id));
            frame.dropped += before - frame.faces.len();
        }
        let is_settled = |frame: &Settled<P>| frame.faces.iter().all(|face| face.number.is_some());
        let count = self.waiting.iter().take_while(|frame| is_settled(frame)).count();
        self.waiting.drain(..count).collect()
    }
}

impl<P> Default for Settling<P> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use fer_predict::Place;

    use super::*;

    fn face(id: u64, number: Option<u32>) -> TrackedFace {
        let place = Place { x: 0, y: 0, width: 1, height: 1, score: 0.9, landmarks: [[0.0; 2]; 5] };
        TrackedFace { id, number, place, probabilities: vec![1.0], smoothed: vec![1.0] }
    }

    fn numbers(settled: Vec<Settled<u32>>) -> Vec<(u32, Vec<u32>, usize)> {
        let number = |face: &TrackedFace| face.number.unwrap();
        settled.iter().map(|it| (it.frame, it.faces.iter().map(number).collect(), it.dropped)).collect()
    }

    #[test]
    fn frames_wait_in_order_until_their_faces_are_decided() {
        let mut settling = Settling::new();
        let tracked = |faces, numbered, dropped| Tracked { faces, numbered, behind: 0, dropped, ended: vec![] };
        assert_eq!(numbers(settling.push(0, tracked(vec![], vec![], vec![]))), [(0, vec![], 0)]);
        assert!(settling.push(1, tracked(vec![face(1, None), face(2, None)], vec![], vec![])).is_empty());
        assert!(settling.push(2, tracked(vec![face(1, Some(1))], vec![(1, 1)], vec![])).is_empty());
        let settled = settling.push(3, tracked(vec![face(3, None)], vec![], vec![2]));
        assert_eq!(numbers(settled), [(1, vec![1], 1), (2, vec![1], 0)]);
        let ended = Tracked { ended: vec![1], ..Tracked::default() };
        assert!(settling.push(4, ended).is_empty(), "frame 3 is not settled yet");
        let settled = settling.finish(&tracked(vec![], vec![(3, 2)], vec![]));
        assert_eq!(settled.iter().map(|it| &it.ended[..]).collect::<Vec<_>>(), [&[][..], &[1]]);
        assert_eq!(numbers(settled), [(3, vec![2], 0), (4, vec![], 0)]);
    }
}
