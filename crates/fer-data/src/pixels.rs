//! Pixel text: integers from 0 to 255 in decimal, with white space or commas between them, perhaps in brackets as Python
//! prints lists and arrays.

use crate::RowProblem;

/// Parses exactly `size` values. `None` if there are others, or the text is anything else; [`problem`] then says why.
fn parse(text: &str, size: usize) -> Option<Vec<u8>> {
    // Every value has a digit, and a space before the next: no memory for what the text cannot hold.
    if text.len() + 1 < size.saturating_mul(2) {
        return None;
    }
    let mut pixels = vec![0; size];
    let mut slots = pixels.iter_mut();
    let mut value = None;
    for &byte in text.as_bytes() {
        let digit = u32::from(byte.wrapping_sub(b'0'));
        if digit < 10 {
            let grown = value.unwrap_or(0) * 10 + digit;
            if grown > 255 {
                return None;
            }
            value = Some(grown);
        } else if is_between(byte) {
            if let Some(value) = value.take() {
                *slots.next()? = value as u8;
            }
        } else {
            return None;
        }
    }
    if let Some(value) = value {
        *slots.next()? = value as u8;
    }
    slots.next().is_none().then_some(pixels)
}

/// The values of the text, as many as `size` says; `None` where no row has set it yet.
pub(crate) fn read(text: &str, size: Option<usize>) -> Result<Vec<u8>, RowProblem> {
    size.and_then(|size| parse(text, size)).ok_or_else(|| problem(text, size))
}

/// Number of values in the text, whatever they are.
pub(crate) fn count(text: &str) -> usize {
    values(text).count()
}

fn values(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| u8::try_from(letter).is_ok_and(is_between)).filter(|value| !value.is_empty())
}

/// Whether values may have this letter between them.
fn is_between(letter: u8) -> bool {
    letter.is_ascii_whitespace() || matches!(letter, b',' | b'[' | b']')
}

/// The side of a square image of `count` pixels, if that is one.
pub(crate) fn side(count: usize) -> Option<usize> {
    let side = count.isqrt();
    (count > 0 && side * side == count).then_some(side)
}

/// Why [`parse`] refuses the text. `expected` is the number of values, or `None` where no row has set it yet.
fn problem(text: &str, expected: Option<usize>) -> RowProblem {
    let found = count(text);
    match expected {
        _ if found == 0 => return RowProblem::NoPixels,
        None if side(found).is_none() => return RowProblem::NotSquare { found },
        Some(expected) if found != expected => return RowProblem::PixelCount { expected, found },
        _ => {}
    }
    let (position, value) = values(text)
        .enumerate()
        .find(|(_, value)| !is_pixel(value))
        .expect("a text of the right number of pixels parses");
    RowProblem::PixelValue { position, found: value.to_owned() }
}

/// Whether [`parse`] takes this value: digits alone, and no sign, which `u8::from_str` would take.
fn is_pixel(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_digit()) && value.parse::<u8>().is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parse_takes_what_the_standard_library_takes(text in "[0-9 \t,\\[\\]+x-]{0,24}", n in 0_usize..8) {
            let values: Option<Vec<u8>> = text.replace([',', '[', ']'], " ").split_ascii_whitespace()
                .map(|value| value.parse().ok().filter(|_| !value.starts_with('+')))
                .collect();
            prop_assert_eq!(parse(&text, n), values.filter(|values| values.len() == n));
        }
    }

    #[test]
    fn a_text_that_cannot_hold_the_values_costs_no_memory() {
        assert_eq!(parse("1 2", usize::MAX), None);
        assert_eq!(parse("1 2", 1 << 62), None);
        assert_eq!(parse("1 2", 2), Some(vec![1, 2]));
    }

    #[test]
    fn a_square_has_a_side_and_nothing_else_does() {
        let sides: Vec<Option<usize>> = [0, 1, 2, 4, 2303, 2304, 2305].map(side).to_vec();
        assert_eq!(sides, [None, Some(1), None, Some(2), None, Some(48), None]);
    }
}
