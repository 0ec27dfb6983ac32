//! Where the images of a set come from.

use crate::open_file::Contents;
use crate::{Error, Tensor};

/// Name of the tensor of the names, one behind the other.
const NAMES: &str = "origins";
/// Name of the tensor of the places where each ends.
const ENDS: &str = "origin_ends";

/// Where each image of a set comes from: the name of its picture, relative to the source, and behind `#xywh=` left, top,
/// width and height of the face in it, where it is a part of the picture; of a Parquet file, its name and `#row=` with the row.
///
/// ```
/// use fer_artifact::Origins;
/// let origins: Origins = ["happy/a.png", "crowd.jpg#xywh=10,20,48,48"].into_iter().collect();
/// assert_eq!(origins.get(1), "crowd.jpg#xywh=10,20,48,48");
/// assert_eq!(origins.select(&[1, 1]).len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origins {
    names: String,
    ends: Vec<u32>,
}

impl Origins {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Appends where the next image comes from.
    ///
    /// # Panics
    /// From 4 GiB of names on.
    pub fn push(&mut self, name: &str) {
        self.names.push_str(name);
        self.ends.push(u32::try_from(self.names.len()).expect("fewer than 4 GiB of names"));
    }

    /// Where this image comes from.
    ///
    /// # Panics
    /// If there is no such image.
    pub fn get(&self, index: usize) -> &str {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.names[start as usize..self.ends[index] as usize]
    }

    /// The picture that this image comes from, without its place in it.
    ///
    /// ```
    /// use fer_artifact::Origins;
    /// let origins: Origins = ["take#1.png", "crowd.jpg#xywh=10,20,48,48"].into_iter().collect();
    /// assert_eq!([origins.file(0), origins.file(1)], ["take#1.png", "crowd.jpg"]);
    /// ```
    ///
    /// # Panics
    /// If there is no such image.
    pub fn file(&self, index: usize) -> &str {
        let origin = self.get(index);
        origin.rsplit_once("#xywh=").map_or(origin, |(file, _)| file)
    }

    /// The origins of these images alone.
    ///
    /// # Panics
    /// If there is no such image.
    #[must_use]
    pub fn select(&self, indices: &[usize]) -> Self {
        indices.iter().map(|&index| self.get(index)).collect()
    }

    /// Adds the tensors to those of a set.
    pub(crate) fn add_tensors<'a>(of: Option<&'a Self>, tensors: &mut Vec<(String, Vec<usize>, Tensor<'a>)>) {
        if let Some(Self { names, ends }) = of {
            tensors.push((NAMES.into(), vec![names.len()], Tensor::U8(names.as_bytes())));
            tensors.push((ENDS.into(), vec![ends.len()], Tensor::U32(ends)));
        }
    }

    /// Takes the origins of `n` images, if the file has any.
    pub(crate) fn take(contents: &mut Contents<'_>, n: usize) -> Result<Option<Self>, Error> {
        if !contents.has(NAMES) && !contents.has(ENDS) {
            return Ok(None);
        }
        let (_, names) = contents.take_u8(NAMES, &[None])?;
        let (_, ends) = contents.take_u32(ENDS, &[Some(n)])?;
        let path = || contents.path().to_owned();
        let value = |what: String, expected: &str, found: String| Error::Value {
            path: path(),
            what,
            expected: expected.to_owned(),
            found,
        };
        let names = String::from_utf8(names)
            .map_err(|error| value(NAMES.to_owned(), "text in UTF-8", error.utf8_error().to_string()))?;
        let before = |index: usize| if index == 0 { 0 } else { ends[index - 1] };
        let is_end = |index: usize| before(index) <= ends[index] && names.is_char_boundary(ends[index] as usize);
        if let Some(index) = (0..n).find(|&index| !is_end(index)) {
            let expected = "the end of a name, not before that of the image before";
            return Err(value(format!("{ENDS}[{index}]"), expected, ends[index].to_string()));
        }
        if ends.last().map_or(0, |&end| end as usize) != names.len() {
            let found = format!("{} bytes of names", names.len());
            return Err(value(ENDS.to_owned(), "the last name to end where the names end", found));
        }
        Ok(Some(Self { names, ends }))
    }
}

impl<'a> FromIterator<&'a str> for Origins {
    fn from_iter<I: IntoIterator<Item = &'a str>>(names: I) -> Self {
        let mut origins = Self::default();
        names.into_iter().for_each(|name| origins.push(name));
        origins
    }
}
