use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use fer_artifact::{Header, TensorInfo, describe, escaped};
use serde_json::json;

use crate::exit_status::ExitStatus;
use crate::output::{print, print_json};

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
    let names: Vec<String> = tensors.iter().map(|tensor| escaped(&tensor.name)).collect();
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
    let mut text: String = lines.iter().map(|(key, value)| format!("{key:14}  {}\n", escaped(value))).collect();
    for (path, digest) in &header.parents {
        text.push_str(&format!("{:14}  {}  {digest}\n", "parent", escaped(path)));
    }
    for (key, value) in
        [("params", &header.params)].into_iter().chain(header.details.iter().map(|(k, v)| (k.as_str(), v)))
    {
        text.push_str(&format!("{:14}  {}\n", escaped(key), escaped(&serde_json::to_string(value)?)));
    }
    Ok(text)
}
