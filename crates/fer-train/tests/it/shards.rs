//! One training by several processes. Here they are threads, and messages go through channels.

use std::sync::{Arc, Mutex};

use fer_artifact::{EpochRecord, FeatureSet, Seed, Split};
use fer_testkit::{Process, feature_set};
use fer_train::{
    Alone, Error, Flow, MakeCheckpoint, Observer, ObserverError, Peers, PeersError, Progress, Quiet, TrainData,
    TrainParams, Trained, Words, announce, hear, train, train_together,
};
use serde_json::json;

use crate::recorder::{Recorder, StopAt};
use crate::train::params;

struct Threads(Process);

impl Peers for Threads {
    fn rank(&self) -> usize {
        self.0.rank()
    }

    fn count(&self) -> usize {
        self.0.count()
    }

    fn exchange(&self, outgoing: Vec<Arc<Words>>, incoming: Vec<usize>) -> Result<Vec<Words>, PeersError> {
        self.0.exchange(outgoing, incoming)
    }
}

/// Does the same on so many processes; gives what each of them ends with.
fn on_processes<T: Send>(count: usize, work: impl Fn(&Threads) -> T + Sync) -> Vec<T> {
    fer_testkit::on_processes(count, |own| work(&Threads(own)))
}

fn sets() -> (FeatureSet, FeatureSet) {
    // More than a batch of evaluation, so that two processes have something to evaluate.
    (feature_set(Split::Train, 22, 10, 10), feature_set(Split::Validation, 300, 10, 10))
}

/// All that draws numbers, counts or keeps something.
fn whole_recipe() -> TrainParams {
    params(json!({
        "model": {"name": "compact-cnn", "dropout": 0.3}, "epochs": 3, "batch_size": 8, "shards": 4, "shuffle": true,
        "evaluate_every": 1, "select": "best", "label_smoothing": 0.1, "class_weights": "balanced", "clip_norm": 1.0,
        "augmentation": {"flip": 0.5, "shift": 0.1}, "mixup": {"alpha": 0.2}, "ema": 0.9,
        "optimizer": {"name": "adamw", "learning_rate": 0.01}, "early_stopping": {"patience": 2},
    }))
}

fn run(params: &TrainParams, peers: &dyn Peers, recorder: &mut Recorder) -> Result<Trained, Error> {
    let (train, validation) = sets();
    let data = TrainData { train: &train, validation: Some(&validation), teachers: &[] };
    train_together(params, &data, None, None, Seed::new(3), recorder, peers)
}

fn timeless(trained: &Trained) -> String {
    // Debug shows every bit of a number that is none.
    format!("{:?} {:?}", trained.model, trained.unselected)
}

#[test]
fn any_number_of_processes_ends_with_the_same_bytes() {
    let residual = json!({"name": "face-resnet", "stem": [2, 8], "widths": [8, 8, 8], "blocks": [1, 1, 1]});
    // Of 22 images in batches of 6, the last has 4: of 6 parts, two are without images.
    let residual = params(json!({"model": residual, "epochs": 2, "batch_size": 6, "shards": 6, "evaluate_every": 1}));
    for (params, counts) in [(whole_recipe(), 2..=4), (residual, 5..=6)] {
        let mut alone = Recorder::default();
        let expected = run(&params, &Alone, &mut alone).unwrap();
        for count in counts {
            let all = on_processes(count, |own| {
                let mut recorder = Recorder::default();
                (run(&params, own, &mut recorder).unwrap(), recorder)
            });
            for (rank, (trained, recorder)) in all.iter().enumerate() {
                assert_eq!(timeless(trained), timeless(&expected), "process {rank} of {count}");
                assert_eq!(recorder.checkpoints, alone.checkpoints, "process {rank} of {count}");
                let losses =
                    |recorder: &Recorder| recorder.batches.iter().map(|at| at.loss.to_bits()).collect::<Vec<_>>();
                assert_eq!(losses(recorder), losses(&alone), "process {rank} of {count}");
            }
        }
    }
}

#[test]
fn a_training_goes_on_with_another_number_of_processes() {
    let params = whole_recipe();
    let (train_set, validation) = sets();
    let data = TrainData { train: &train_set, validation: Some(&validation), teachers: &[] };
    let mut whole = Recorder { within: Some(vec![]), ..Recorder::default() };
    let expected = train(&params, &data, None, None, Seed::new(3), &mut whole).unwrap();
    let within = whole.within.unwrap();
    for (checkpoint, count) in [(&within[1], 4), (&whole.checkpoints[0], 2), (&within[4], 3)] {
        let ends = on_processes(count, |own| {
            train_together(&params, &data, None, Some(checkpoint.clone()), Seed::new(3), &mut Quiet, own).unwrap()
        });
        ends.iter().for_each(|trained| assert_eq!(timeless(trained), timeless(&expected), "{count} processes"));
    }
}

#[test]
fn parts_have_the_same_bytes_whatever_the_threads() {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| timeless(&run(&whole_recipe(), &Alone, &mut Recorder::default()).unwrap()))
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn parts_change_numbers_and_one_part_changes_none() {
    let with = |shards: usize| {
        let params = params(json!({"model": {"name": "compact-cnn"}, "epochs": 1, "batch_size": 8, "shards": shards}));
        run(&params, &Alone, &mut Recorder::default()).unwrap().model
    };
    let default = params(json!({"model": {"name": "compact-cnn"}, "epochs": 1, "batch_size": 8}));
    let default = run(&default, &Alone, &mut Recorder::default()).unwrap().model;
    assert_eq!(with(1), default);
    assert!(default.training["params"].get("shards").is_none(), "headers stay as they were");
    assert_eq!(with(2).training["params"]["shards"], 2);
    assert_ne!(with(2).tensors, default.tensors);
    assert_ne!(with(4).tensors, with(2).tensors);
}

