//! The program `fer`: parses the command line, calls the crates, prints. Results go to standard output, everything
//! else to standard error.
//!
//! Exit codes: 0 done; 1 failed, or `status` found something not fresh; 2 wrong usage or an invalid file; 75 stopped
//! by a scheduler's signal, can go on; 130 interrupted by Ctrl-C.

#![forbid(unsafe_code)]

mod browser;
mod clock;
mod command_line;
mod commands;
mod exit_status;
mod interrupt;
#[cfg(feature = "mpi")]
mod mpi;
mod output;
mod processes;
mod progress;
mod table;
mod terminal;

use std::process::ExitCode;

use anyhow::Context;
use exit_status::ExitStatus;

/// candle allocates every operator's result afresh; this allocator keeps the memory at hand.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    if let Err(refused) = choose_instructions() {
        terminal::error(&refused);
        return ExitStatus::Usage.into();
    }
    interrupt::outlive_file_limits();
    let cli = command_line::parse();
    match cli.run() {
        Ok(status) => status.into(),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::error(&error);
            exit_status(&error).into()
        }
    }
}

/// `FER_INSTRUCTIONS` forces a kind of vector instructions: to compare, and where a doubt arises.
fn choose_instructions() -> anyhow::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "the program reads it, and tells the library")]
    let chosen = std::env::var_os("FER_INSTRUCTIONS");
    let Some(name) = chosen else { return Ok(()) };
    let kind = name.to_string_lossy().parse::<fer_nn::Instructions>();
    kind.and_then(fer_nn::set_instructions).context("FER_INSTRUCTIONS")
}

/// What the innermost of our errors asks for: whatever wraps it only says where it happened.
pub(crate) fn exit_status(error: &anyhow::Error) -> ExitStatus {
    if error.downcast_ref::<fer_export::Error>().is_some_and(fer_export::Error::is_usage) {
        return ExitStatus::Usage;
    }
    let mut causes = error.chain().filter_map(|cause| cause.downcast_ref::<fer_pipeline::Error>());
    match causes.next_back() {
        Some(error) if error.is_usage() => ExitStatus::Usage,
        Some(fer_pipeline::Error::Interrupted { .. }) => interrupt::status(),
        _ => ExitStatus::Failure,
    }
}

/// A reader that has seen enough, such as `head`, is no failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let mut causes = error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    causes.any(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
