//! File names that look like people, or like frames of one clip.

use std::collections::BTreeMap;

use crate::labels::{self, Labels};
use crate::listing::Listing;
use crate::walk::as_text;

/// Fewest people or clips that names can show; fewer are halves of a data set, or its name.
const FEWEST: usize = 3;

/// What file names look like.
pub(crate) struct Likeness {
    /// What the names stand for.
    pub(crate) of: Of,
    /// How many of these.
    pub(crate) count: usize,
    /// The first of them.
    pub(crate) first: String,
}

/// What may be called in file names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// A person, at the beginning of names.
    People,
    /// A clip, of whose frames the names end with numbers.
    Clips,
}

impl Of {
    /// A regular expression that finds the person or the clip in every name, also in those that look otherwise.
    pub(crate) const fn pattern(self) -> &'static str {
        match self {
            Of::People => r"^([^_.-]*)",
            Of::Clips => r"^(.*?)(?:[_.-][0-9]+)?(?:\.[A-Za-z0-9]+)?$",
        }
    }
}

/// A warning where no group is set and the names say that pictures belong together.
pub(crate) fn warning(listing: &Listing, labels: &Labels<'_>) -> Option<String> {
    let Likeness { of, count, first } = likeness(listing, labels)?;
    let what = match of {
        Of::People => format!("{count} people"),
        Of::Clips => format!("frames of {count} clips"),
    };
    let advice = "`group` keeps them together, so that no split knows those of another";
    Some(format!("file names look like {what}, such as `{first}`: {advice}"))
}

/// What the names look like where no group is set.
///
/// Names look like people if nine of ten begin with letters and digits before a `_`, `-` or `.` (as `S010_004` or `KA.AN1`
/// do), and these beginnings stand for two pictures or more on average. They look like clips if half of the pictures differ
/// in the last number of their name alone. Words for classes and splits are no people.
pub(crate) fn likeness(listing: &Listing, labels: &Labels<'_>) -> Option<Likeness> {
    if listing.pictures.iter().any(|picture| picture.group.is_some()) {
        return None;
    }
    let names: Vec<String> =
        listing.pictures.iter().filter_map(|picture| Some(as_text(picture.file.file_stem()?).into_owned())).collect();
    let is_word =
        |word: &str| labels.meaning(word).is_ok_and(|meaning| meaning.class().is_some()) || labels::split(word).is_ok();
    let found = |of: Of, found: &BTreeMap<&str, usize>| {
        Some(Likeness { of, count: found.len(), first: (*found.keys().next()?).to_owned() })
    };
    let people = counts(names.iter().filter_map(|name| beginning(name)).filter(|word| !is_word(word)));
    if look_alike(&people, names.len(), 9, 10) {
        return found(Of::People, &people);
    }
    let clips = counts(names.iter().filter_map(|name| without_number(name)).filter(|clip| !is_word(clip)));
    let clips: BTreeMap<&str, usize> = clips.into_iter().filter(|(_, pictures)| *pictures > 1).collect();
    if look_alike(&clips, names.len(), 1, 2) { found(Of::Clips, &clips) } else { None }
}

/// Whether there are several, of two pictures or more on average, and they have this share of all pictures.
fn look_alike(found: &BTreeMap<&str, usize>, pictures: usize, part: usize, of: usize) -> bool {
    let covered: usize = found.values().sum();
    found.len() >= FEWEST && covered >= 2 * found.len() && covered * of >= pictures * part
}

fn counts<'a>(words: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    words.for_each(|word| *counts.entry(word).or_default() += 1);
    counts
}

/// What stands before the first separator, if it has a letter and is short enough for a name of a person.
fn beginning(name: &str) -> Option<&str> {
    let (word, _) = name.split_once(['_', '-', '.'])?;
    let is_name = (2..=12).contains(&word.len()) && word.contains(char::is_alphabetic);
    is_name.then_some(word)
}

/// The name without the number at its end, if a separator stands before the number.
fn without_number(name: &str) -> Option<&str> {
    let clip = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    (clip.len() < name.len()).then(|| clip.strip_suffix(['_', '-', '.'])).flatten().filter(|clip| !clip.is_empty())
}
