use anyhow::{Result, anyhow};
use clap::Args;
use fer_pipeline::reference::{Parameter, Section, page, sections};

use crate::exit_status::ExitStatus;
use crate::output::{print, print_json};
use crate::terminal::error;

/// Longest line, in characters.
const WIDTH: usize = 100;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fer params                        the keys of a pipeline file and the parameters of every stage
  fer params train
  fer params train.optimizer        a parameter and those within it
`fer help params train` says the same. `fer schema` prints a JSON Schema of all of them.")]
pub(super) struct ParamsArgs {
    /// A kind of stage, or a parameter with its stage, as `--set` takes it.
    #[arg(value_name = "STAGE[.PATH]")]
    path: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Print all of them as a Markdown page, as docs/reference.md has it.
    #[arg(long, conflicts_with_all = ["json", "path"])]
    md: bool,
}

impl ParamsArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        let wanted = self.path.as_deref();
        let mut sections = sections();
        sections.iter_mut().for_each(|section| section.parameters.retain(|known| is_wanted(&known.path, wanted)));
        sections.retain(|section| !section.parameters.is_empty());
        if let (Some(path), true) = (wanted, sections.is_empty()) {
            error(&anyhow!("there is no parameter `{path}`; `fer params` lists all"));
            return Ok(ExitStatus::Usage);
        }
        match (self.json, self.md) {
            (true, _) => print_json(&sections)?,
            (false, true) => print(page())?,
            (false, false) => print(sections.iter().map(told).collect::<Vec<_>>().join("\n"))?,
        }
        Ok(ExitStatus::Success)
    }
}

fn is_wanted(path: &str, wanted: Option<&str>) -> bool {
    let rest = wanted.map(|wanted| path.strip_prefix(wanted));
    rest.is_none_or(|rest| rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '['])))
}

fn told(section: &Section) -> String {
    let title = section.stage.map_or("The file".to_owned(), |stage| stage.to_string());
    let parameters: String = section.parameters.iter().map(parameter).collect();
    format!("{title}: {}\n\n{parameters}", section.about)
}

fn parameter(parameter: &Parameter) -> String {
    let Parameter { path, with, accepts, default, meaning, example } = parameter;
    let with = with.as_ref().map(|with| format!(" with {with}")).unwrap_or_default();
    let default = match default.as_deref() {
        None => "must be given".to_owned(),
        Some("null") => "not set by default".to_owned(),
        Some(default) => format!("default {default}"),
    };
    let example = example.as_ref().map(|example| format!("    Example: {example}\n")).unwrap_or_default();
    let accepts = accepts.replace('`', "");
    format!("{path}{with}\n{}{}{example}", indented(&format!("{accepts}; {default}")), indented(meaning))
}

/// A text in lines of bounded length, set in.
fn indented(text: &str) -> String {
    let (mut lines, mut line) = (String::new(), String::from("   "));
    for word in text.split_whitespace() {
        if line.chars().count() + word.chars().count() >= WIDTH {
            lines.push_str(&format!("{line}\n"));
            line = String::from("   ");
        }
        line.push_str(&format!(" {word}"));
    }
    lines + &line + "\n"
}
