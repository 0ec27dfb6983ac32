use fer_train::{Position, Schedule};
use proptest::prelude::*;
use serde_json::json;

fn schedules() -> impl Strategy<Value = Schedule> {
    let cosine = |warmup: usize| serde_json::from_value(json!({"name": "cosine", "warmup_epochs": warmup})).unwrap();
    prop_oneof![
        Just(Schedule::Constant),
        Just(Schedule::STEP),
        (0..5usize).prop_map(cosine),
        (0..5usize, 0.0..0.99).prop_map(|(warmup_epochs, cooldown)| stable(warmup_epochs, cooldown)),
        (0.0..0.99).prop_map(|pct| serde_json::from_value(json!({"name": "one-cycle", "pct_start": pct})).unwrap()),
    ]
}

fn stable(warmup_epochs: usize, cooldown: f64) -> Schedule {
    serde_json::from_value(json!({"name": "stable", "warmup_epochs": warmup_epochs, "cooldown": cooldown})).unwrap()
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
    for schedule in [Schedule::Constant, Schedule::STEP, Schedule::COSINE, Schedule::ONE_CYCLE, Schedule::STABLE] {
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

#[test]
fn before_its_fall_a_stable_schedule_is_the_same_for_every_length() {
    // Of 10 and 15 epochs of two steps, the fall takes two and three.
    let schedule = stable(4, 0.2);
    let rate = |step, epochs| schedule.learning_rate(0.1, Position { step, steps_per_epoch: 2, epochs });
    for step in 0..16 {
        assert_eq!(rate(step, 10), rate(step, 15), "{step}");
    }
    let fall: Vec<f64> = (16..20).map(|step| rate(step, 10)).collect();
    assert!(fall.iter().zip([0.1, 0.075, 0.05, 0.025]).all(|(rate, expected)| (rate - expected).abs() < 1e-12));
    assert!((16..20).skip(1).all(|step| rate(step, 10) != rate(step, 15)));
}

#[test]
fn where_the_fall_of_a_stable_schedule_begins_within_its_rise_the_lower_rate_holds() {
    let schedule = stable(4, 0.5);
    let rates = (0..4).map(|step| schedule.learning_rate(0.8, Position { step, steps_per_epoch: 1, epochs: 4 }));
    // A rise by 0.2 a step; a fall from 0.8 by 0.4 over the last two steps.
    let expected = [0.2, 0.4, 0.6, 0.4];
    assert!(rates.zip(expected).all(|(rate, expected)| (rate - expected).abs() < 1e-12));
}
