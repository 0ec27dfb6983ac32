use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use candle_core::{Result, Tensor, Var, bail};

use crate::conv::Prepared;
use crate::tensor::{floats, tensor};

/// A weight that is trained: its value and, after a backward pass, its gradient.
///
/// Cloning gives another handle to the same weight. The gradient is kept in a buffer of the parameter's own that is
/// used again in every step (candle would allocate, clear and add a tensor of the weight's size instead). As in
/// PyTorch, backward passes add up until the gradient is cleared, which [`crate::Optimizer::step`] does.
#[derive(Debug, Clone)]
pub struct Parameter {
    value: Var,
    gradient: Arc<Mutex<Gradient>>,
    /// Of a frozen parameter: what a convolution made of the value, once it has.
    frozen: Option<Arc<OnceLock<Arc<Prepared>>>>,
}

#[derive(Debug, Default)]
struct Gradient {
    values: Vec<f32>,
    filled: bool,
    hook: Option<Hook>,
}

/// Is shown a parameter's gradient in the middle of a backward pass, as soon as an operator has left it.
#[derive(Clone)]
struct Hook(Arc<Show>);

/// What a [`Hook`] does with a gradient.
type Show = dyn Fn(&[f32]) + Send + Sync;

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}

/// Whether a gradient is the first to arrive in its buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// The buffer's old contents count for nothing: overwrite them.
    First,
    /// Add to what the buffer holds.
    Further,
}

impl Parameter {
    /// A parameter with this value, f32 and on the CPU, and no gradient.
    ///
    /// # Errors
    /// candle's, if the value cannot become a variable.
    pub fn new(value: Tensor) -> Result<Self> {
        Ok(Self { value: Var::from_tensor(&value.contiguous()?)?, gradient: Arc::default(), frozen: None })
    }

    /// The same parameter, of which it is sure that its value stays as it is: a convolution prepares it once, not in every pass.
    /// What is prepared takes up to four times the value's memory.
    #[must_use]
    pub fn frozen(self) -> Self {
        Self { frozen: Some(Arc::default()), ..self }
    }

    /// The value; it changes in place when the optimiser steps.
    pub fn value(&self) -> &Tensor {
        self.value.as_tensor()
    }

    pub(crate) fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    /// Replaces the value by one of the same shape.
    ///
    /// # Errors
    /// candle's, if the shapes differ; a parameter that is frozen.
    pub fn set(&self, value: &Tensor) -> Result<()> {
        if self.is_frozen() {
            bail!("parameter: expected one that may change, found a frozen one")
        }
        self.value.set(value)
    }

    /// What `prepare` makes of the value.
    pub(crate) fn prepared(&self, prepare: impl Fn(&[f32]) -> Prepared) -> Result<Arc<Prepared>> {
        let values = floats(self.value())?;
        Ok(match &self.frozen {
            None => Arc::new(prepare(&values)),
            Some(kept) => kept.get_or_init(|| Arc::new(prepare(&values))).clone(),
        })
    }

    /// The gradient that backward passes left since it was last cleared, of the value's shape.
    pub fn grad(&self) -> Option<Tensor> {
        let gradient = self.lock();
        let values = gradient.filled.then(|| gradient.values.clone())?;
        tensor(values, self.value().shape()).ok()
    }

    /// Clears the gradient.
    pub fn zero_grad(&self) {
        self.lock().filled = false;
    }

    /// Puts a gradient of the value's size, which was summed elsewhere, in the place of the present one.
    ///
    /// # Panics
    /// If the sizes differ.
    pub fn set_grad(&self, values: &[f32]) {
        let mut gradient = self.lock();
        gradient.values.resize(self.value().elem_count(), 0.0);
        gradient.values.copy_from_slice(values);
        gradient.filled = true;
    }

    /// From now on, shows the gradient to `hook` whenever an operator's backward pass has added to it: while the backward pass
    /// goes on below the operator. A weight that one operator uses, as every network here has them, is shown complete.
    pub fn hook_grad(&self, hook: impl Fn(&[f32]) + Send + Sync + 'static) {
        self.lock().hook = Some(Hook(Arc::new(hook)));
    }

    /// Shows the gradient to nobody any more.
    pub fn unhook_grad(&self) {
        self.lock().hook = None;
    }

    /// Gives the gradient's buffer, of the value's size, to be overwritten or added to.
    pub(crate) fn accumulate(&self, add: impl FnOnce(&mut [f32], Arrival)) {
        let mut gradient = self.lock();
        let arrival = if gradient.filled { Arrival::Further } else { Arrival::First };
        gradient.values.resize(self.value().elem_count(), 0.0);
        add(&mut gradient.values, arrival);
        gradient.filled = true;
        if let Some(Hook(hook)) = &gradient.hook {
            hook(&gradient.values);
        }
    }

    /// Adds a gradient that was computed elsewhere.
    pub(crate) fn add_grad(&self, values: &[f32]) {
        self.accumulate(|buffer, arrival| match arrival {
            Arrival::First => buffer.copy_from_slice(values),
            Arrival::Further => buffer.iter_mut().zip(values).for_each(|(sum, value)| *sum += value),
        });
    }

    /// Shows the gradient, if there is one, to `with`.
    pub(crate) fn show_grad<R>(&self, with: impl FnOnce(&[f32]) -> R) -> Option<R> {
        let gradient = self.lock();
        gradient.filled.then(|| with(&gradient.values))
    }

    /// Shows the gradient, if there is one, to `with`, and clears it.
    pub(crate) fn take_grad<R>(&self, with: impl FnOnce(&[f32]) -> R) -> Option<R> {
        let mut gradient = self.lock();
        let shown = gradient.filled.then(|| with(&gradient.values));
        gradient.filled = false;
        shown
    }

    /// A panic elsewhere leaves nothing half-written that matters: the next step overwrites it.
    fn lock(&self) -> MutexGuard<'_, Gradient> {
        self.gradient.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
