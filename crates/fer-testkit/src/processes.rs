use std::error::Error;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

/// One of several threads that stand for processes. Messages go through channels; a process that ends is out of reach.
pub struct Process {
    rank: usize,
    to: Vec<Sender<Vec<u32>>>,
    from: Vec<Mutex<Receiver<Vec<u32>>>>,
}

impl Process {
    fn all(count: usize) -> Vec<Self> {
        let empty = |rank| Self { rank, to: vec![], from: vec![] };
        let mut all: Vec<Self> = (0..count).map(empty).collect();
        for from in 0..count {
            for to in 0..count {
                let (sender, receiver) = channel();
                all[from].to.push(sender);
                all[to].from.push(Mutex::new(receiver));
            }
        }
        all
    }

    /// Which of them this one is.
    pub const fn rank(&self) -> usize {
        self.rank
    }

    /// How many there are.
    pub const fn count(&self) -> usize {
        self.to.len()
    }

    /// Sends a message to each other process and takes one of so many words from each; those without words are not sent.
    ///
    /// # Errors
    /// A process that has ended.
    ///
    /// # Panics
    /// If a message has not the length that was expected, or a process writes to itself.
    pub fn exchange(
        &self,
        outgoing: Vec<Arc<Vec<u32>>>,
        incoming: Vec<usize>,
    ) -> Result<Vec<Vec<u32>>, Box<dyn Error + Send + Sync>> {
        assert_eq!([outgoing.len(), incoming.len()], [self.count(); 2]);
        assert!(outgoing[self.rank].is_empty() && incoming[self.rank] == 0, "nobody writes to himself");
        for (to, words) in self.to.iter().zip(outgoing).filter(|(_, words)| !words.is_empty()) {
            to.send(words.to_vec())?;
        }
        let receive = |(from, length): (&Mutex<Receiver<Vec<u32>>>, usize)| match length {
            0 => Ok(vec![]),
            _ => {
                let words = from.lock().unwrap_or_else(PoisonError::into_inner).recv()?;
                assert_eq!(words.len(), length);
                Ok(words)
            }
        };
        self.from.iter().zip(incoming).map(receive).collect()
    }
}

/// Does the same on so many processes; gives what each of them ends with.
///
/// ```
/// use std::sync::Arc;
/// let sums = fer_testkit::on_processes(3, |own| {
///     let number = Arc::new(vec![own.rank() as u32]);
///     let others = |rank: &usize| *rank != own.rank();
///     let outgoing = (0..3).map(|rank| if others(&rank) { Arc::clone(&number) } else { Arc::default() });
///     let incoming = (0..3).map(|rank| usize::from(others(&rank)));
///     let came = own.exchange(outgoing.collect(), incoming.collect()).unwrap();
///     came.concat().iter().sum::<u32>()
/// });
/// assert_eq!(sums, [1 + 2, 0 + 2, 0 + 1]);
/// ```
///
/// # Panics
/// If one of them does.
pub fn on_processes<T: Send>(count: usize, work: impl Fn(Process) -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = Process::all(count).into_iter().map(|own| scope.spawn(move || work(own))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a process does not panic")).collect()
    })
}
