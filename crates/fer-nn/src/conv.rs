use candle_core::{CpuStorage, CustomOp3, DType, Device, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use crate::Parameter;
use crate::matmul::{Destination, Matrix, Workers, matmul};
use crate::tensor::{floats, slice, tensor};

/// Stride and padding of a convolution, the same in both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conv2d {
    /// Step from window to window, at least 1.
    pub stride: usize,
    /// Zeros around the image.
    pub padding: usize,
}

/// Cross-correlation of x `[N, C, H, W]` with weight `[O, C, k, k]`, plus a bias `[O]` if there is one: PyTorch's
/// `Conv2d` (one group, no dilation), f32. The result is `[N, O, H', W']` with H' = ⌊(H + 2·padding − k)/stride⌋ + 1.
///
/// Each image's windows become the columns of a matrix, and the matrix product does the rest. The input's gradient is
/// computed only if the input is tracked.
///
/// # Errors
/// Shapes that do not fit, a window larger than the padded image, or candle's.
pub fn conv2d(x: &Tensor, weight: &Parameter, bias: Option<&Parameter>, config: Conv2d) -> Result<Tensor> {
    let geometry = Geometry::new(x, weight.value(), config)?;
    let zeros;
    let bias_value = match bias {
        Some(bias) => bias.value(),
        None => {
            zeros = Tensor::zeros(geometry.outputs, DType::F32, &Device::Cpu)?;
            &zeros
        }
    };
    let op = Conv { geometry, weight: weight.clone(), bias: bias.cloned() };
    x.contiguous()?.apply_op3(weight.value(), bias_value, op)
}

/// All sizes of one convolution.
#[derive(Debug, Clone, Copy)]
struct Geometry {
    n: usize,
    channels: usize,
    height: usize,
    width: usize,
    outputs: usize,
    kernel: usize,
    out_height: usize,
    out_width: usize,
    stride: usize,
    padding: usize,
}

impl Geometry {
    fn new(x: &Tensor, weight: &Tensor, Conv2d { stride, padding }: Conv2d) -> Result<Self> {
        let (n, channels, height, width) = x.dims4()?;
        let (outputs, weight_channels, kernel, kernel_width) = weight.dims4()?;
        if weight_channels != channels || kernel != kernel_width || kernel == 0 || stride == 0 {
            bail!("conv2d: x {:?} does not fit weight {:?} with stride {stride}", x.dims(), weight.dims())
        }
        if height + 2 * padding < kernel || width + 2 * padding < kernel {
            bail!("conv2d: a window of {kernel}×{kernel} does not fit an image of {height}×{width}, padding {padding}")
        }
        let out = |size: usize| (size + 2 * padding - kernel) / stride + 1;
        let (out_height, out_width) = (out(height), out(width));
        Ok(Self { n, channels, height, width, outputs, kernel, out_height, out_width, stride, padding })
    }

    /// Elements of an image, of its result, and of a window over all channels.
    fn image(&self) -> usize {
        self.channels * self.height * self.width
    }

    fn positions(&self) -> usize {
        self.out_height * self.out_width
    }

    fn window(&self) -> usize {
        self.channels * self.kernel * self.kernel
    }

    /// For each row of the matrix of windows (a place in the window), calls `f` with that row's index, and for each
    /// line of output positions in it: the range of columns whose source lies inside the image, and the source index
    /// of the first of them.
    fn for_each_line(&self, mut f: impl FnMut(std::ops::Range<usize>, usize)) {
        let inside = |offset: usize, size: usize, out: usize| {
            // Output positions p with 0 ≤ p·stride + offset − padding < size.
            let first = self.padding.saturating_sub(offset).div_ceil(self.stride);
            let end = (size + self.padding).saturating_sub(offset).div_ceil(self.stride).min(out);
            first..end.max(first)
        };
        for row in 0..self.window() {
            let (channel, place) = (row / (self.kernel * self.kernel), row % (self.kernel * self.kernel));
            let (dy, dx) = (place / self.kernel, place % self.kernel);
            let columns = inside(dx, self.width, self.out_width);
            if columns.is_empty() {
                continue;
            }
            for line in inside(dy, self.height, self.out_height) {
                let y = line * self.stride + dy - self.padding;
                let x = columns.start * self.stride + dx - self.padding;
                let start = (row * self.out_height + line) * self.out_width;
                f(start + columns.start..start + columns.end, (channel * self.height + y) * self.width + x);
            }
        }
    }

    /// The image's windows as columns: `[window, positions]`. Places outside the image keep the zeros that
    /// `columns` holds there.
    fn gather(&self, image: &[f32], columns: &mut [f32]) {
        self.for_each_line(|range, source| {
            let line = &mut columns[range];
            if self.stride == 1 {
                line.copy_from_slice(&image[source..source + line.len()]);
            } else {
                line.iter_mut().zip(image[source..].iter().step_by(self.stride)).for_each(|(to, from)| *to = *from);
            }
        });
    }

