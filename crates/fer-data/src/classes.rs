//! The classes of a data set, and which labels of the source belong to each.

use std::fmt;

use fer_artifact::{FER2013_CLASSES, no_class_name};
use schemars::json_schema;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::InvalidParams;
use crate::spelling::spelling;

/// Class names in label order: 1 to 256 names, none empty, no two of one spelling (case and Unicode form do not count).
///
/// As a list, the names are all the labels that a source may have. As a map, each name chooses labels of the source,
/// names or numbers; rows of other labels are left out. As `from-folders`, they are the names of the source's class folders,
/// which [`with_class_names`](crate::with_class_names) looks up.
///
/// ```
/// let classes: fer_data::Classes = serde_json::from_str(r#"{"happy": [3], "down": ["sad", "sadness"]}"#)?;
/// assert_eq!(classes.names(), ["happy", "down"]);
/// assert_eq!(classes.labels().unwrap()[1], ["sad", "sadness"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Classes {
    /// None yet for [`Labelling::FromFolders`].
    names: Vec<String>,
    labelling: Labelling,
}

/// How labels of the source stand for classes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Labelling {
    /// Each class has the label of its name.
    ByName,
    /// The same, and nobody asked for these names.
    Unsaid,
    /// The source's labels of each class.
    Chosen(Vec<Vec<String>>),
    /// The folders of the source say which classes there are.
    FromFolders,
}

/// The word for [`Classes::from_folders`].
const FROM_FOLDERS: &str = "from-folders";

impl Classes {
    /// These names, which are all the labels that a source may have.
    ///
    /// # Errors
    /// [`InvalidParams::ClassCount`], [`InvalidParams::EmptyClass`], [`InvalidParams::ClassName`] or [`InvalidParams::SameClass`].
    pub fn new(names: Vec<String>) -> Result<Self, InvalidParams> {
        check_names(&names)?;
        Ok(Self { names, labelling: Labelling::ByName })
    }

    /// These names, each with the labels of the source that it chooses.
    ///
    /// # Errors
    /// As [`Self::new`], and [`InvalidParams::NoLabels`] or [`InvalidParams::SameLabel`].
    pub fn choosing(entries: Vec<(String, Vec<String>)>) -> Result<Self, InvalidParams> {
        let (names, labels): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
        check_names(&names)?;
        let mut seen: Vec<(String, &str)> = vec![];
        for (name, labels) in names.iter().zip(&labels) {
            if labels.is_empty() {
                return Err(InvalidParams::NoLabels { class: name.clone() });
            }
            for label in labels {
                let spelled = spelling(label);
                if let Some((_, first)) = seen.iter().find(|(other, _)| *other == spelled) {
                    let (first, second) = ((*first).to_owned(), name.clone());
                    return Err(InvalidParams::SameLabel { label: label.clone(), first, second });
                }
                seen.push((spelled, name));
            }
        }
        Ok(Self { names, labelling: Labelling::Chosen(labels) })
    }

    /// Those that the folders of the source are called after, which are still to be looked up.
    pub fn from_folders() -> Self {
        Self { names: vec![], labelling: Labelling::FromFolders }
    }

    /// Whether the folders of the source are still to be asked.
    pub fn is_from_folders(&self) -> bool {
        self.labelling == Labelling::FromFolders
    }

    /// Whether nobody said them, so that they are FER2013's.
    pub(crate) fn are_unsaid(&self) -> bool {
        self.labelling == Labelling::Unsaid
    }

    /// The names in label order; none where the folders of the source are still to be asked.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The labels of the source that each class chooses, in label order; `None` for a list of names.
    pub fn labels(&self) -> Option<&[Vec<String>]> {
        match &self.labelling {
            Labelling::Chosen(labels) => Some(labels),
            Labelling::ByName | Labelling::Unsaid | Labelling::FromFolders => None,
        }
    }
}

fn check_names(names: &[String]) -> Result<(), InvalidParams> {
    if names.is_empty() || names.len() > 256 {
        return Err(InvalidParams::ClassCount { found: names.len() });
    }
    let spellings: Vec<String> = names.iter().map(|name| spelling(name)).collect();
    for (index, name) in names.iter().enumerate() {
        if spellings[index].is_empty() {
            return Err(InvalidParams::EmptyClass { index });
        }
        if let Some(reason) = no_class_name(name) {
            return Err(InvalidParams::ClassName { index, reason });
        }
        if let Some(first) = spellings[..index].iter().position(|other| *other == spellings[index]) {
            return Err(InvalidParams::SameClass { name: name.clone(), first, second: index });
        }
    }
    Ok(())
}

impl Default for Classes {
    fn default() -> Self {
        Self { names: FER2013_CLASSES.map(String::from).to_vec(), labelling: Labelling::Unsaid }
    }
}

/// Classes are equal that read a source alike: whether somebody said the names does not count.
impl PartialEq for Classes {
    fn eq(&self, other: &Self) -> bool {
        (&self.names, self.labels(), self.is_from_folders()) == (&other.names, other.labels(), other.is_from_folders())
    }
}

