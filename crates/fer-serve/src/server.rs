use std::net::{SocketAddr, ToSocketAddrs};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::Receiver;

use crate::Error;
use crate::connections::answer;
use crate::house::{House, Settings};
use crate::judge::{Job, judge_all};
use crate::routes::router;

/// Connections that the system holds before they are accepted; it may hold fewer.
const BACKLOG: u32 = 4096;
/// Threads that read and write; pictures have others.
const WORKERS: usize = 2;
/// Threads beside one a core for work that blocks: the judge, and readers of runs.
const SPARE: usize = 3;

/// A service that listens already.
#[derive(Debug)]
pub struct Server {
    runtime: Runtime,
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Listens at an address such as `127.0.0.1:8080`; port 0 is one that is free.
    ///
    /// # Errors
    /// [`Error::Address`] for what is no address, [`Error::Listen`] for one that is in use or not ours,
    /// [`Error::Threads`] if the system gives no threads.
    pub fn listen(listen: &str) -> Result<Self, Error> {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(WORKERS).max_blocking_threads(blocking_threads()).enable_io().enable_time();
        let runtime = builder.build().map_err(|source| Error::Threads { source })?;
        let found = listen.to_owned();
        let mut addresses = listen.to_socket_addrs().map_err(|_| Error::Address { found: found.clone() })?;
        let address = addresses.next().ok_or(Error::Address { found })?;
        let bind = async {
            let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
            // A service that has just ended leaves connections behind, which would bar the address for a minute.
            #[cfg(unix)]
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            let listener = socket.listen(BACKLOG)?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        };
        let bound = runtime.block_on(bind);
        let (listener, address) = bound.map_err(|source| Error::Listen { listen: listen.to_owned(), source })?;
        Ok(Self { runtime, listener, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` says so, which is asked some times a second; then finishes what is in flight.
    pub fn run(self, settings: Settings, stop: impl Fn() -> bool) {
        let (house, jobs) = House::new(settings);
        self.run_house(house, jobs, stop);
    }

    fn run_house(self, house: House, jobs: Receiver<Job>, stop: impl Fn() -> bool) {
        let Self { runtime, listener, .. } = self;
        let house = Arc::new(house);
        runtime.spawn(judge_all(Arc::clone(&house.models), jobs, house.metrics.clone(), house.expected.clone()));
        runtime.block_on(answer(listener, router(Arc::clone(&house)), house, stop));
        // What still runs has nobody left to tell.
        runtime.shutdown_timeout(Duration::from_secs(1));
    }
}

/// Threads for pictures, crops and runs. Left alone, tokio starts one whenever none is idle at the moment, some dozens under
/// load, and the memory that each keeps adds up.
fn blocking_threads() -> usize {
    available_parallelism().map_or(1, NonZeroUsize::get) + SPARE
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::num::NonZeroU32;
    use std::sync::atomic::{AtomicBool, Ordering};

    use fer_predict::{Ensemble, Look, Picture, Recognizer};

    use super::*;
    use crate::{Limits, Models, Trust};

    /// A PGM file of 48 × 48 gray pixels.
    fn gray() -> Vec<u8> {
        [&b"P5 48 48 255\n"[..], &[120; 48 * 48]].concat()
    }

    fn post(address: SocketAddr, path: &str, body: &[u8]) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        let length = body.len();
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn a_panic_in_a_decoder_costs_the_one_request() {
        let recognizer = Recognizer::new(Ensemble::built_in(), Look::Whole).unwrap();
        let [connections, queue] = [20, 20].map(|count| NonZeroU32::new(count).unwrap());
        let (mut house, jobs) = House::new(Settings {
            models: Models::new(vec![("fer48".to_owned(), recognizer)]).unwrap(),
            // One at a time: a turn that is not given back would hold up all others.
            limits: Limits {
                body: 1 << 20,
                patience: Duration::from_secs(30),
                connections,
                queue,
                threads: NonZeroUsize::MIN,
                live: NonZeroU32::MIN,
            },
            trust: Trust::default(),
            runs: None,
            clock: Arc::new(|| Duration::ZERO),
        });
        house.decode = |bytes| match bytes {
            b"a bomb" => panic!("this decoder has a defect"),
            bytes => Picture::decode(bytes),
        };
        let server = Server::listen("127.0.0.1:0").unwrap();
        let (address, is_over) = (server.address(), AtomicBool::new(false));
        std::thread::scope(|scope| {
            scope.spawn(|| server.run_house(house, jobs, || is_over.load(Ordering::Relaxed)));
            let path = "/v1/faces?detect=false";
            let clients: Vec<_> = (0..16)
                .map(|number| if number % 2 == 0 { b"a bomb".to_vec() } else { gray() })
                .map(|body| (body == gray(), scope.spawn(move || post(address, path, &body))))
                .collect();
            for (is_picture, client) in clients {
                let answer = client.join().unwrap();
                let expected = if is_picture { "HTTP/1.1 200 " } else { "HTTP/1.1 500 " };
                assert!(answer.starts_with(expected), "{answer}");
                assert_eq!(
                    answer.contains("a defect of the service: this request has no answer"),
                    !is_picture,
                    "{answer}"
                );
            }
            assert!(post(address, path, &gray()).contains("\"probability\":"));
            is_over.store(true, Ordering::Relaxed);
        });
    }
}
