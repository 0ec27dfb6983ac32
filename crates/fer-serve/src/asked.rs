use axum::http::StatusCode;
use fer_predict::Tta;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::problem::Problem;
use crate::query::Asks;

/// What a request's query asks for.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Whether faces are looked for; `false` takes every picture for one cropped face. Default: `true`.
    detect: Option<bool>,
    /// The name of the model that answers, of those that `/v1/models` lists. Default: the first of them.
    pub(crate) model: Option<String>,
    /// As how many pictures the network sees a face: as it is, with its mirror image, or as ten crops. Default: `none`.
    #[serde(default)]
    pub(crate) tta: Tta,
}

/// How pictures are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detection {
    Faces,
    Whole,
}

impl Asks for Asked {
    const EXPECTED: &str = "`detect=true`, `detect=false`, `model=NAME`, `tta=none`, `tta=flip` or `tta=ten-crop`";
}

impl Asked {
    pub(crate) fn detection(&self) -> Result<Detection, Problem> {
        Detection::of(self.detect)
    }
}

impl Detection {
    /// What `detect` says.
    pub(crate) fn of(detect: Option<bool>) -> Result<Self, Problem> {
        match detect {
            Some(false) => Ok(Self::Whole),
            _ if cfg!(feature = "faces") => Ok(Self::Faces),
            _ => Err(Problem::new(
                StatusCode::NOT_IMPLEMENTED,
                "this program was built without the feature `faces` and cannot look for any; expected cropped faces and \
                 `detect=false`",
            )),
        }
    }
}
