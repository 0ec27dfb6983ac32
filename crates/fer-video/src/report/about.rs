use crate::Following;

/// What a report says besides the story.
#[derive(Debug, Clone, PartialEq)]
pub struct About<'a> {
    /// The page's title.
    pub title: &'a str,
    /// Class names, in the order of the probabilities.
    pub classes: &'a [String],
    /// A style sheet to begin with.
    pub style: &'a str,
    /// How faces were followed.
    pub following: Following,
    /// Notes to add to those on what was not seen, each a sentence or two.
    pub notes: Vec<String>,
}
