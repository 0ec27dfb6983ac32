//! The page that tells a video's story: one HTML file that needs nothing else.

mod about;
mod figures;
mod page;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};

use crate::{Error, Story};
pub use about::About;
use page::Page;

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
