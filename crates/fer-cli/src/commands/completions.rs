use anyhow::Result;
use clap::{Args, Command};
use clap_complete::{Shell, generate};

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
    pub(super) fn run(self, mut fer: Command) -> Result<ExitStatus> {
        let mut script = vec![];
        generate(self.shell, &mut fer, "fer", &mut script);
        std::io::Write::write_all(&mut std::io::stdout(), &script)?;
        Ok(ExitStatus::Success)
    }
}
