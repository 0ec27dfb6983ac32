//! Pages made of templates.

use fer_artifact::visible_lines;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

use crate::Error;

/// The page that this template, called `name`, makes of `page`. The name's ending, `.html`, turns on escaping.
///
/// # Errors
/// [`Error::Template`].
pub(super) fn render(name: &'static str, template: &'static str, page: &impl Serialize) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.add_template(name, template)?;
    let page = environment.get_template(name)?.render(Serde(page))?;
    // Names come from files of other people.
    Ok(visible_lines(&page).into_owned())
}
