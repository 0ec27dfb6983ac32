//! TensorBoard's event file: records of length, checksum, message, checksum (TensorFlow's `TFRecord`), in which the
//! messages are protocol buffers of the type `tensorflow.Event`. So little of both is needed that it is written out.

use serde_json::Value;

/// A curve's name in TensorBoard, and its key in a record of the history.
const CURVES: [(&str, &str); 5] = [
    ("train/loss", "loss"),
    ("train/accuracy", "train_accuracy"),
    ("validation/accuracy", "validation_accuracy"),
    ("validation/loss", "validation_loss"),
    ("learning_rate", "learning_rate"),
];

/// The history's curves. An event's step is its epoch, and so is its time, in seconds: equal trainings give equal
/// bytes.
pub(crate) fn event_file(history: &[Value]) -> Vec<u8> {
    [version(), events(history)].concat()
}

/// What a file begins with: `Event { file_version = 3 }`.
pub(crate) fn version() -> Vec<u8> {
    record(&Message::default().bytes(3, b"brain.Event:2").0)
}

/// `Event { session_log = 7 }`, `SessionLog { status = 1 }`, status 1, `START`: whoever has read events of these steps
/// forgets them.
pub(crate) fn restart() -> Vec<u8> {
    record(&Message::default().bytes(7, &Message::default().varint(1, 1).0).0)
}

/// An event for each record.
pub(crate) fn events(history: &[Value]) -> Vec<u8> {
    history.iter().flat_map(|record_of_epoch| record(&event(record_of_epoch).0)).collect()
}

/// `Event { wall_time = 1, step = 2, summary = 5 }`, `Summary { value = 1 }`.
fn event(record: &Value) -> Message {
    let epoch = record["epoch"].as_u64().unwrap_or_default();
    let values = CURVES.iter().filter_map(|(tag, key)| Some(value(tag, record.get(key)?.as_f64()?)));
    let summary = values.fold(Message::default(), |summary, value| summary.bytes(1, &value.0));
    Message::default().double(1, epoch as f64).varint(2, epoch).bytes(5, &summary.0)
}

/// `Summary.Value { tag = 1, simple_value = 2 }`.
fn value(tag: &str, value: f64) -> Message {
    Message::default().bytes(1, tag.as_bytes()).float(2, value as f32)
}

/// A protocol buffer; each method appends a field with its number.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(mut self, field: u8, value: u64) -> Self {
        self.0.push(field << 3);
        self.0.extend(varint(value));
        self
    }

    fn double(mut self, field: u8, value: f64) -> Self {
        self.0.push(field << 3 | 1);
        self.0.extend(value.to_le_bytes());
        self
    }

    fn bytes(mut self, field: u8, value: &[u8]) -> Self {
        self.0.push(field << 3 | 2);
        self.0.extend(varint(value.len() as u64));
        self.0.extend(value);
        self
    }

    fn float(mut self, field: u8, value: f32) -> Self {
        self.0.push(field << 3 | 5);
        self.0.extend(value.to_le_bytes());
        self
    }
}

/// Seven bits a byte, the lowest first; the eighth says that more follow.
fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = vec![];
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
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
