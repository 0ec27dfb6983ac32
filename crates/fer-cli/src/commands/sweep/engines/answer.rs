/// What the program of an engine said after it took a job.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The number by which the engine knows the job.
    Number(String),
    /// No number: what was expected, and what it said.
    Unclear(String),
}
