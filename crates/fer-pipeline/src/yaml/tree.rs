//! A document as a tree that holds what the text says and nothing by accident: no key twice, no number that is not
//! finite, no tags, and no more than its text could hold without aliases.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// What an entry weighs beside its text; about what it takes in memory.
const ENTRY: usize = 64;
/// What a tree may weigh: twice what the longest file can hold without aliases, which could repeat a text without end.
const HEAVIEST: usize = 4 << 20;

/// Reads a tree. What it refuses it also leaves in `complaint`, without the decoration of the format's error.
#[derive(Clone, Copy)]
pub(crate) struct Strict<'a> {
    pub(crate) complaint: &'a RefCell<Option<String>>,
    /// What the tree weighs so far.
    pub(crate) weight: &'a Cell<usize>,
    /// Whether the entries of this value keep their order.
    pub(crate) order: Order,
}

/// Whether the entries of a mapping keep their order: they become a list of mappings of one entry, as a tree's mappings
/// are sorted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Their order says nothing.
    Free,
    /// It counts.
    Kept,
    /// It counts in each item of a list.
    KeptInItems,
}

impl Order {
    /// The order of the value that stands under this key: that of classes is the order of their labels. A matrix lists
    /// values under the whole path of a parameter.
    pub(crate) fn under(key: &str) -> Self {
        match key.rsplit_once('.') {
            None if key == "classes" => Self::Kept,
            Some((_, "classes")) => Self::KeptInItems,
            _ => Self::Free,
        }
    }
}

impl Strict<'_> {
    fn refuse<E: Error>(self, message: String) -> E {
        self.complaint.replace(Some(message.clone()));
        E::custom(message)
    }

    fn weigh<E: Error>(self, bytes: usize) -> Result<(), E> {
        self.weight.set(self.weight.get() + bytes);
        if self.weight.get() <= HEAVIEST {
            return Ok(());
        }
        Err(self.refuse("expected aliases (`*…`) of small parts, found some that fill the memory".to_owned()))
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value);
        number.map(Value::Number).ok_or_else(|| self.refuse(format!("expected a finite number, found {value}")))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.weigh(value.len())?;
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = vec![];
        let order = if self.order == Order::KeptInItems { Order::Kept } else { Order::Free };
        while let Some(item) = items.next_element_seed(Strict { order, ..self })? {
            self.weigh(ENTRY)?;
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let (mut map, mut keys) = (Map::new(), vec![]);
        while let Some(key) = entries.next_key_seed(NewKey { map: &map, strict: self })? {
            self.weigh(ENTRY + key.len())?;
            let value = entries.next_value_seed(Strict { order: Order::under(&key), ..self })?;
            keys.push(key.clone());
            map.insert(key, value);
        }
        if self.order != Order::Kept {
            return Ok(Value::Object(map));
        }
        let entry = |key: String| map.remove(&key).map(|value| Value::Object(Map::from_iter([(key, value)])));
        Ok(Value::Array(keys.into_iter().filter_map(entry).collect()))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<Value, A::Error> {
        Err(self.refuse("expected a plain value, found a tag (`!…`)".to_owned()))
    }
}

/// A key that is text and not in the map yet.
struct NewKey<'a> {
    map: &'a Map<String, Value>,
    strict: Strict<'a>,
}

impl<'de> DeserializeSeed<'de> for NewKey<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for NewKey<'_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key that is text")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<String, E> {
        match self.map.contains_key(key) {
            false => Ok(key.to_owned()),
            true => Err(self.strict.refuse(format!("key `{key}` stands here for the second time"))),
        }
    }
}