#[test]
fn parts_that_do_not_divide_a_batch_are_refused() {
    let wrong = serde_json::from_value::<TrainParams>(json!({"batch_size": 128, "shards": 3})).unwrap_err();
    assert_eq!(wrong.to_string(), "shards: expected a number that divides batch_size, 128, found 3");
    assert!(serde_json::from_value::<TrainParams>(json!({"shards": 0})).is_err());
}

#[test]
fn more_processes_than_parts_are_refused() {
    let params = params(json!({"model": {"name": "linear"}, "batch_size": 8, "shards": 2}));
    for end in on_processes(3, |own| run(&params, own, &mut Recorder::default()).map(drop)) {
        let error = end.unwrap_err();
        let expected = "expected at most as many processes as shards, 2, found 3; set `shards` of the train stage";
        assert_eq!(error.to_string(), expected);
        assert!(error.is_everybodys());
    }
}

#[test]
fn process_0_stops_all_others() {
    for (stop, epoch, batch) in [(StopAt::Batch { epoch: 2, batch: 1 }, 2, 4), (StopAt::Epoch(1), 1, 3)] {
        let stop = Mutex::new(Some(stop));
        let ends = on_processes(3, |own| {
            let stop = if own.rank() == 0 { stop.lock().unwrap().take() } else { None };
            let mut recorder = Recorder { stop, ..Recorder::default() };
            let end = run(&whole_recipe(), own, &mut recorder).unwrap_err();
            assert_eq!(recorder.batches.len(), batch, "process {}", own.rank());
            end
        });
        let found = |end: &Error| matches!(end, Error::Stopped { epoch: found, .. } if *found == epoch);
        assert!(ends.iter().all(found), "{ends:?}");
    }
}

/// Stops as soon as another process was asked to.
#[derive(Default)]
struct Leader(Vec<bool>);

impl Observer for Leader {
    fn seconds(&mut self) -> f64 {
        0.0
    }

    fn batch(&mut self, progress: &Progress, _: &MakeCheckpoint<'_>) -> Result<Flow, ObserverError> {
        self.0.push(progress.others_stop);
        Ok(if progress.others_stop { Flow::Stop } else { Flow::Continue })
    }

    fn epoch(&mut self, _: &EpochRecord, _: &MakeCheckpoint<'_>) -> Result<Flow, ObserverError> {
        Ok(Flow::Continue)
    }
}

#[test]
fn another_process_that_is_asked_to_stop_leaves_it_to_process_0() {
    let (train_set, _) = sets();
    let data = TrainData { train: &train_set, validation: None, teachers: &[] };
    let params = params(json!({"model": {"name": "linear"}, "epochs": 9, "batch_size": 8, "shards": 2}));
    let ends = on_processes(2, |own| {
        let mut leader = Leader::default();
        let mut other = Recorder { stop: Some(StopAt::Batch { epoch: 1, batch: 2 }), ..Recorder::default() };
        let observer: &mut dyn Observer = if own.rank() == 0 { &mut leader } else { &mut other };
        let end = train_together(&params, &data, None, None, Seed::new(1), observer, own).unwrap_err();
        (end, leader.0, other.batches.len())
    });
    assert!(ends.iter().all(|(end, ..)| matches!(end, Error::Stopped { epoch: 1, .. })), "{ends:?}");
    assert_eq!((&ends[0].1, ends[1].2), (&vec![false, false, true], 3));
}

#[test]
fn a_training_that_diverges_ends_everywhere_alike() {
    let params = params(json!({
        "model": {"name": "compact-cnn"}, "batch_size": 8, "shards": 2, "epochs": 50,
        "optimizer": {"name": "sgd", "learning_rate": 1e30},
    }));
    let ends = on_processes(2, |own| run(&params, own, &mut Recorder::default()).unwrap_err());
    assert!(ends.iter().all(|end| matches!(end, Error::Diverged { .. } | Error::DivergedWeights { .. })), "{ends:?}");
    assert_eq!(ends[0].to_string(), ends[1].to_string());
    assert_eq!(ends[0].to_string(), run(&params, &Alone, &mut Recorder::default()).unwrap_err().to_string());
}

#[test]
fn a_process_that_is_gone_is_an_error_of_the_others_alone() {
    let ends = on_processes(2, |own| match own.rank() {
        0 => Some(run(&whole_recipe(), own, &mut Recorder::default()).unwrap_err()),
        _ => None,
    });
    let end = ends[0].as_ref().unwrap();
    assert!(matches!(end, Error::Peers(_)) && !end.is_everybodys(), "{end:?}");
}

#[test]
fn process_0_is_heard_by_all_others() {
    let texts = ["", "a", "vier", "größer, fünf"];
    let heard = on_processes(3, |own| match own.rank() {
        0 => texts.map(|text| announce(own, text).map(|()| text.to_owned()).unwrap()),
        _ => texts.map(|_| hear(own).unwrap()),
    });
    assert!(heard.iter().all(|heard| heard == &texts), "{heard:?}");
}
