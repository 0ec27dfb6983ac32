//! What all requests share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use fer_predict::{Crop, Face, Picture, PictureProblem, Tta};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use crate::asked::Detection;
use crate::judge::Job;
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::{Limits, Models, Runs, Trust};

/// Requests that read runs at a time.
const READERS: usize = 2;

/// Time since some fixed moment, which never runs backwards: a library reads no clock, so the program lends one.
pub type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// All that makes a service.
pub struct Settings {
    /// The models that answer.
    pub models: Models,
    /// How much is taken at once.
    pub limits: Limits,
    /// Whose requests are answered.
    pub trust: Trust,
    /// The runs that `/runs` shows, if any.
    pub runs: Option<Runs>,
    /// For how long requests took; nothing else depends on it.
    pub clock: Clock,
}

pub(crate) struct House {
    pub(crate) models: Arc<Models>,
    pub(crate) limits: Limits,
    pub(crate) trust: Trust,
    pub(crate) runs: Option<Arc<Runs>>,
    /// One for each request that may read runs.
    pub(crate) reading: Semaphore,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
    /// One for each request with pictures that may be under way.
    pub(crate) places: Arc<Semaphore>,
    /// A picture out of a file's bytes; a field, so that a test can have one that fails.
    pub(crate) decode: fn(&[u8]) -> Result<Picture, PictureProblem>,
    /// One for each picture that may be looked at.
    looking: Arc<Semaphore>,
    jobs: mpsc::Sender<Job>,
    is_closing: AtomicBool,
}

impl House {
    /// The house, and the jobs that its requests send to the judge.
    pub(crate) fn new(settings: Settings) -> (Self, mpsc::Receiver<Job>) {
        let Settings { models, limits, trust, runs, clock } = settings;
        let queue = limits.queue.get();
        let (jobs, received) = mpsc::channel(queue);
        let [places, looking] = [queue, limits.threads.get()].map(|count| Arc::new(Semaphore::new(count)));
        let (models, metrics, is_closing) = (Arc::new(models), Metrics::new(queue), AtomicBool::new(false));
        let decode: fn(&[u8]) -> _ = Picture::decode;
        let (runs, reading) = (runs.map(Arc::new), Semaphore::new(READERS));
        (
            Self { models, limits, trust, runs, reading, clock, metrics, places, decode, looking, jobs, is_closing },
            received,
        )
    }

    /// From now on nobody is sent here.
    pub(crate) fn close(&self) {
        self.is_closing.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::Relaxed)
    }

    /// Requests with pictures that are under way.
    pub(crate) fn under_way(&self) -> usize {
        self.limits.queue.get() - self.places.available_permits()
    }

    /// A place for a request with pictures, until it is dropped.
    pub(crate) fn place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        place.map_err(|_| {
            let queue = self.limits.queue;
            Problem::busy(format!("expected at most {queue} requests with pictures at once, found as many under way"))
        })
    }

    /// The faces of a picture, not judged yet.
    pub(crate) async fn look(
        &self,
        model: usize,
        detection: Detection,
        bytes: axum::body::Bytes,
    ) -> Result<Result<Vec<Crop>, PictureProblem>, Problem> {
        let turn = Arc::clone(&self.looking).acquire_owned().await.expect("nobody closes it");
        let (models, decode) = (Arc::clone(&self.models), self.decode);
        let look = move || {
            // Even if the request goes, it is looked at to the end: its turn lasts as long.
            let _turn = turn;
            let recognizer = models.recognizer(model);
            let picture = decode(&bytes)?;
            drop(bytes);
            Ok(match detection {
                Detection::Faces => recognizer.crops(picture),
                Detection::Whole => vec![recognizer.whole(picture)],
            })
        };
        tokio::task::spawn_blocking(look).await.map_err(|_| Problem::defect())
    }

    /// The faces of crops by a model that looks at them in this way, in their order.
    pub(crate) async fn judge(&self, (model, tta): (usize, Tta), crops: Vec<Crop>) -> Result<Vec<Face>, Problem> {
        if crops.is_empty() {
            return Ok(vec![]);
        }
        let (answer, answered) = oneshot::channel();
        self.jobs.send(Job { model, tta, crops, answer }).await.map_err(|_| Problem::defect())?;
        let faces = answered.await.map_err(|_| Problem::defect())?;
        faces.map_err(|problem| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, problem))
    }
}
