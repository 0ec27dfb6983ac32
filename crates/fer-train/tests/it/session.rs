use fer_artifact::{EpochRecord, Seed, Split, with_causes};
use fer_testkit::feature_set;
use fer_train::{Flow, MakeCheckpoint, Observer, ObserverError, Progress, Quiet, TrainData, train};
use serde_json::json;

use crate::recorder::Recorder;
use crate::train::params;

#[test]
fn the_last_batch_of_an_epoch_may_be_smaller_and_counts_less() {
    let faces = feature_set(Split::Train, 20, 8, 8);
    let data = TrainData { train: &faces, validation: None, teachers: &[] };
    let params = params(json!({"model": {"name": "linear"}, "epochs": 2, "batch_size": 8}));
    let mut observer = Recorder::default();
    train(&params, &data, None, None, Seed::new(1), &mut observer).unwrap();
    let told: Vec<_> = observer.batches.iter().map(|at| (at.epoch, at.batch, at.images)).collect();
    assert_eq!(told, [(1, 1, 8), (1, 2, 16), (1, 3, 20), (2, 1, 8), (2, 2, 16), (2, 3, 20)]);
    assert!(observer.batches.iter().all(|at| (at.epochs, at.batches) == (2, 3)));
    for (epoch, batches) in observer.epochs.iter().zip(observer.batches.chunks(3)) {
        assert_eq!(epoch.loss, batches[2].loss);
        let last = (20.0 * batches[2].loss - 16.0 * batches[1].loss) / 4.0;
        assert!((epoch.last_batch_loss - last).abs() < 1e-9);
    }
}

#[test]
fn the_rate_of_a_record_is_that_of_the_epochs_last_step() {
    let faces = feature_set(Split::Train, 20, 8, 8);
    let data = TrainData { train: &faces, validation: None, teachers: &[] };
    let schedule = json!({"name": "cosine", "warmup_epochs": 1});
    let params = params(json!({"model": {"name": "linear"}, "epochs": 3, "batch_size": 10, "schedule": schedule}));
    let trained = train(&params, &data, None, None, Seed::new(1), &mut Quiet).unwrap();
    let rates: Vec<f64> = trained.history.iter().map(|epoch| epoch.learning_rate).collect();
    // Two steps an epoch: up to 0.1 at step 1, then steps 1/4 and 3/4 of the way along the cosine.
    let cosine = |progress: f64| 0.05 * (1.0 + (std::f64::consts::PI * progress).cos());
    assert_eq!(rates[0], 0.1);
    assert!((rates[1] - cosine(0.25)).abs() < 1e-15 && (rates[2] - cosine(0.75)).abs() < 1e-15, "{rates:?}");
}

#[test]
fn speed_is_training_images_over_the_time_of_the_training_part() {
    let faces = feature_set(Split::Train, 20, 8, 8);
    let data = TrainData { train: &faces, validation: Some(&faces), teachers: &[] };
    let params = params(json!({"model": {"name": "linear"}, "epochs": 2, "evaluate_every": 1}));
    // The recorder's clock goes on by a second at each reading: at the start, before and after the observer is told of
    // the one batch, and at the end. The second that the observer takes does not count.
    let trained = train(&params, &data, None, None, Seed::new(1), &mut Recorder::default()).unwrap();
    assert_eq!(trained.history.iter().map(|epoch| epoch.images_per_second).collect::<Vec<_>>(), [10.0, 10.0]);
    let trained = train(&params, &data, None, None, Seed::new(1), &mut Quiet).unwrap();
    assert_eq!(trained.history[0].images_per_second, 0.0);
}

struct FullDisk;

impl Observer for FullDisk {
    fn seconds(&mut self) -> f64 {
        0.0
    }

    fn batch(&mut self, _: &Progress, _: &MakeCheckpoint<'_>) -> Result<Flow, ObserverError> {
        Ok(Flow::Continue)
    }

    fn epoch(&mut self, _: &EpochRecord, _: &MakeCheckpoint<'_>) -> Result<Flow, ObserverError> {
        Err("the disk is full".into())
    }
}

#[test]
fn what_the_observer_fails_at_ends_the_training() {
    let faces = feature_set(Split::Train, 7, 8, 8);
    let data = TrainData { train: &faces, validation: None, teachers: &[] };
    let params = params(json!({"model": {"name": "linear"}}));
    let error = train(&params, &data, None, None, Seed::new(1), &mut FullDisk).unwrap_err();
    assert_eq!(with_causes(&error), "after epoch 1: the disk is full");
}
