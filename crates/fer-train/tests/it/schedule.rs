use fer_train::{Position, Schedule};
use proptest::prelude::*;
use serde_json::json;

fn schedules() -> impl Strategy<Value = Schedule> {
    let cosine = |warmup: usize| serde_json::from_value(json!({"name": "cosine", "warmup_epochs": warmup})).unwrap();
    prop_oneof![
        Just(Schedule::Constant),
        Just(Schedule::STEP),
        (0..5usize).prop_map(cosine),
        (0.0..0.99).prop_map(|pct| serde_json::from_value(json!({"name": "one-cycle", "pct_start": pct})).unwrap()),
    ]
}

proptest! {
    #[test]
    fn every_rate_is_from_zero_to_that_of_the_optimiser(
        schedule in schedules(), epochs in 5..9usize, steps_per_epoch in 1..4usize, base in 1e-6..10.0f64
    ) {
        for step in 0..(epochs * steps_per_epoch) as u64 {
            let rate = schedule.learning_rate(base, Position { step, steps_per_epoch, epochs });
            prop_assert!((0.0..=base * (1.0 + 1e-12)).contains(&rate), "{schedule:?}, step {step}: {rate}");
        }
    }
}

#[test]
fn a_training_of_a_single_step_has_a_rate_in_every_schedule() {
    let only = Position { step: 0, steps_per_epoch: 1, epochs: 1 };
    for schedule in [Schedule::Constant, Schedule::STEP, Schedule::COSINE, Schedule::ONE_CYCLE] {
        assert_eq!(schedule.learning_rate(0.1, only), 0.1, "{schedule:?}");
    }
}

#[test]
fn a_training_no_longer_than_its_warm_up_keeps_one_epoch_for_the_cosine() {
    let schedule = Schedule::Cosine { warmup_epochs: 5 };
    let rates = (0..4).map(|step| schedule.learning_rate(0.1, Position { step, steps_per_epoch: 2, epochs: 2 }));
    // Two steps up; then cos² of 0 and of 45 degrees.
    let expected = [0.05, 0.1, 0.1, 0.05];
    assert!(rates.zip(expected).all(|(rate, expected)| (rate - expected).abs() < 1e-12));
}
