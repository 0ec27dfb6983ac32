use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};

use crate::scratch::Scratch;
use crate::tape::{self, Backward, Handed, Wanted};
use crate::tensor::{floats, slice};

/// Mean cross entropy of logits `[N, K]` (f32) against labels `[N]`, as a scalar.
///
/// With label smoothing s the target of a class is s/K, and 1 − s more for the true one: PyTorch's
/// `cross_entropy(label_smoothing=s)`. Logarithms and sums are taken in f64.
///
/// # Errors
/// A label that is not below K, another number of labels than rows, or candle's.
pub fn cross_entropy(logits: &Tensor, labels: &[u8], smoothing: f32) -> Result<Tensor> {
    let (n, classes) = logits.dims2()?;
    if labels.len() != n {
        bail!("cross entropy: {n} rows of logits, but {} labels", labels.len())
    }
    if let Some(label) = labels.iter().find(|&&label| usize::from(label) >= classes) {
        bail!("cross entropy: expected labels below {classes}, found {label}")
    }
    soft_cross_entropy(logits, smooth_targets(one_hot(labels, classes), classes, smoothing))
}

/// Mean over the rows of −Σ target · ln softmax(logits), as a scalar: logits and targets `[N, K]`. A row's targets need
/// not add up to 1; a row of less counts less. Logarithms and sums are taken in f64.
///
/// # Errors
/// Another number of targets than logits, or candle's.
pub fn soft_cross_entropy(logits: &Tensor, targets: Vec<f64>) -> Result<Tensor> {
    let (n, classes) = logits.dims2()?;
    if targets.len() != n * classes {
        bail!("cross entropy: {n} rows of {classes} logits, but {} targets", targets.len())
    }
    tape::apply1(&logits.contiguous()?, CrossEntropy { targets })
}

/// Targets `[N, K]` of these labels: 1 for the true class, 0 for the others.
///
/// # Panics
/// If a label is not below K.
pub fn one_hot(labels: &[u8], classes: usize) -> Vec<f64> {
    let mut targets = vec![0.0; labels.len() * classes];
    for (row, &label) in targets.chunks_exact_mut(classes).zip(labels) {
        row[usize::from(label)] = 1.0;
    }
    targets
}

/// Takes a share s of the targets `[N, K]`, which are 1 together in each row, and spreads it evenly: s/K for each class, and
/// 1 − s of what it had. PyTorch's `label_smoothing`, of labels and of probabilities alike.
pub fn smooth_targets(mut targets: Vec<f64>, classes: usize, smoothing: f32) -> Vec<f64> {
    let smoothing = f64::from(smoothing);
    let (even, kept) = (smoothing / classes as f64, 1.0 - smoothing);
    targets.iter_mut().for_each(|target| *target = even + kept * *target);
    targets
}

struct CrossEntropy {
    targets: Vec<f64>,
}

/// ln Σ exp(x), without overflow.
fn log_sum_exp(row: &[f32]) -> f64 {
    let max = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let max = f64::from(max);
    max + libm::log(row.iter().map(|&x| libm::exp(f64::from(x) - max)).sum::<f64>())
}

impl CustomOp1 for CrossEntropy {
    fn name(&self) -> &'static str {
        "cross-entropy"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (n, classes) = layout.shape().dims2()?;
        let mut sum = 0.0;
        for (row, targets) in slice(storage, layout)?.chunks(classes).zip(self.targets.chunks(classes)) {
            let total = log_sum_exp(row);
            for (&x, &target) in row.iter().zip(targets) {
                // A logit of −∞ is right where nothing is expected of it.
                if target != 0.0 {
                    sum += target * (total - f64::from(x));
                }
            }
        }
        Ok((CpuStorage::F32(vec![(sum / n as f64) as f32]), Shape::from(())))
    }
}

impl Backward for CrossEntropy {
    fn backward(&self, logits: &Tensor, _residual: Option<&Tensor>, wanted: Wanted, dloss: &[f32]) -> Result<Handed> {
        if !wanted.x {
            return Ok(Handed::default());
        }
        let (n, classes) = logits.dims2()?;
        let scale = f64::from(dloss[0]) / n as f64;
        let mut gradient = Scratch::new(n * classes);
        let rows = floats(logits)?;
        let rows = rows.chunks(classes).zip(self.targets.chunks(classes));
        for ((row, targets), gradient) in rows.zip(gradient.chunks_mut(classes)) {
            let (total, weight) = (log_sum_exp(row), targets.iter().sum::<f64>());
            for ((&x, &target), gradient) in row.iter().zip(targets).zip(gradient) {
                let probability = libm::exp(f64::from(x) - total);
                *gradient = (scale * (weight * probability - target)) as f32;
            }
        }
        Ok(Handed::x(Some(gradient)))
    }
}
