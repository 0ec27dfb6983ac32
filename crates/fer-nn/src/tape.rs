//! The way back through a network.
//!
//! Candle's own backward pass makes a tensor of zeros for each gradient and adds to it, in fresh memory each time. A [`Tape`]
//! hands the operators' gradients on as they are, in memory that is used again. Both give the same gradients.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, CustomOp3, Layout, Result, Shape, Tensor, TensorId, bail};
use rayon::prelude::*;

use crate::results::{keep, taken};
use crate::scratch::Scratch;
use crate::tensor::{PIECE, floats, tensor};

/// The gradients that an operator can hand on.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    /// By its input.
    pub(crate) x: bool,
    /// By what it adds to its results.
    pub(crate) residual: bool,
}

/// The gradients that an operator hands on: those that were wanted.
#[derive(Default)]
pub(crate) struct Handed {
    pub(crate) x: Option<Scratch>,
    pub(crate) residual: Option<Scratch>,
}

impl Handed {
    /// The gradient by the input alone.
    pub(crate) fn x(gradient: Option<Scratch>) -> Self {
        Self { x: gradient, residual: None }
    }
}

/// An operator's backward pass.
pub(crate) trait Backward: Send + Sync {
    /// From the gradient by the results to those that are wanted. Those of parameters stay with the parameters.
    fn backward(&self, x: &Tensor, residual: Option<&Tensor>, wanted: Wanted, dy: &[f32]) -> Result<Handed>;
}

/// What operators leave while they compute, for the way back.
///
/// Operators of this crate write to the tape of the thread that calls them, and build no graph of candle's meanwhile.
#[derive(Default)]
pub struct Tape {
    steps: Vec<Step>,
    results: HashSet<TensorId>,
}

struct Step {
    name: &'static str,
    operator: Arc<dyn Backward>,
    x: Tensor,
    residual: Option<Tensor>,
    y: TensorId,
    wanted: Wanted,
}

thread_local! {
    static TAPE: RefCell<Option<Tape>> = const { RefCell::new(None) };
}

/// Ends a recording, in whatever way it ends, and gives the tape of a recording around it its place back.
struct Recording(Option<Tape>);

impl Drop for Recording {
    fn drop(&mut self) {
        TAPE.set(self.0.take());
    }
}

impl Tape {
    /// Records the operators that `compute` calls on this thread.
    pub fn record<R>(compute: impl FnOnce() -> R) -> (R, Self) {
        let recording = Recording(TAPE.replace(Some(Self::default())));
        let result = compute();
        let tape = TAPE.take().unwrap_or_default();
        drop(recording);
        (result, tape)
    }

    /// Leaves the gradients of `scale` · `loss` with the parameters, added to what they have.
    ///
    /// The memory of results that one recorded operator gave another is the next step's: whoever kept such a tensor finds it empty.
    ///
    /// # Errors
    /// A loss of more than one number; a recorded operator that the loss does not depend on by way of recorded operators alone; or
    /// candle's.
    pub fn backward(self, loss: &Tensor, scale: f32) -> Result<()> {
        if loss.elem_count() != 1 {
            bail!("backward: expected a loss of one number, found shape {:?}", loss.dims())
        }
        let mut gradients = HashMap::from([(loss.id(), Scratch::copy_of(&[scale]))]);
        let (mut between, mut left) = (HashMap::new(), vec![]);
        for Step { name, operator, x, residual, y, wanted } in self.steps.into_iter().rev() {
            let Some(dy) = gradients.remove(&y) else { bail!("backward: no gradient reaches `{name}`") };
            let handed = operator.backward(&x, residual.as_ref(), wanted, &dy)?;
            for (tensor, gradient) in [(Some(&x), handed.x), (residual.as_ref(), handed.residual)] {
                if let (Some(tensor), Some(gradient)) = (tensor, gradient) {
                    add(&mut gradients, tensor.id(), gradient);
                }
            }
            // Whoever takes what this operator gave came after it, so has been.
            left.extend(between.remove(&y).map(|y| taken(&y)).transpose()?);
            let given = [Some(x), residual].into_iter().flatten().filter(|tensor| self.results.contains(&tensor.id()));
            between.extend(given.map(|tensor| (tensor.id(), tensor)));
        }
        keep(left);
        Ok(())
    }
}

