use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{Builder, Runtime};

use crate::Error;
use crate::connections::answer;
use crate::house::{House, Settings};
use crate::judge::judge_all;
use crate::routes::router;

/// Connections that the system holds before they are accepted; it may hold fewer.
const BACKLOG: u32 = 4096;
/// Threads that read and write; pictures have others.
const WORKERS: usize = 2;

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
        let runtime = Builder::new_multi_thread().worker_threads(WORKERS).enable_io().enable_time().build();
        let runtime = runtime.map_err(|source| Error::Threads { source })?;
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
        let Self { runtime, listener, .. } = self;
        let (house, jobs) = House::new(settings);
        let house = Arc::new(house);
        let (models, places) = (Arc::clone(&house.models), Arc::clone(&house.places));
        let queue = house.limits.queue.get();
        runtime.spawn(judge_all(models, jobs, house.metrics.clone(), places, queue));
        runtime.block_on(answer(listener, router(Arc::clone(&house)), house, stop));
        // What still runs has nobody left to tell.
        runtime.shutdown_timeout(Duration::from_secs(1));
    }
}
