use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Architecture;
use crate::plan::LayerPlan;

/// One linear layer on the pixels: multinomial logistic regression, the baseline that a network has to beat.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Linear {}

impl Architecture for Linear {
    fn summary(&self) -> &'static str {
        "one linear layer on the pixels: multinomial logistic regression, the baseline"
    }

    fn minimum_size(&self) -> usize {
        1
    }

    fn layers(&self, height: usize, width: usize, classes: usize) -> Vec<(String, LayerPlan)> {
        vec![("fc".to_owned(), LayerPlan::Linear { inputs: height * width, outputs: classes })]
    }
}
