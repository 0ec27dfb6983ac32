//! TensorBoard's event file: records of length, checksum, message, checksum (TensorFlow's `TFRecord`), in which the
//! messages are protocol buffers of the type `tensorflow.Event`.

use prost::Message;
use serde_json::Value;

/// A curve's name in TensorBoard, and its key in a record of the history.
const CURVES: [(&str, &str); 5] = [
    ("train/loss", "loss"),
    ("train/accuracy", "train_accuracy"),
    ("validation/accuracy", "validation_accuracy"),
    ("validation/loss", "validation_loss"),
    ("learning_rate", "learning_rate"),
];

/// `tensorflow.SessionLog.SessionStatus`.
const START: i32 = 1;

/// `tensorflow.Event`, as far as it is needed.
#[derive(Clone, PartialEq, Message)]
struct Event {
    #[prost(double, tag = "1")]
    wall_time: f64,
    #[prost(int64, tag = "2")]
    step: i64,
    #[prost(string, optional, tag = "3")]
    file_version: Option<String>,
    #[prost(message, optional, tag = "5")]
    summary: Option<Summary>,
    #[prost(message, optional, tag = "7")]
    session_log: Option<SessionLog>,
}

#[derive(Clone, PartialEq, Message)]
struct Summary {
    #[prost(message, repeated, tag = "1")]
    value: Vec<SummaryValue>,
}

#[derive(Clone, PartialEq, Message)]
struct SummaryValue {
    #[prost(string, tag = "1")]
    tag: String,
    #[prost(float, optional, tag = "2")]
    simple_value: Option<f32>,
}

#[derive(Clone, PartialEq, Message)]
struct SessionLog {
    #[prost(int32, tag = "1")]
    status: i32,
}

/// The history's curves. An event's step is its epoch, and so is its time, in seconds: equal trainings give equal
/// bytes.
pub(crate) fn event_file(history: &[Value]) -> Vec<u8> {
    [version(), events(history)].concat()
}

/// What a file begins with.
pub(crate) fn version() -> Vec<u8> {
    record(&Event { file_version: Some("brain.Event:2".to_owned()), ..Event::default() }.encode_to_vec())
}

/// Whoever has read events of these steps forgets them.
pub(crate) fn restart() -> Vec<u8> {
    record(&Event { session_log: Some(SessionLog { status: START }), ..Event::default() }.encode_to_vec())
}

/// An event for each record.
pub(crate) fn events(history: &[Value]) -> Vec<u8> {
    history.iter().flat_map(|record_of_epoch| record(&event(record_of_epoch).encode_to_vec())).collect()
}

fn event(record: &Value) -> Event {
    let epoch = record["epoch"].as_u64().unwrap_or_default();
    let value = |tag: &str, value: f64| SummaryValue { tag: tag.to_owned(), simple_value: Some(value as f32) };
    let values = CURVES.iter().filter_map(|(tag, key)| Some(value(tag, record.get(key)?.as_f64()?)));
    let summary = Some(Summary { value: values.collect() });
    Event { wall_time: epoch as f64, step: epoch as i64, summary, ..Event::default() }
}

fn record(message: &[u8]) -> Vec<u8> {
    let length = (message.len() as u64).to_le_bytes();
    [&length[..], &masked_checksum(&length), message, &masked_checksum(message)].concat()
}

fn masked_checksum(bytes: &[u8]) -> [u8; 4] {
    crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

/// CRC-32C (Castagnoli), bit by bit: there are a few bytes an epoch.
fn crc32c(bytes: &[u8]) -> u32 {
    let shift = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_has_its_published_check_value() {
        // RFC 3720, appendix B.4: 32 bytes of 0, and of 0xff; the check value of "123456789" in the CRC catalogue.
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
    }

    #[test]
    fn the_file_is_byte_for_byte_tensorboards_own() {
        let golden = include_bytes!("../../../../tests/golden/exports/events.out.tfevents.0.fer");
        let history = include_str!("../../../../tests/golden/exports/history.json");
        let history: Vec<Value> = serde_json::from_str(history).unwrap();
        assert!(event_file(&history) == golden);
    }
}
