//! The processes of a training by MPI: the only code that knows it. One thread alone calls it, and does not let it spin: while it
//! waits, the processor is for the training.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{JoinHandle, sleep, spawn, yield_now};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use fer_train::{Peers, PeersError, Words, gather};
use mpi::request::{Request, Scope, scope};
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, Destination, Source};

/// All processes that were started together, as one of them sees them.
pub(crate) struct Mpi {
    rank: usize,
    count: usize,
    orders: Option<Sender<Order>>,
    thread: Option<JoinHandle<()>>,
    traffic: Traffic,
}

/// What went through MPI.
#[derive(Default)]
struct Traffic {
    messages: AtomicU64,
    bytes: AtomicU64,
    microseconds: AtomicU64,
}

/// What the thread that calls MPI is to do.
enum Order {
    Exchange { outgoing: Vec<Arc<Words>>, incoming: Vec<usize>, answer: Sender<Vec<Words>> },
    Abort(i32),
}

/// The processes that a launcher started with this one; none if there was no launcher, or one process alone.
pub(crate) fn join() -> Result<Option<Arc<Mpi>>> {
    if !crate::processes::are_launched() {
        return Ok(None);
    }
    let (orders, received) = channel();
    let (tell, told) = channel();
    let thread = spawn(move || serve(&tell, &received));
    let (rank, count) = told.recv().context("MPI does not start")?;
    let all = Mpi { rank, count, orders: Some(orders), thread: Some(thread), traffic: Traffic::default() };
    Ok((count > 1).then(|| Arc::new(all)))
}

/// Starts MPI, tells which of how many processes this is, and does what is asked until nobody can ask any more.
fn serve(tell: &Sender<(usize, usize)>, orders: &Receiver<Order>) {
    let Some((universe, _)) = mpi::initialize_with_threading(mpi::Threading::Funneled) else { return };
    let world = universe.world();
    if tell.send((world.rank() as usize, world.size() as usize)).is_err() {
        return;
    }
    for order in orders {
        match order {
            Order::Exchange { outgoing, incoming, answer } => drop(answer.send(exchange(&world, &outgoing, &incoming))),
            Order::Abort(code) => world.abort(code),
        }
    }
}

/// Sends and receives all at once.
fn exchange(world: &SimpleCommunicator, outgoing: &[Arc<Words>], incoming: &[usize]) -> Vec<Words> {
    let mut came: Vec<Words> = incoming.iter().map(|&length| vec![0; length]).collect();
    scope(|scope| {
        let receives = came.iter_mut().enumerate().filter(|(_, words)| !words.is_empty());
        let receives = receives.map(|(rank, words)| {
            world.process_at_rank(rank as i32).immediate_receive_into(scope, words.as_mut_slice())
        });
        let sends = outgoing.iter().enumerate().filter(|(_, words)| !words.is_empty());
        let sends =
            sends.map(|(rank, words)| world.process_at_rank(rank as i32).immediate_send(scope, words.as_slice()));
        let receives: Vec<_> = receives.collect();
        wait(receives.into_iter().chain(sends.collect::<Vec<_>>()).collect());
    });
    came
}

/// Until all requests are done. Others need the processor more than this thread does.
fn wait<'a, S: Scope<'a>>(mut requests: Vec<Request<'a, [u32], S>>) {
    let mut rounds = 0u32;
    loop {
        requests = requests.into_iter().filter_map(|request| request.test().err()).collect();
        if requests.is_empty() {
            return;
        }
        match rounds {
            0..100 => yield_now(),
            100..2000 => sleep(Duration::from_micros(20)),
            _ => sleep(Duration::from_micros(500)),
        }
        rounds = rounds.saturating_add(1);
    }
}

impl Mpi {
    /// Every process tells the others whether it is well, by its exit code; gives everybody's, in order.
    pub(crate) fn exit_codes(&self, own: u8) -> Result<Vec<u8>> {
        let codes = gather(self, vec![own.into()], &vec![1; self.count])
            .map_err(|error| anyhow!("the processes cannot reach each other: {error}"))?;
        Ok(codes.iter().map(|words| words[0] as u8).collect())
    }

    /// Ends all processes, wherever they are.
    pub(crate) fn abort(&self, code: u8) -> ! {
        let order = Order::Abort(code.into());
        if self.orders.as_ref().is_none_or(|orders| orders.send(order).is_err()) {
            // The thread of MPI is gone. A launcher ends the others where one ends without a word to MPI.
            std::process::exit(code.into());
        }
        loop {
            std::thread::park();
        }
    }

    /// What went through MPI so far, in words.
    pub(crate) fn traffic(&self) -> String {
        let Traffic { messages, bytes, microseconds } = &self.traffic;
        let [messages, bytes, micros] = [messages, bytes, microseconds].map(|count| count.load(Ordering::Relaxed));
        format!(
            "process {} of {}: sent {messages} messages of {:.3} MB together; {:.3} s in exchanges",
            self.rank,
            self.count,
            bytes as f64 / 1e6,
            micros as f64 / 1e6
        )
    }
}

impl Peers for Mpi {
    fn rank(&self) -> usize {
        self.rank
    }

    fn count(&self) -> usize {
        self.count
    }

    fn exchange(&self, outgoing: Vec<Arc<Words>>, incoming: Vec<usize>) -> Result<Vec<Words>, PeersError> {
        let messages = outgoing.iter().filter(|words| !words.is_empty()).count() as u64;
        let words = outgoing.iter().map(|words| words.len() as u64).sum::<u64>();
        #[expect(clippy::disallowed_methods, reason = "told to people who ask, and nothing else")]
        let start = Instant::now();
        let (answer, came) = channel();
        let orders = self.orders.as_ref().ok_or("MPI has ended")?;
        orders.send(Order::Exchange { outgoing, incoming, answer }).map_err(|_| "MPI has ended")?;
        let came = came.recv().map_err(|_| "MPI has ended")?;
        self.traffic.messages.fetch_add(messages, Ordering::Relaxed);
        self.traffic.bytes.fetch_add(4 * words, Ordering::Relaxed);
        self.traffic.microseconds.fetch_add(start.elapsed().as_micros() as u64, Ordering::Relaxed);
        Ok(came)
    }
}

impl Drop for Mpi {
    /// Leaves MPI in order; a process that fails without a word ends the others, who would wait for it.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.abort(1);
        }
        self.orders = None;
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
