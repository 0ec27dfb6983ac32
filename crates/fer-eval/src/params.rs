use fer_artifact::{Split, Tta};
use schemars::{JsonSchema, json_schema};
use serde::de::{self, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroUsize;

use crate::Error;

const HELD_OUT: &str = "held-out";

/// Parameters of the evaluate stage.
///
/// ```
/// # use fer_eval::EvaluateParams;
/// let params: EvaluateParams = serde_json::from_str(r#"{"splits": ["train", "test"]}"#)?;
/// assert_eq!(serde_json::to_string(&params)?, r#"{"splits":["train","test"],"batch_size":256,"tta":"none"}"#);
/// let default = serde_json::to_string(&EvaluateParams::default())?;
/// assert_eq!(default, r#"{"splits":"held-out","batch_size":256,"tta":"none"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EvaluateParams {
    /// Which splits to score: `held-out`, which is validation and test as far as the data has them, or a list of names.
    #[schemars(extend("examples" = [["train", "validation"]]))]
    pub splits: Splits,
    /// Images that are read and predicted at once. More need more memory; the logits stay the same.
    #[serde(deserialize_with = "batch_size")]
    pub batch_size: NonZeroUsize,
    /// Test-time augmentation: as how many pictures the network sees an image.
    pub tta: Tta,
}

impl Default for EvaluateParams {
    fn default() -> Self {
        Self { splits: Splits::HeldOut, batch_size: const { NonZeroUsize::new(256).unwrap() }, tta: Tta::None }
    }
}

/// Which splits to score: `held-out`, or a list of names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Splits {
    /// `held-out`: validation and test, as far as the data has them.
    #[default]
    HeldOut,
    /// A list such as `[train, test]`: these, and it is an error if the data lacks one.
    Named(BTreeSet<Split>),
}

impl Splits {
    /// Those to be scored, of data that has these splits.
    ///
    /// # Errors
    /// [`Error::NothingHeldOut`] or [`Error::MissingSplit`].
    pub fn among(&self, available: &[Split]) -> Result<Vec<Split>, Error> {
        match self {
            Splits::HeldOut => {
                let found: Vec<_> = available.iter().copied().filter(|split| *split != Split::Train).collect();
                if found.is_empty() { Err(Error::NothingHeldOut) } else { Ok(found) }
            }
            Splits::Named(splits) => match splits.iter().find(|split| !available.contains(split)) {
                Some(&split) => Err(Error::MissingSplit { split, available: available.to_vec() }),
                None => Ok(splits.iter().copied().collect()),
            },
        }
    }
}

impl Serialize for Splits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Splits::HeldOut => serializer.serialize_str(HELD_OUT),
            Splits::Named(splits) => splits.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Splits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SplitsVisitor)
    }
}

fer_artifact::inline_schema!(Splits, |_| {
    let names = json_schema!({"type": "string", "enum": Split::ALL});
    json_schema!({
        "anyOf": [
            {"type": "string", "const": HELD_OUT},
            {"type": "array", "items": names, "minItems": 1, "uniqueItems": true},
        ]
    })
});

struct SplitsVisitor;

impl<'de> Visitor<'de> for SplitsVisitor {
    type Value = Splits;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{HELD_OUT}` or a list of `train`, `validation`, `test`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Splits, E> {
        if text == HELD_OUT { Ok(Splits::HeldOut) } else { Err(E::invalid_value(Unexpected::Str(text), &self)) }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<Splits, A::Error> {
        let mut splits = BTreeSet::new();
        while let Some(split) = names.next_element::<Split>()? {
            if !splits.insert(split) {
                return Err(de::Error::custom(format_args!("expected each split once, found `{split}` again")));
            }
        }
        if splits.is_empty() {
            return Err(de::Error::invalid_length(0, &"at least one split"));
        }
        Ok(Splits::Named(splits))
    }
}

fn batch_size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NonZeroUsize, D::Error> {
    let found = usize::deserialize(deserializer)?;
    NonZeroUsize::new(found)
        .ok_or_else(|| de::Error::invalid_value(Unexpected::Unsigned(0), &"a batch size of 1 or more"))
}