    /// The adjoint of [`Self::gather`]: adds every column back onto its window.
    fn scatter(&self, columns: &[f32], image: &mut [f32]) {
        self.for_each_line(|range, source| {
            let line = &columns[range];
            image[source..].iter_mut().step_by(self.stride).zip(line).for_each(|(to, from)| *to += *from);
        });
    }
}

/// Images whose weight gradients are summed one after the other; the groups' sums are then added in order. It does
/// not depend on the number of threads, so neither does the result.
const GROUPS: usize = 8;

struct Conv {
    geometry: Geometry,
    weight: Parameter,
    bias: Option<Parameter>,
}

impl CustomOp3 for Conv {
    fn name(&self) -> &'static str {
        "conv2d"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let g = self.geometry;
        let (x, bias) = (slice(x, x_layout)?, slice(bias, bias_layout)?);
        if bias.len() != g.outputs {
            bail!("conv2d: expected a bias of {} numbers, found {}", g.outputs, bias.len())
        }
        let weight = Matrix::new(slice(weight, weight_layout)?, g.outputs, g.window());
        let mut y = vec![0.0; g.n * g.outputs * g.positions()];
        let images = x.par_chunks(g.image()).zip(y.par_chunks_mut(g.outputs * g.positions()));
        images.for_each_init(
            || vec![0.0; g.window() * g.positions()],
            |columns, (image, y)| {
                y.chunks_mut(g.positions()).zip(bias).for_each(|(plane, &bias)| plane.fill(bias));
                g.gather(image, columns);
                let columns = Matrix::new(columns, g.window(), g.positions());
                matmul(y, weight, columns, Destination::Add, Workers::One);
            },
        );
        Ok((CpuStorage::F32(y), Shape::from((g.n, g.outputs, g.out_height, g.out_width))))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _bias: &Tensor,
        _y: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let g = self.geometry;
        let dy = dy.contiguous()?;
        let (x_values, dy_values) = (floats(x)?, floats(&dy)?);
        if let Some(bias) = &self.bias {
            bias.add_grad(&self.bias_gradient(&dy_values));
        }
        self.weight.add_grad(&self.weight_gradient(&x_values, &dy_values));
        if !x.track_op() {
            return Ok((None, None, None));
        }
        let weight_values = floats(weight)?;
        let weight = Matrix::new(&weight_values, g.outputs, g.window()).transposed();
        let mut dx = vec![0.0; x_values.len()];
        let images = dx.par_chunks_mut(g.image()).zip(dy_values.par_chunks(g.outputs * g.positions()));
        images.for_each_init(
            || vec![0.0; g.window() * g.positions()],
            |columns, (dx, dy)| {
                let dy = Matrix::new(dy, g.outputs, g.positions());
                matmul(columns, weight, dy, Destination::Overwrite, Workers::One);
                g.scatter(columns, dx);
            },
        );
        Ok((Some(tensor(dx, x.shape())?), None, None))
    }
}

impl Conv {
    fn bias_gradient(&self, dy: &[f32]) -> Vec<f32> {
        let g = self.geometry;
        let mut sums = vec![0f64; g.outputs];
        for image in dy.chunks(g.outputs * g.positions()) {
            for (sum, plane) in sums.iter_mut().zip(image.chunks(g.positions())) {
                *sum += f64::from(plane.iter().sum::<f32>());
            }
        }
        sums.into_iter().map(|sum| sum as f32).collect()
    }

    fn weight_gradient(&self, x: &[f32], dy: &[f32]) -> Vec<f32> {
        let g = self.geometry;
        let group = g.n.div_ceil(GROUPS).max(1);
        let groups = x.par_chunks(group * g.image()).zip(dy.par_chunks(group * g.outputs * g.positions()));
        let sums: Vec<Vec<f32>> = groups
            .map(|(x, dy)| {
                let mut sum = vec![0.0; g.outputs * g.window()];
                let mut columns = vec![0.0; g.window() * g.positions()];
                for (image, dy) in x.chunks(g.image()).zip(dy.chunks(g.outputs * g.positions())) {
                    g.gather(image, &mut columns);
                    let columns = Matrix::new(&columns, g.window(), g.positions()).transposed();
                    matmul(
                        &mut sum,
                        Matrix::new(dy, g.outputs, g.positions()),
                        columns,
                        Destination::Add,
                        Workers::One,
                    );
                }
                sum
            })
            .collect();
        let mut total = vec![0.0; g.outputs * g.window()];
        for sum in sums {
            total.iter_mut().zip(sum).for_each(|(total, value)| *total += value);
        }
        total
    }
}
