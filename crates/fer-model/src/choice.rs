//! Reads a choice between sets of settings from a mapping of which one key holds the name: `{name: linear}`.
//!
//! serde's own form of it (`#[serde(tag = "name")]`) puts all values aside before it reads one, and an error no longer
//! knows its place. Here values that stand behind the name are read where they stand.

use std::fmt;
use std::marker::PhantomData;
use std::vec;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;

/// A choice between sets of settings.
pub(crate) trait Choice: Sized {
    /// The key that holds the name.
    const KEY: &'static str;
    /// All names.
    const NAMES: &'static [&'static str];

    /// Reads the settings of the choice `name`, one of [`Self::NAMES`].
    fn read<'de, D: Deserializer<'de>>(name: &str, settings: D) -> Result<Self, D::Error>;

    /// The settings of every choice.
    fn settings() -> Vec<&'static str>;
}

/// Reads a choice.
///
/// # Errors
/// Those of the deserializer and of [`Choice::read`]; a name that is missing or unknown; a setting that the choice does
/// not have.
pub(crate) fn choose<'de, T: Choice, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_map(ChoiceVisitor(PhantomData))
}

struct ChoiceVisitor<T>(PhantomData<T>);

impl<'de, T: Choice> Visitor<'de> for ChoiceVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut before = vec![];
        while let Some(key) = map.next_key::<String>()? {
            if key == T::KEY {
                let name = map.next_value_seed(Name(T::NAMES))?;
                let all = T::settings();
                let before = before.into_iter();
                return T::read(name, Settings { name, key: T::KEY, all, before, map, fields: &[], value: None });
            }
            before.push((key, map.next_value()?));
        }
        Err(A::Error::missing_field(T::KEY))
    }
}

/// One of these names.
#[derive(Clone, Copy)]
struct Name(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = &'static str;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<&'static str, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = &'static str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<&'static str, E> {
        let known = self.0.iter().find(|name| **name == text);
        known.copied().ok_or_else(|| E::unknown_variant(text, self.0))
    }
}

/// The entries of the mapping but for the name, as a struct reads them.
struct Settings<A> {
    name: &'static str,
    key: &'static str,
    /// The settings of every choice.
    all: Vec<&'static str>,
    /// Entries that stand before the name.
    before: vec::IntoIter<(String, Value)>,
    /// Entries that stand behind the name.
    map: A,
    /// The settings of this choice.
    fields: &'static [&'static str],
    /// The value of the key that was read last, if that stands before the name.
    value: Option<Value>,
}

impl<'de, A: MapAccess<'de>> Deserializer<'de> for Settings<A> {
    type Error = A::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_map(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        visitor.visit_map(Self { fields, ..self })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Settings<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let key = match self.before.next() {
            Some((key, value)) => {
                self.value = Some(value);
                key
            }
            None => match self.map.next_key()? {
                Some(key) => key,
                None => return Ok(None),
            },
        };
        if self.fields.contains(&key.as_str()) {
            return seed.deserialize(key.into_deserializer()).map(Some);
        }
        Err(A::Error::custom(self.refusal(&key)))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        match self.value.take() {
            Some(value) => seed.deserialize(value).map_err(A::Error::custom),
            None => self.map.next_value_seed(seed),
        }
    }
}

impl<A> Settings<A> {
    /// Why there is no setting of this name; of unknown names in serde's words.
    fn refusal(&self, key: &str) -> String {
        if self.all.contains(&key) {
            return format!("`{key}` does not apply to `{}`", self.name);
        }
        let expected = [self.key].iter().chain(self.fields).map(|name| format!("`{name}`")).collect::<Vec<_>>();
        match &expected[..] {
            [only] => format!("unknown field `{key}`, expected {only}"),
            several => format!("unknown field `{key}`, expected one of {}", several.join(", ")),
        }
    }
}

/// The names of a struct's fields, as serde knows them.
pub(crate) fn settings_of<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    match T::deserialize(FieldsOf) {
        Err(Fields(fields)) => fields,
        Ok(_) => &[],
    }
}

/// Refuses to be read, and tells the fields that were asked for.
struct FieldsOf;

#[derive(Debug)]
struct Fields(&'static [&'static str]);

impl<'de> Deserializer<'de> for FieldsOf {
    type Error = Fields;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Fields> {
        Err(Fields(&[]))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Fields> {
        Err(Fields(fields))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

impl std::error::Error for Fields {}

impl Error for Fields {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Fields(&[])
    }
}
