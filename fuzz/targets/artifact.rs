//! The readers of artifacts on hostile files. What is accepted must be whole and must come back from a file of ours.

#![no_main]

use std::path::Path;

use fer_artifact::{
    Artifact, Checkpoint, FeatureSet, ImageSet, Model, Predictions, Provenance, Seed, describe, read, read_tensors,
    write,
};
use fer_fuzz::{file, folder, within};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let path = file("a.safetensors", bytes);
    // A table of tensors takes some ten times its text; the rest is messages and buffers.
    let limit = (64 << 10) + 32 * bytes.len();
    let described = within(limit, || describe(&path).is_ok());
    if let Ok(tensors) = within(limit, || read_tensors(&path)) {
        for array in tensors.values() {
            assert_eq!(elements(&array.shape), Some(array.data.len()));
        }
    }
    let accepted = [
        check::<ImageSet>(&path, limit, |set| {
            assert_eq!(elements(&[set.len(), set.height, set.width]), Some(set.images.len()));
            assert_eq!(set.rows.len(), set.len());
        }),
        check::<FeatureSet>(&path, limit, |set| {
            assert_eq!(elements(&[set.len(), set.height, set.width]), Some(set.images.len()));
            assert_eq!(set.rows.len(), set.len());
        }),
        check::<Model>(&path, limit, |_| ()),
        check::<Checkpoint>(&path, limit, |_| ()),
        check::<Predictions>(&path, limit, |set| {
            assert_eq!(set.logits.len(), set.labels.len() * set.classes.len());
        }),
    ];
    let accepted = accepted.into_iter().filter(|&accepted| accepted).count();
    assert!(accepted <= usize::from(described), "a file is of one kind, and can be described if it is of any");
});

fn elements(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |product, &side| product.checked_mul(side))
}

/// Whether the file holds an `A`.
fn check<A: Artifact + PartialEq + std::fmt::Debug>(path: &Path, limit: usize, sound: impl FnOnce(&A)) -> bool {
    match within(limit, || read::<A>(path)) {
        Ok(artifact) => {
            sound(&artifact);
            let copy = folder().join("copy.safetensors");
            write(&copy, &artifact, &Provenance::new("fuzz", Seed::new(0))).expect("what was read can be written");
            assert_eq!(read::<A>(&copy).expect("what was written reads"), artifact);
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

// Left alone, most mutations would only break the header's length, its JSON, or the JSON text within the JSON. So one
// of these parts is changed at a time, and the file is put together again around it.
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let choice = seed % 8;
    match Parts::of(&data[..size]) {
        Some(parts) if choice > 0 => parts.mutated(choice, max_size, seed).put(data, max_size).unwrap_or(size),
        _ => fuzzer_mutate(data, size, max_size),
    }
});

struct Parts {
    head: Vec<u8>,
    body: Vec<u8>,
}

impl Parts {
    fn of(bytes: &[u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk::<8>()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let (head, body) = rest.split_at_checked(length)?;
        Some(Self { head: head.to_vec(), body: body.to_vec() })
    }

    fn mutated(mut self, choice: u32, max_size: usize, seed: u32) -> Self {
        let inner = serde_json::from_slice::<Value>(&self.head).ok();
        match (choice, inner) {
            // The text under the key `fer`, kept text whatever becomes of it.
            (1..=3, Some(mut head)) if head["__metadata__"]["fer"].is_string() => {
                let fer = head["__metadata__"]["fer"].as_str().unwrap_or_default().as_bytes();
                let fer = changed(fer, max_size / 2);
                head["__metadata__"]["fer"] = String::from_utf8_lossy(&fer).into_owned().into();
                self.head = head.to_string().into_bytes();
            }
            (1..=5, _) => self.head = changed(&self.head, max_size / 2),
            _ => self.body = changed(&self.body, max_size / 2),
        }
        self.fit(seed);
        self
    }

    /// Makes the body as long as the header says, mostly, if that is not long.
    fn fit(&mut self, seed: u32) {
        let Ok(Value::Object(head)) = serde_json::from_slice::<Value>(&self.head) else { return };
        let end = head.values().filter_map(|tensor| tensor["data_offsets"][1].as_u64()).max().unwrap_or(0);
        if end <= 2048 && seed / 8 % 16 > 0 {
            self.body.resize(end as usize, 0);
        }
    }

    /// The file's length, if it has room in `data`.
    fn put(&self, data: &mut [u8], max_size: usize) -> Option<usize> {
        let file = [&(self.head.len() as u64).to_le_bytes()[..], &self.head, &self.body].concat();
        data[..max_size].get_mut(..file.len())?.copy_from_slice(&file);
        Some(file.len())
    }
}

fn changed(part: &[u8], max_size: usize) -> Vec<u8> {
    let mut buffer = part.to_vec();
    buffer.resize(part.len().max(max_size), 0);
    let size = fuzzer_mutate(&mut buffer, part.len(), part.len().max(max_size));
    buffer.truncate(size);
    buffer
}
