//! The values that `tests/golden/imgproc/make.py` wrote, and the numbers that it drew.

use serde_json::Value;

/// The part called `name`.
pub(crate) fn part(name: &str) -> Value {
    let golden: Value = serde_json::from_str(include_str!("../../../../tests/golden/imgproc/golden.json")).unwrap();
    golden[name].clone()
}

/// Bytes from hexadecimal digits.
pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    let digits = value.as_str().expect("a string of hexadecimal digits");
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

/// Floats from hexadecimal digits of little-endian f32.
pub(crate) fn floats(value: &Value) -> Vec<f32> {
    bytes(value).as_chunks().0.iter().map(|&four| f32::from_le_bytes(four)).collect()
}

pub(crate) fn number(value: &Value) -> usize {
    value.as_u64().expect("a number") as usize
}

/// SplitMix64 of the counters `seed << 32`, `(seed << 32) + 1`, …, as in the script.
fn noise(seed: u64) -> impl Iterator<Item = u64> {
    ((seed << 32)..).map(|counter| {
        let z = counter.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

/// The script's `drawn_image`: the levels alone.
pub(crate) fn drawn_image(seed: u64) -> Vec<u8> {
    let [a, b, c, d]: [u64; 4] = noise(1_000_000 + seed).take(4).collect::<Vec<_>>().try_into().unwrap();
    let (low, high) = ((c % 256).min(d % 256), (c % 256).max(d % 256));
    let area = (a % 64 + 1) * (b % 64 + 1);
    noise(seed).take(area as usize).map(|drawn| (drawn % (high - low + 1) + low) as u8).collect()
}