fn add(gradients: &mut HashMap<TensorId, Scratch>, id: TensorId, gradient: Scratch) {
    match gradients.get_mut(&id) {
        None => drop(gradients.insert(id, gradient)),
        Some(sum) => sum.par_chunks_mut(PIECE).zip(gradient.par_chunks(PIECE)).for_each(|(sum, gradient)| {
            sum.iter_mut().zip(gradient).for_each(|(sum, gradient)| *sum += gradient);
        }),
    }
}

/// Whether a gradient by this tensor is wanted.
pub(crate) fn is_tracked(x: &Tensor) -> bool {
    TAPE.with_borrow(|tape| match tape {
        Some(tape) => tape.results.contains(&x.id()),
        None => x.track_op(),
    })
}

/// Applies an operator to x.
pub(crate) fn apply1(x: &Tensor, operator: impl CustomOp1 + Backward + 'static) -> Result<Tensor> {
    let operator = Arc::new(operator);
    if TAPE.with_borrow(Option::is_none) {
        return x.apply_op1(Node(operator));
    }
    let y = x.apply_op1_no_bwd(&*operator)?;
    note(operator.name(), operator.clone(), x, None, &y);
    Ok(y)
}

/// Applies an operator to x with a weight, and with a third input: a residual, or what has no gradient here.
pub(crate) fn apply3(
    x: &Tensor,
    weight: &Tensor,
    third: &Tensor,
    operator: impl CustomOp3 + Backward + 'static,
) -> Result<Tensor> {
    let operator = Arc::new(operator);
    if TAPE.with_borrow(Option::is_none) {
        return x.apply_op3(weight, third, Node(operator));
    }
    let y = x.apply_op3_no_bwd(weight, third, &*operator)?;
    note(operator.name(), operator.clone(), x, Some(third), &y);
    Ok(y)
}

/// Writes an operator to the tape.
fn note(name: &'static str, operator: Arc<dyn Backward>, x: &Tensor, residual: Option<&Tensor>, y: &Tensor) {
    let wanted = Wanted { x: is_tracked(x), residual: residual.is_some_and(is_tracked) };
    TAPE.with_borrow_mut(|tape| {
        if let Some(tape) = tape {
            let (x, residual) = (x.clone(), residual.cloned());
            tape.steps.push(Step { name, operator, x, residual, y: y.id(), wanted });
            tape.results.insert(y.id());
        }
    });
}

/// An operator in a graph of candle's.
struct Node<O>(Arc<O>);

impl<O: CustomOp1 + Backward> CustomOp1 for Node<O> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        self.0.cpu_fwd(x, layout)
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let wanted = Wanted { x: x.track_op(), residual: false };
        let handed = self.0.backward(x, None, wanted, &floats(&dy.contiguous()?)?)?;
        as_tensor(handed.x, x)
    }
}

impl<O: CustomOp3 + Backward> CustomOp3 for Node<O> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        third: &CpuStorage,
        third_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        self.0.cpu_fwd(x, x_layout, weight, weight_layout, third, third_layout)
    }

    fn bwd(
        &self,
        x: &Tensor,
        _weight: &Tensor,
        third: &Tensor,
        _y: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let wanted = Wanted { x: x.track_op(), residual: third.track_op() };
        let handed = self.0.backward(x, Some(third), wanted, &floats(&dy.contiguous()?)?)?;
        Ok((as_tensor(handed.x, x)?, None, as_tensor(handed.residual, third)?))
    }
}

fn as_tensor(gradient: Option<Scratch>, by: &Tensor) -> Result<Option<Tensor>> {
    gradient.map(|gradient| tensor(gradient.to_vec(), by.shape())).transpose()
}
