//! Reads the command line, and helps where a parameter was written as an option.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches};
use fer_pipeline::StageKind;
use fer_train::TrainParams;

use crate::commands::Cli;

/// The command line. Where it is wrong, or asks for help or the version, the program ends here.
pub(crate) fn parse() -> Cli {
    let version = format!("{}\ninstructions: {}", env!("CARGO_PKG_VERSION"), fer_nn::instructions());
    let matches = Cli::command().long_version(&*version.leak()).try_get_matches_from(arguments(std::env::args_os()));
    let cli = matches.and_then(|matches| Cli::from_arg_matches(&matches));
    cli.unwrap_or_else(|error| with_hint(error).exit())
}

/// The arguments, with `help params STAGE` as `params STAGE`: clap's own `help` takes commands alone.
fn arguments(given: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut given: Vec<OsString> = given.collect();
    if given.len() > 3 && given[1] == "help" && given[2] == "params" {
        given.remove(1);
    }
    given
}

/// Says how a parameter is set, if an unknown option has the name of one, and how a stage is run, if an unknown command
/// has.
fn with_hint(mut error: clap::Error) -> clap::Error {
    if let (ErrorKind::InvalidSubcommand, Some(ContextValue::String(command))) =
        (error.kind(), error.get(ContextKind::InvalidSubcommand))
        && let Ok(stage) = command.parse::<StageKind>()
    {
        let hint = format!("`fer run` runs the chain, `fer run --only {stage}` its stage `{stage}` alone");
        error.remove(ContextKind::SuggestedSubcommand);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![hint.into()]));
        return error;
    }
    let option = match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(option))) => option.clone(),
        _ => return error,
    };
    if let Some(path) = parameter(&option) {
        let hint = format!("write `--set {path}=VALUE` to set this parameter");
        error.remove(ContextKind::SuggestedArg);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![hint.into()]));
    }
    error
}

/// The path of the parameter that an option is called after: the seed, a parameter of training or of its optimiser.
fn parameter(option: &str) -> Option<String> {
    let name = option.strip_prefix("--")?.split('=').next()?.replace('-', "_");
    let name = if name == "lr" { "learning_rate" } else { &name };
    let params = serde_json::to_value(TrainParams::default()).ok()?;
    match name {
        "seed" => Some("seed".to_owned()),
        _ if params.get(name).is_some() => Some(format!("train.{name}")),
        _ if params["optimizer"].get(name).is_some() => Some(format!("train.optimizer.{name}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_recognised_as_a_parameter() {
        let found = ["--epochs", "--batch-size=32", "--seed", "--lr", "--momentum", "--colour", "-e"].map(parameter);
        let expected = ["train.epochs", "train.batch_size", "seed", "train.optimizer.learning_rate"];
        assert_eq!(found[..4], expected.map(|path| Some(path.to_owned())));
        assert_eq!(found[4..], [Some("train.optimizer.momentum".to_owned()), None, None]);
    }
}
