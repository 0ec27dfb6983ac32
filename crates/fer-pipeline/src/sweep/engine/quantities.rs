//! Time, memory and words, as they stand in a job's file.

use std::fmt;
use std::str::FromStr;

use fer_artifact::inline_schema;
use schemars::json_schema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// Longest time of a job, in whole seconds above 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeLimit(u64);

/// Memory of a job, in MiB above 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory(u64);

/// A word of a command line or of a job's file: printable characters in one line, without spaces at its ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word(String);

impl TimeLimit {
    /// In seconds.
    pub const fn seconds(self) -> u64 {
        self.0
    }
}

impl Memory {
    /// In MiB.
    pub const fn mebibytes(self) -> u64 {
        self.0
    }
}

impl Word {
    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// As Slurm reads it: `M`, `M:S`, `H:M:S`, `D-H`, `D-H:M` or `D-H:M:S`.
impl FromStr for TimeLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "expected a time as Slurm writes it: minutes, minutes:seconds, hours:minutes:seconds, days-hours, with \
                 :minutes:seconds if you like; found `{text}`"
            )
        };
        let (days, rest) = text.split_once('-').map_or((None, text), |(days, rest)| (Some(days), rest));
        let number = |part: &str| -> Result<u64, String> {
            let is_number = !part.is_empty() && part.len() <= 9 && part.bytes().all(|byte| byte.is_ascii_digit());
            if is_number { part.parse().map_err(|_| wrong()) } else { Err(wrong()) }
        };
        let parts = rest.split(':').map(number).collect::<Result<Vec<u64>, _>>()?;
        let seconds = match (days, parts.as_slice()) {
            (None, [minutes]) => minutes * 60,
            (None, [minutes, seconds]) => minutes * 60 + seconds,
            (_, [hours]) => hours * 3600,
            (_, [hours, minutes]) => hours * 3600 + minutes * 60,
            (_, [hours, minutes, seconds]) => hours * 3600 + minutes * 60 + seconds,
            _ => return Err(wrong()),
        };
        let seconds = days.map_or(Ok(0), number)? * 86_400 + seconds;
        if seconds > 0 { Ok(Self(seconds)) } else { Err(wrong()) }
    }
}

/// `4:00:00`, `2-00:30:00`
impl fmt::Display for TimeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, hours, minutes, seconds) = (self.0 / 86_400, self.0 / 3600 % 24, self.0 / 60 % 60, self.0 % 60);
        match days {
            0 => write!(f, "{hours}:{minutes:02}:{seconds:02}"),
            _ => write!(f, "{days}-{hours:02}:{minutes:02}:{seconds:02}"),
        }
    }
}

impl FromStr for Memory {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("expected a number with its unit, as `8G` or `500M`, found `{text}`");
        let units = [('M', 1), ('G', 1 << 10), ('T', 1 << 20)];
        let (number, factor) =
            units.iter().find_map(|(unit, factor)| Some((text.strip_suffix(*unit)?, *factor))).ok_or_else(wrong)?;
        let is_number = number.len() <= 9 && number.bytes().all(|byte| byte.is_ascii_digit());
        let number: u64 = number.parse().ok().filter(|number| is_number && *number > 0).ok_or_else(wrong)?;
        Ok(Self(number * factor))
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_multiple_of(1 << 10) { write!(f, "{}G", self.0 >> 10) } else { write!(f, "{}M", self.0) }
    }
}

impl FromStr for Word {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fits = !text.is_empty() && text.trim() == text && !text.chars().any(char::is_control);
        if fits { Ok(Self(text.to_owned())) } else { Err(format!("expected a text in one line, found {text:?}")) }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! as_text {
    ($name:ident, $read:expr, $schema:tt) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let read: fn(Value) -> Result<String, String> = $read;
                read(Value::deserialize(deserializer)?).and_then(|text| text.parse()).map_err(D::Error::custom)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        inline_schema!($name, |_| json_schema!($schema));
    };
}

fn text(value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(format!("expected a text, found {other}")),
    }
}

/// A time may also stand as a number: of minutes. Of a number without its unit, memory tells what it expects.
fn text_or_number(value: Value) -> Result<String, String> {
    if let Value::Number(number) = value { Ok(number.to_string()) } else { text(value) }
}

as_text!(TimeLimit, text_or_number, {"type": ["string", "integer"], "minimum": 1, "title": "time as Slurm writes it",
    "pattern": "^([0-9]+-)?[0-9]+(:[0-9]+){0,2}$", "examples": ["4:00:00"]});
as_text!(Memory, text_or_number, {"type": "string", "title": "number with `M`, `G` or `T`", "pattern": "^[0-9]+[MGT]$", "examples": ["8G"]});
as_text!(Word, text, {"type": "string", "minLength": 1});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_slurm_reads_them() {
        // The examples of sbatch's manual, counted by hand.
        let cases = [("90", 5400), ("1:30", 90), ("4:00:00", 14_400), ("2-12", 216_000), ("1-2:30", 95_400)];
        for (text, seconds) in cases.into_iter().chain([("1-02:30:05", 95_405)]) {
            assert_eq!(text.parse::<TimeLimit>().map(TimeLimit::seconds), Ok(seconds), "{text}");
        }
        let told = [90, 14_400, 95_405].map(|seconds| TimeLimit(seconds).to_string());
        assert_eq!(told, ["0:01:30", "4:00:00", "1-02:30:05"]);
        for text in ["", "0", "-1", "1:2:3:4", "1-", "a", "1h", "1-2-3", "99999999999999999999"] {
            assert!(text.parse::<TimeLimit>().is_err(), "{text}");
        }
        assert_eq!(serde_json::from_str::<TimeLimit>("90").unwrap(), TimeLimit(5400));
    }

    #[test]
    fn what_is_no_text_becomes_none() {
        for json in ["7", "true", "[\"cpu\"]", "{\"a\": \"b\"}"] {
            let value: Value = serde_json::from_str(json).unwrap();
            let error = serde_json::from_str::<Word>(json).unwrap_err().to_string();
            assert!(error.starts_with(&format!("expected a text, found {value}")), "{error}");
            let error = serde_json::from_str::<Memory>(json).unwrap_err().to_string();
            assert!(error.starts_with("expected a ") && error.contains(&value.to_string()), "{error}");
        }
        assert!(
            serde_json::from_str::<TimeLimit>("[90]")
                .unwrap_err()
                .to_string()
                .starts_with("expected a text, found [90]")
        );
    }

    #[test]
    fn memory_has_a_unit_and_words_have_one_line() {
        let read = |text: &str| text.parse::<Memory>().map(|memory| (memory.mebibytes(), memory.to_string()));
        assert_eq!(read("8G"), Ok((8192, "8G".to_owned())));
        assert_eq!(read("1500M"), Ok((1500, "1500M".to_owned())));
        assert!(["8", "G", "0G", "+8G", "8K", "8.5G"].iter().all(|text| read(text).is_err()));
        assert!("--constraint=a b".parse::<Word>().is_ok());
        assert!(["", "a\n#SBATCH -A other", " a"].iter().all(|text| text.parse::<Word>().is_err()));
    }
}
