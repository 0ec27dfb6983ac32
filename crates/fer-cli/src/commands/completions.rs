use anyhow::Result;
use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use super::Cli;
use crate::exit_status::ExitStatus;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fer completions bash > ~/.local/share/bash-completion/completions/fer
  fer completions zsh > ~/.zfunc/_fer                    # with ~/.zfunc in fpath
  fer completions fish > ~/.config/fish/completions/fer.fish")]
pub(super) struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

impl CompletionsArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        let mut script = vec![];
        generate(self.shell, &mut Cli::command(), "fer", &mut script);
        std::io::Write::write_all(&mut std::io::stdout(), &script)?;
        Ok(ExitStatus::Success)
    }
}
