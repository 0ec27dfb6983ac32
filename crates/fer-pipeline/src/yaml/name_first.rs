//! Reads a tree with the keys `name` and `kind` before all others: they say what the others mean, and an error can tell
//! its place only where a value is read as it comes.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Value};

/// A tree, or a part of it.
#[derive(Clone, Copy)]
pub(crate) struct NameFirst<'a>(pub(crate) &'a Value);

/// Whether a key says what the others of its mapping mean.
pub(crate) fn is_name(key: &str) -> bool {
    matches!(key, "name" | "kind")
}

impl<'de> Deserializer<'de> for NameFirst<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Object(map) => {
                let entries = |names: bool| map.iter().filter(move |(key, _)| is_name(key) == names);
                let entries = entries(true).chain(entries(false)).map(|(key, value)| (key.as_str(), NameFirst(value)));
                visitor.visit_map(MapDeserializer::new(entries))
            }
            Value::Array(items) => {
                let mut items = SeqDeserializer::new(items.iter().map(NameFirst));
                let value = visitor.visit_seq(&mut items)?;
                items.end()?;
                Ok(value)
            }
            scalar => scalar.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Error> for NameFirst<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
