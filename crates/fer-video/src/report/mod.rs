//! The page that tells a video's story: one HTML file that needs nothing else.

mod figures;
mod page;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};

use crate::{Error, Following, Story};
use page::Page;

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

/// The report as an HTML page without scripts, links to other files, or anything that depends on a clock: an overview
/// of all faces, what to keep in mind, and of each face a filmstrip, its expressions over time with pictures at the turning
/// points, and its episodes.
///
/// # Errors
/// [`Error::Template`].
pub fn report(story: &Story, about: &About<'_>) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    // The name's ending turns on HTML escaping.
    environment.add_template("report.html", include_str!("report.html"))?;
    let page = environment.get_template("report.html")?.render(Serde(&Page::new(story, about)))?;
    Ok(page + "\n")
}
