use std::process::ExitCode;

/// How the program ends, as scripts see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// Done, and all is well.
    Success,
    /// Something failed, or a check such as `status` found something amiss.
    Failure,
    /// The command line or a file was wrong; nothing has run.
    Usage,
    /// The user interrupted the run; it can go on.
    Interrupted,
    /// A scheduler's signal stopped the run; it can go on.
    Stopped,
}

impl ExitStatus {
    /// [`Self::Success`] if all is well.
    pub(crate) const fn of(is_well: bool) -> Self {
        if is_well { Self::Success } else { Self::Failure }
    }

    /// The one with this number.
    #[cfg(feature = "mpi")]
    pub(crate) fn of_code(code: u8) -> Self {
        let all = [Self::Success, Self::Usage, Self::Interrupted, Self::Stopped];
        all.into_iter().find(|status| status.code() == code).unwrap_or(Self::Failure)
    }

    /// The number. 130 is what a shell gives to a program that Ctrl-C ended; 75 is `EX_TEMPFAIL`: try again later.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::Interrupted => 130,
            Self::Stopped => 75,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        ExitCode::from(status.code())
    }
}
