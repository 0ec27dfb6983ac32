use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use fer_artifact::{Header, TensorInfo, describe, visible};
use serde_json::{Value, json};

use crate::exit_status::ExitStatus;
use crate::output::{print, print_json};

/// Most characters of a line, and members of a list.
const LINE: usize = 100;
const MEMBERS: usize = 40;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fer inspect runs/sample/train/model.safetensors")]
pub(super) struct InspectArgs {
    /// A safetensors file.
    artifact: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl InspectArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        let (header, tensors) = describe(&self.artifact)?;
        if self.json {
            print_json(&json!({"header": header, "tensors": tensors}))?;
        } else {
            print(text(header.as_ref(), &tensors)?)?;
        }
        Ok(ExitStatus::Success)
    }
}

fn text(header: Option<&Header>, tensors: &[TensorInfo]) -> Result<String> {
    let mut text = match header {
        Some(header) => header_text(header)?,
        None => "no header: not an artifact of a stage\n".to_owned(),
    };
    let names: Vec<String> = tensors.iter().map(|tensor| visible(&tensor.name).into_owned()).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    text.push('\n');
    for (name, TensorInfo { dtype, shape, .. }) in names.iter().zip(tensors) {
        text.push_str(&format!("{name:width$}  {dtype:>4}  {shape:?}\n"));
    }
    let elements: usize = tensors.iter().map(|tensor| tensor.shape.iter().product::<usize>()).sum();
    Ok(text + &format!("\n{} tensors, {elements} elements\n", tensors.len()))
}

fn header_text(header: &Header) -> Result<String> {
    let mut lines = vec![("kind", header.kind.to_string()), ("schema", header.schema.to_string())];
    lines.push(("producer", header.producer.clone()));
    lines.push(("classes", header.classes.join(", ")));
    if let Some(split) = header.split {
        lines.push(("split", split.to_string()));
    }
    lines.push(("seed", header.seed.value().to_string()));
    let mut text: String = lines.iter().map(|(key, value)| format!("{key:14}  {}\n", visible(value))).collect();
    for (path, digest) in &header.parents {
        text.push_str(&format!("{:14}  {}  {digest}\n", "parent", visible(path)));
    }
    for (key, value) in
        [("params", &header.params)].into_iter().chain(header.details.iter().map(|(k, v)| (k.as_str(), v)))
    {
        text.push_str(&entry(key, value)?);
    }
    Ok(text)
}

/// A key and its value: on a line where it fits, and below in YAML's manner where it does not.
fn entry(key: &str, value: &Value) -> Result<String> {
    let short = serde_json::to_string(value)?;
    if short.chars().count() <= LINE || !(value.is_object() || value.is_array()) {
        return Ok(format!("{:14}  {}\n", visible(key), visible(&short)));
    }
    let mut text = format!("{}\n", visible(key));
    branches(value, 1, &mut text)?;
    Ok(text)
}

/// The members of an object or a list, each indented by its depth; a long list is cut short.
fn branches(value: &Value, depth: usize, text: &mut String) -> Result<()> {
    let members: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (format!("{}:", visible(key)), value)).collect(),
        Value::Array(list) => list.iter().map(|value| ("-".to_owned(), value)).collect(),
        _ => vec![],
    };
    let indent = "  ".repeat(depth);
    for (key, value) in members.iter().take(MEMBERS) {
        let short = serde_json::to_string(value)?;
        if short.chars().count() + indent.len() + key.len() <= LINE || !(value.is_object() || value.is_array()) {
            text.push_str(&format!("{indent}{key} {}\n", visible(&short)));
        } else {
            text.push_str(&format!("{indent}{key}\n"));
            branches(value, depth + 1, text)?;
        }
    }
    if members.len() > MEMBERS {
        text.push_str(&format!("{indent}… and {} more (`--json` shows all)\n", members.len() - MEMBERS));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_on_a_line_is_broken_at_its_members() {
        assert_eq!(entry("seed", &json!({"a": 1})).unwrap(), "seed            {\"a\":1}\n");
        let long = json!({"list": (0..60).map(|n| format!("number {n}")).collect::<Vec<_>>(), "one": 1});
        let text = entry("params", &long).unwrap();
        assert!(text.starts_with("params\n  list:\n    - \"number 0\"\n"), "{text}");
        assert!(text.contains("\n    … and 20 more (`--json` shows all)\n  one: 1\n"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= LINE), "{text}");
    }
}
