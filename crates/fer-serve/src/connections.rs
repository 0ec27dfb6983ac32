//! Connections, from the first to the last.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;

use crate::house::House;
use crate::limits::GRACE;

/// How often it is looked whether to stop.
const TICK: Duration = Duration::from_millis(50);
/// Most bytes of a request's head.
const HEAD: usize = 32 << 10;

/// Answers at this listener until it shall stop, and then finishes what is in flight.
pub(crate) async fn answer(listener: TcpListener, router: Router, house: Arc<House>, stop: impl Fn() -> bool) {
    let slots = Arc::new(Semaphore::new(house.limits.connections.get() as usize));
    while !stop() {
        // Those that find no slot wait with the system, which holds some thousands.
        let Ok(slot) = timeout(TICK, Arc::clone(&slots).acquire_owned()).await else { continue };
        let slot = slot.expect("nobody closes it");
        match timeout(TICK, listener.accept()).await {
            Ok(Ok((stream, _))) => serve(stream, slot, &router, &house),
            // The program may have no file left to open, or the client has gone already.
            Ok(Err(_)) => sleep(TICK).await,
            Err(_) => {}
        }
    }
    drop(listener);
    house.close();
    let finished = async {
        let _ = slots.acquire_many(house.limits.connections.get()).await;
        house.without_cameras().await;
    };
    let _ = timeout(house.limits.patience + GRACE, finished).await;
}

fn serve(stream: TcpStream, slot: OwnedSemaphorePermit, router: &Router, house: &Arc<House>) {
    // An answer is small and complete: nothing to wait for.
    let _ = stream.set_nodelay(true);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(house.limits.patience).max_buf_size(HEAD);
    // Who reads none of an answer would hold it for ever.
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(house.limits.patience));
    let stream = TokioIo::new(Box::pin(stream));
    let connection = http.serve_connection(stream, TowerToHyperService::new(router.clone()));
    // A WebSocket goes on by itself, once it is opened.
    let connection = connection.with_upgrades();
    let house = Arc::clone(house);
    house.metrics.opened();
    tokio::spawn(async move {
        let mut connection = pin!(connection);
        // How a connection ends is its client's affair.
        tokio::select! {
            _ = connection.as_mut() => {}
            () = house.closed() => {
                connection.as_mut().graceful_shutdown();
                let _ = connection.await;
            }
        }
        house.metrics.closed();
        drop(slot);
    });
}
