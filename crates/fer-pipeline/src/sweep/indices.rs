//! Some cells of a sweep, as they are written: `0-3,7`.

use std::fmt;
use std::str::FromStr;

use super::matrix::MOST_CELLS;

/// Indices of cells, each once, in the order in which they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indices(Vec<usize>);

impl Indices {
    /// These.
    pub fn new(indices: Vec<usize>) -> Self {
        Self(indices)
    }

    /// One after the other.
    pub fn as_slice(&self) -> &[usize] {
        &self.0
    }
}

impl FromStr for Indices {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("expected cells such as 3, 0-3 or 0-3,7, found `{text}`");
        let number = |text: &str| -> Result<usize, String> {
            if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(wrong());
            }
            let beyond = || format!("expected cells below {MOST_CELLS}, as a sweep has no more, found {text}");
            text.parse().ok().filter(|number| *number < MOST_CELLS).ok_or_else(beyond)
        };
        let mut indices = vec![];
        for part in text.split(',') {
            let (first, last) = match part.split_once('-') {
                Some((first, last)) => (number(first)?, number(last)?),
                None => (number(part)?, number(part)?),
            };
            if first > last {
                return Err(wrong());
            }
            indices.extend(first..=last);
        }
        let mut sorted = indices.clone();
        sorted.sort_unstable();
        match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(format!("expected each cell once, found {} twice", pair[0])),
            None => Ok(Self(indices)),
        }
    }
}

/// Neighbours as a range.
impl fmt::Display for Indices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, run) in self.0.chunk_by(|one, next| one + 1 == *next).enumerate() {
            let comma = if place > 0 { "," } else { "" };
            match run {
                [one] => write!(f, "{comma}{one}")?,
                [first, .., last] => write!(f, "{comma}{first}-{last}")?,
                [] => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_written_as_ranges_and_read_again() {
        for (text, indices) in [("3", vec![3]), ("0-3,7", vec![0, 1, 2, 3, 7]), ("5,0-1", vec![5, 0, 1])] {
            assert_eq!(text.parse::<Indices>().unwrap().as_slice(), indices);
            assert_eq!(Indices::new(indices).to_string(), text);
        }
        for text in ["", "a", "3-1", "1-", "-1", "1,,2", "+1", "0-1000000000", "1,0-1"] {
            assert!(text.parse::<Indices>().is_err(), "{text}");
        }
        assert_eq!("0-9999".parse::<Indices>().unwrap().as_slice().len(), MOST_CELLS);
        for beyond in ["10000", "99999999999999999999999"] {
            let error = format!("3,0-{beyond}").parse::<Indices>().unwrap_err();
            assert_eq!(error, format!("expected cells below 10000, as a sweep has no more, found {beyond}"));
        }
    }
}
