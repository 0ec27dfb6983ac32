//! What is counted, for Prometheus.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// The media type of [`Metrics::text`].
pub(crate) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Counters and the like; clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    requests: Family<Route, Counter>,
    latencies: Family<Path, Histogram, fn() -> Histogram>,
    pictures: Family<Outcome, Counter>,
    faces: Counter,
    batches: Histogram,
    queue: Gauge,
    connections: Gauge,
    frames: Family<Outcome, Counter>,
    cameras: Gauge,
    registry: Arc<Registry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: String,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Path {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

impl Metrics {
    /// Of a service that takes so many requests with pictures at a time.
    pub(crate) fn new(places: usize) -> Self {
        let mut registry = Registry::with_prefix("fer");
        let seconds: fn() -> Histogram = || Histogram::new(exponential_buckets(0.001, 2.0, 15));
        let (requests, pictures, faces) = (Family::default(), Family::default(), Counter::default());
        let latencies = Family::new_with_constructor(seconds);
        let batches = Histogram::new(exponential_buckets(1.0, 2.0, 9));
        let frames = Family::default();
        let [queue, limit, connections, cameras] = [(); 4].map(|()| Gauge::<i64>::default());
        limit.set(places as i64);
        registry.register("requests", "Requests answered, by route and status", Family::clone(&requests));
        let help = "Time from a request's head to its answer";
        registry.register_with_unit("request_duration", help, Unit::Seconds, Family::clone(&latencies));
        registry.register(
            "pictures",
            "Pictures, by outcome: with faces, without, or failed, as they could not be read or judged",
            Family::clone(&pictures),
        );
        registry.register("faces", "Faces judged", Counter::clone(&faces));
        registry.register("batch_crops", "Crops that went through a network together", batches.clone());
        registry.register("queue_requests", "Requests with pictures under way", queue.clone());
        registry.register("queue_limit_requests", "Most of them; further ones are refused with 503", limit);
        registry.register("connections", "Open connections", connections.clone());
        registry.register(
            "live_frames",
            "Frames of cameras, by outcome: answered, dropped as newer ones had come, or failed, as they could not be read or judged",
            Family::clone(&frames),
        );
        registry.register("live_cameras", "Cameras that are followed", cameras.clone());
        let registry = Arc::new(registry);
        Self { requests, latencies, pictures, faces, batches, queue, connections, frames, cameras, registry }
    }

    /// A camera's frame that is answered, by what it shows or by a problem.
    pub(crate) fn frame(&self, is_seen: bool) {
        let outcome = if is_seen { "answered" } else { "failed" };
        self.frames.get_or_create(&Outcome { outcome }).inc();
    }

    /// Frames that were passed over.
    pub(crate) fn frames_dropped(&self, count: u64) {
        self.frames.get_or_create(&Outcome { outcome: "dropped" }).inc_by(count);
    }

    /// A camera is followed from now on.
    pub(crate) fn camera_opened(&self) {
        self.cameras.inc();
    }

    /// A camera is not followed any more.
    pub(crate) fn camera_closed(&self) {
        self.cameras.dec();
    }

    /// A request that is answered.
    pub(crate) fn request(&self, method: &str, route: &str, status: u16, took: Duration) {
        let (method, route) = (method.to_owned(), route.to_owned());
        self.latencies.get_or_create(&Path { route: route.clone() }).observe(took.as_secs_f64());
        self.requests.get_or_create(&Route { method, route, status }).inc();
    }

    /// A picture in which so many faces were judged.
    pub(crate) fn picture(&self, faces: usize) {
        self.faces.inc_by(faces as u64);
        self.outcome(if faces > 0 { "faces" } else { "none" });
    }

    /// A picture that could not be read or judged.
    pub(crate) fn failed(&self) {
        self.outcome("failed");
    }

    fn outcome(&self, outcome: &'static str) {
        self.pictures.get_or_create(&Outcome { outcome }).inc();
    }

    pub(crate) fn batch(&self, crops: usize) {
        self.batches.observe(crops as f64);
    }

    /// A connection is opened.
    pub(crate) fn opened(&self) {
        self.connections.inc();
    }

    /// A connection is closed.
    pub(crate) fn closed(&self) {
        self.connections.dec();
    }

    /// All of it as text, with so many requests with pictures under way.
    pub(crate) fn text(&self, under_way: usize) -> String {
        self.queue.set(under_way as i64);
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a string takes all");
        text
    }
}
