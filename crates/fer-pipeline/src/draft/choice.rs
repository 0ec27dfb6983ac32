use serde::Serialize;
use serde_json::Value;

use crate::StageKind;

/// The value of a parameter that was chosen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Choice {
    /// The kind of stage.
    pub stage: StageKind,
    /// The parameter, without its stage.
    pub parameter: &'static str,
    /// The value.
    pub value: Value,
    /// Why, in words; empty where the value needs no reason.
    pub reason: String,
}
