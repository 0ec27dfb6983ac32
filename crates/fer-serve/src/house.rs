//! What all requests share.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use fer_artifact::counted;
use fer_predict::{Crop, Face, Picture, PictureProblem, Tta};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

use crate::asked::Detection;
use crate::judge::{Expected, Job};
use crate::metrics::Metrics;
use crate::problem::{Problem, of_network};
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
    reading: Arc<Semaphore>,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
    /// One for each request with pictures that may be under way.
    pub(crate) places: Arc<Semaphore>,
    /// A picture out of a file's bytes; a field, so that a test can have one that fails.
    pub(crate) decode: fn(&[u8]) -> Result<Picture, PictureProblem>,
    /// One for each picture that may be looked at.
    looking: Arc<Semaphore>,
    /// Requests whose crops go to the judge.
    pub(crate) expected: Expected,
    jobs: mpsc::Sender<Job>,
    /// One for each camera that may be followed.
    cameras: Arc<Semaphore>,
    is_closing: watch::Sender<bool>,
}

impl House {
    /// The house, and the jobs that its requests send to the judge.
    pub(crate) fn new(settings: Settings) -> (Self, mpsc::Receiver<Job>) {
        let Settings { models, limits, trust, runs, clock } = settings;
        let [queue, live] = [limits.queue, limits.live].map(|count| count.get() as usize);
        let (jobs, received) = mpsc::channel(queue);
        let [places, looking, cameras] =
            [queue, limits.threads.get(), live].map(|count| Arc::new(Semaphore::new(count)));
        let (models, metrics, is_closing) = (Arc::new(models), Metrics::new(queue), watch::Sender::new(false));
        let decode: fn(&[u8]) -> _ = Picture::decode;
        let (runs, reading) = (runs.map(Arc::new), Arc::new(Semaphore::new(READERS)));
        let house = Self {
            models,
            limits,
            trust,
            runs,
            reading,
            clock,
            metrics,
            places,
            decode,
            looking,
            expected: Expected::default(),
            jobs,
            cameras,
            is_closing,
        };
        (house, received)
    }

    /// From now on nobody is sent here.
    pub(crate) fn close(&self) {
        self.is_closing.send_replace(true);
    }

    pub(crate) fn is_closing(&self) -> bool {
        *self.is_closing.borrow()
    }

    /// Waits until the service is about to end.
    pub(crate) async fn closed(&self) {
        let _ = self.is_closing.subscribe().wait_for(|is_closing| *is_closing).await;
    }

    /// Waits until no camera is followed any more.
    pub(crate) async fn without_cameras(&self) {
        let _ = self.cameras.acquire_many(self.limits.live.get()).await;
    }

    /// A place for a camera, until it is dropped.
    pub(crate) fn camera(&self) -> Result<OwnedSemaphorePermit, Problem> {
        Arc::clone(&self.cameras).try_acquire_owned().map_err(|_| {
            let cameras = counted(self.limits.live.get() as usize, "camera");
            Problem::busy(format!("expected at most {cameras} at once (--live), found as many"))
        })
    }

    /// Requests with pictures that are under way.
    pub(crate) fn under_way(&self) -> usize {
        self.limits.queue.get() as usize - self.places.available_permits()
    }

    /// A place for a request with pictures, until it is dropped.
    pub(crate) fn place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        place.map_err(|_| {
            let requests = counted(self.limits.queue.get() as usize, "request");
            Problem::busy(format!("expected at most {requests} with pictures at once, found as many under way"))
        })
    }

    /// A turn to look at a picture, until it is dropped.
    pub(crate) async fn turn(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.looking).acquire_owned().await.expect("nobody closes it")
    }

    /// What files say: they are read apart from requests that wait for nothing, by a few at a time.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let turn = Arc::clone(&self.reading).acquire_owned().await.expect("nobody closes it");
        let read = move || {
            // Even if the request goes, this goes on to its end.
            let _turn = turn;
            read()
        };
        tokio::task::spawn_blocking(read).await.map_err(|_| Problem::defect())
    }

    /// The faces of a picture, not judged yet.
    pub(crate) async fn look(
        &self,
        model: usize,
        detection: Detection,
        bytes: axum::body::Bytes,
    ) -> Result<Result<Vec<Crop>, PictureProblem>, Problem> {
        let turn = self.turn().await;
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

    /// The faces of crops, and where each speaks for this class, or for the one that it is taken for. The crops come back.
    pub(crate) async fn explain(
        &self,
        model: usize,
        crops: Vec<Crop>,
        class: Option<usize>,
    ) -> Result<(Vec<Crop>, Vec<Face>, Vec<Vec<f32>>), Problem> {
        if crops.is_empty() {
            return Ok((vec![], vec![], vec![]));
        }
        let (turn, models) = (self.turn().await, Arc::clone(&self.models));
        let explain = move || {
            let _turn = turn;
            let (recognizer, all) = (models.recognizer(model), crops.iter().collect::<Vec<_>>());
            let faces = recognizer.judge(&all).map_err(|error| of_network(&error))?;
            let classes: Vec<usize> = faces.iter().map(|face| class.unwrap_or_else(|| face.top())).collect();
            let maps = recognizer.heat_maps(&all, &classes).map_err(|error| of_network(&error))?;
            Ok((crops, faces, maps))
        };
        let explained = tokio::task::spawn_blocking(explain).await.map_err(|_| Problem::defect())?;
        explained.map_err(|problem: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, problem))
    }
}
