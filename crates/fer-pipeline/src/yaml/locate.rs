//! Finds the place of a value in a text, whatever the text's format.
//!
//! Deserialisers tell positions only in their errors. So [`Locate`] walks down a path and fails on purpose where it
//! ends; the format's error then holds line and column.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A step down into a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Segment {
    Key(String),
    Index(usize),
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // As in JSON's pointers (RFC 6901).
            Segment::Key(key) => f.write_str(&key.replace('~', "~0").replace('/', "~1")),
            Segment::Index(index) => index.fmt(f),
        }
    }
}

impl From<String> for Segment {
    fn from(key: String) -> Self {
        Segment::Key(key)
    }
}

impl From<&str> for Segment {
    fn from(key: &str) -> Self {
        Segment::Key(key.to_owned())
    }
}

impl From<usize> for Segment {
    fn from(index: usize) -> Self {
        Segment::Index(index)
    }
}

/// Which part of the path's last entry is sought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Key,
    Value,
}

/// Fails at the end of `path`, and nowhere else if the text is sound.
#[derive(Clone, Copy)]
pub(crate) struct Locate<'a> {
    pub(crate) path: &'a [Segment],
    pub(crate) part: Part,
}

impl Locate<'_> {
    fn leaf<E: Error>(self) -> Result<(), E> {
        if self.path.is_empty() { Err(E::custom("here")) } else { Ok(()) }
    }
}

impl<'de> DeserializeSeed<'de> for Locate<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Locate<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.leaf()
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        self.leaf()
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.leaf()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.leaf()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.leaf()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.leaf()
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        self.leaf()
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(A::Error::custom("here"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.leaf()?;
        let (first, rest) = (&self.path[0], &self.path[1..]);
        for index in 0.. {
            let found = if *first == Segment::Index(index) {
                items.next_element_seed(Locate { path: rest, ..self })?
            } else {
                items.next_element::<IgnoredAny>()?.map(drop)
            };
            if found.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        self.leaf()?;
        let (first, rest) = (&self.path[0], &self.path[1..]);
        let sought = WantedKey { key: first, fail: rest.is_empty() && self.part == Part::Key };
        while let Some(wanted) = entries.next_key_seed(sought)? {
            if wanted {
                entries.next_value_seed(Locate { path: rest, ..self })?;
            } else {
                entries.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Says whether a key is the one on the path; fails there if it is itself what is sought.
#[derive(Clone, Copy)]
struct WantedKey<'a> {
    key: &'a Segment,
    fail: bool,
}

impl<'de> DeserializeSeed<'de> for WantedKey<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for WantedKey<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<bool, E> {
        let wanted = matches!(self.key, Segment::Key(sought) if sought == key);
        if wanted && self.fail { Err(E::custom("here")) } else { Ok(wanted) }
    }
}