impl Eq for Classes {}

/// A list, of names, or of one map a class, since JSON's maps have no order and labels do; or the word `from-folders`.
impl Serialize for Classes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_from_folders() {
            return serializer.serialize_str(FROM_FOLDERS);
        }
        let mut list = serializer.serialize_seq(Some(self.names.len()))?;
        match self.labels() {
            None => self.names.iter().try_for_each(|name| list.serialize_element(name))?,
            Some(labels) => {
                let choices = self.names.iter().zip(labels);
                choices.into_iter().try_for_each(|(name, labels)| list.serialize_element(&Choice { name, labels }))?;
            }
        }
        list.end()
    }
}

/// `{name: [labels]}`.
struct Choice<'a> {
    name: &'a str,
    labels: &'a [String],
}

impl Serialize for Choice<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.name, self.labels)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Classes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ClassesVisitor)
    }
}

fer_artifact::inline_schema!(Classes, |_| {
    let label = json_schema!({"type": ["string", "integer"]});
    let labels = json_schema!({"anyOf": [label, {"type": "array", "items": label, "minItems": 1}]});
    let of_one = json_schema!({
        "type": "object", "additionalProperties": labels, "minProperties": 1, "maxProperties": 1
    });
    let name = json_schema!({"type": ["string", "integer"]});
    json_schema!({
        "anyOf": [
            {
                "title": "list of class names",
                "type": "array", "items": {"anyOf": [name, of_one]}, "minItems": 1, "maxItems": 256,
            },
            {
                "title": "mapping from class names to labels of the source",
                "type": "object", "additionalProperties": labels, "minProperties": 1, "maxProperties": 256,
            },
            {"type": "string", "const": FROM_FOLDERS},
        ]
    })
});

struct ClassesVisitor;

impl<'de> Visitor<'de> for ClassesVisitor {
    type Value = Classes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of class names, a map from class names to labels of the source, or `from-folders`")
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Classes, E> {
        match word {
            FROM_FOLDERS => Ok(Classes::from_folders()),
            _ => Err(E::invalid_value(Unexpected::Str(word), &self)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Classes, A::Error> {
        let mut entries = vec![];
        while let Some((name, labels)) = map.next_entry::<String, Labels>()? {
            entries.push((name, labels.0));
        }
        Classes::choosing(entries).map_err(A::Error::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Classes, A::Error> {
        let mut entries = vec![];
        while let Some(Entry(name, labels)) = list.next_element()? {
            entries.push((name, labels));
        }
        let classes = if entries.iter().all(|(_, labels)| labels.is_none()) {
            Classes::new(entries.into_iter().map(|(name, _)| name).collect())
        } else {
            // A name alone chooses the label of that name.
            let chosen = entries.into_iter().map(|(name, labels)| (name.clone(), labels.unwrap_or(vec![name])));
            Classes::choosing(chosen.collect())
        };
        classes.map_err(A::Error::custom)
    }
}

/// An entry of a list of classes: a name, or a map of one entry.
struct Entry(String, Option<Vec<String>>);

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntryVisitor;
        impl<'de> Visitor<'de> for EntryVisitor {
            type Value = Entry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a class name, or a map from one class name to labels of the source")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Entry, E> {
                Ok(Entry(name.to_owned(), None))
            }

            fn visit_u64<E: serde::de::Error>(self, name: u64) -> Result<Entry, E> {
                Ok(Entry(name.to_string(), None))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry, A::Error> {
                let first: Option<(String, Labels)> = map.next_entry()?;
                let (name, labels) = first.ok_or_else(|| A::Error::invalid_length(0, &self))?;
                match map.next_key::<String>()? {
                    None => Ok(Entry(name, Some(labels.0))),
                    Some(_) => Err(A::Error::invalid_length(2, &self)),
                }
            }
        }
        deserializer.deserialize_any(EntryVisitor)
    }
}

/// Labels of a source: one, or a list of them.
struct Labels(Vec<String>);

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LabelsVisitor;
        impl<'de> Visitor<'de> for LabelsVisitor {
            type Value = Labels;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("labels of the source: numbers or names")
            }

            fn visit_str<E: serde::de::Error>(self, label: &str) -> Result<Labels, E> {
                Ok(Labels(vec![label.to_owned()]))
            }

            fn visit_u64<E: serde::de::Error>(self, label: u64) -> Result<Labels, E> {
                Ok(Labels(vec![label.to_string()]))
            }

            fn visit_i64<E: serde::de::Error>(self, label: i64) -> Result<Labels, E> {
                Ok(Labels(vec![label.to_string()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Labels, A::Error> {
                let mut labels = vec![];
                while let Some(Labels(label)) = list.next_element()? {
                    labels.extend(label);
                }
                Ok(Labels(labels))
            }
        }
        deserializer.deserialize_any(LabelsVisitor)
    }
}
