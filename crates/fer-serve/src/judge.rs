//! Crops of requests that come together go through a network together, on one thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fer_predict::{Crop, Face, Tta};
use tokio::sync::mpsc::Receiver;
use tokio::sync::oneshot;

use crate::metrics::Metrics;
use crate::models::Models;
use crate::problem::of_network;

/// How long a request waits for the crops of others.
const WINDOW: Duration = Duration::from_millis(3);
/// Crops that need no company.
const ENOUGH: usize = 256;

/// Crops of a request, and where their faces go.
pub(crate) struct Job {
    /// The model's number.
    pub(crate) model: usize,
    pub(crate) tta: Tta,
    pub(crate) crops: Vec<Crop>,
    /// The faces, or what stands in a problem document.
    pub(crate) answer: oneshot::Sender<Result<Vec<Face>, String>>,
}

/// How many requests may still send a job, or wait for its answer; clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expected(Arc<AtomicUsize>);

/// A request that is expected, until this is dropped.
#[derive(Debug)]
pub(crate) struct ExpectedOne(Expected);

impl Expected {
    /// Expects one more.
    pub(crate) fn one(&self) -> ExpectedOne {
        self.0.fetch_add(1, Ordering::Relaxed);
        ExpectedOne(self.clone())
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for ExpectedOne {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Judges until nobody is left to send a job.
pub(crate) async fn judge_all(models: Arc<Models>, mut jobs: Receiver<Job>, metrics: Metrics, expected: Expected) {
    while let Some(first) = jobs.recv().await {
        let mut batch = vec![first];
        // Whoever is alone does not wait.
        let are_all_here = |batch: &[Job]| batch.len() >= expected.count() || size(batch) >= ENOUGH;
        let company = async {
            while !are_all_here(&batch) {
                match jobs.recv().await {
                    Some(job) => batch.push(job),
                    None => break,
                }
            }
        };
        let _ = tokio::time::timeout(WINDOW, company).await;
        metrics.batch(size(&batch));
        let models = Arc::clone(&models);
        // It answers for itself; a panic drops the answers, which their requests notice.
        let _ = tokio::task::spawn_blocking(move || judge(&models, batch)).await;
    }
}

fn size(batch: &[Job]) -> usize {
    batch.iter().map(|job| job.crops.len()).sum()
}

fn judge(models: &Models, batch: Vec<Job>) {
    // A request may have gone.
    let mut left: Vec<Job> = batch.into_iter().filter(|job| !job.answer.is_closed()).collect();
    while let Some(way) = left.first().map(|job| (job.model, job.tta)) {
        let (own, others) = left.into_iter().partition(|job| (job.model, job.tta) == way);
        judge_by(models, way, own);
        left = others;
    }
}

/// Where a batch fails, each request is judged alone, so that others do not pay for one.
fn judge_by(models: &Models, way: (usize, Tta), jobs: Vec<Job>) {
    let crops: Vec<&Crop> = jobs.iter().flat_map(|job| &job.crops).collect();
    match faces(models, way, &crops) {
        Ok(faces) => {
            let mut faces = faces.into_iter();
            for job in jobs {
                // Nobody may be there any more to take it.
                let _ = job.answer.send(Ok(faces.by_ref().take(job.crops.len()).collect()));
            }
        }
        Err(problem) if jobs.len() == 1 => jobs.into_iter().for_each(|job| _ = job.answer.send(Err(problem.clone()))),
        Err(_) => jobs.into_iter().for_each(|job| judge_by(models, way, vec![job])),
    }
}

fn faces(models: &Models, (model, tta): (usize, Tta), crops: &[&Crop]) -> Result<Vec<Face>, String> {
    let judged = || models.recognizer(model).judge_by(tta, crops).map_err(|error| of_network(&error));
    catch_unwind(AssertUnwindSafe(judged)).unwrap_or_else(|_| Err("the network gave up".to_owned()))
}
