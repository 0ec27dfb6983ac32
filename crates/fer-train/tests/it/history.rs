use fer_artifact::EpochRecord;
use serde_json::json;

#[test]
fn a_line_of_history_holds_scores_only_where_they_were_evaluated() {
    let record = EpochRecord {
        epoch: 3,
        loss: 1.5,
        last_batch_loss: 1.25,
        learning_rate: 0.1,
        train_accuracy: None,
        validation_accuracy: None,
        validation_loss: None,
        images_per_second: 640.0,
    };
    let plain = json!({
        "epoch": 3, "loss": 1.5, "last_batch_loss": 1.25, "learning_rate": 0.1, "images_per_second": 640.0
    });
    assert_eq!(serde_json::to_value(record).unwrap(), plain);
    assert_eq!(serde_json::from_value::<EpochRecord>(plain).unwrap(), record);

    let scores = EpochRecord {
        train_accuracy: Some(0.75),
        validation_accuracy: Some(0.5),
        validation_loss: Some(1.25),
        ..record
    };
    let value = serde_json::to_value(scores).unwrap();
    assert_eq!((&value["train_accuracy"], &value["validation_accuracy"]), (&json!(0.75), &json!(0.5)));
    assert_eq!(value["validation_loss"], json!(1.25));
    assert_eq!(serde_json::from_value::<EpochRecord>(value).unwrap(), scores);
}
