use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};

use crate::tensor::{floats, slice, tensor};

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
    let op = CrossEntropy { labels: labels.to_vec(), smoothing: f64::from(smoothing) };
    logits.contiguous()?.apply_op1(op)
}

struct CrossEntropy {
    labels: Vec<u8>,
    smoothing: f64,
}

impl CrossEntropy {
    fn target(&self, class: usize, label: u8, classes: usize) -> f64 {
        let base = self.smoothing / classes as f64;
        if class == usize::from(label) { base + 1.0 - self.smoothing } else { base }
    }
}

/// ln Σ exp(x), without overflow.
fn log_sum_exp(row: &[f32]) -> f64 {
    let max = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let max = f64::from(max);
    max + row.iter().map(|&x| (f64::from(x) - max).exp()).sum::<f64>().ln()
}

impl CustomOp1 for CrossEntropy {
    fn name(&self) -> &'static str {
        "cross-entropy"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (n, classes) = layout.shape().dims2()?;
        let mut sum = 0.0;
        for (row, &label) in slice(storage, layout)?.chunks(classes).zip(&self.labels) {
            let total = log_sum_exp(row);
            for (class, &x) in row.iter().enumerate() {
                let target = self.target(class, label, classes);
                if target != 0.0 {
                    sum += target * (total - f64::from(x));
                }
            }
        }
        Ok((CpuStorage::F32(vec![(sum / n as f64) as f32]), Shape::from(())))
    }

    fn bwd(&self, logits: &Tensor, _loss: &Tensor, dloss: &Tensor) -> Result<Option<Tensor>> {
        let (n, classes) = logits.dims2()?;
        let scale = f64::from(dloss.to_scalar::<f32>()?) / n as f64;
        let mut gradient = Vec::with_capacity(n * classes);
        for (row, &label) in floats(logits)?.chunks(classes).zip(&self.labels) {
            let total = log_sum_exp(row);
            for (class, &x) in row.iter().enumerate() {
                let probability = (f64::from(x) - total).exp();
                gradient.push((scale * (probability - self.target(class, label, classes))) as f32);
            }
        }
        Ok(Some(tensor(gradient, (n, classes))?))
    }
}
