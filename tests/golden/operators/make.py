"""Expected values of fer-nn's operators, forward and backward, from PyTorch in float64.

    python make.py          # writes operators.safetensors beside this file

Made with Python 3.11, torch 2.15.0, numpy 2, safetensors 0.8. Every case stores its inputs, the gradient `dy` that is sent back,
and what PyTorch makes of them; all numbers are rounded to float32 at the end. Not needed by the tests.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)
cases: dict[str, torch.Tensor] = {}


def f32(x: torch.Tensor) -> torch.Tensor:
    """Round to float32 and back: the inputs must be what the Rust side reads."""
    return x.to(torch.float32).to(torch.float64)


def put(case: str, **tensors: torch.Tensor) -> None:
    for name, value in tensors.items():
        cases[f"{case}.{name}"] = value.detach().to(torch.float32).contiguous()


def record(case: str, function, extra=None, **inputs: torch.Tensor) -> None:
    """Runs `function` on the inputs, sends a random gradient back, stores everything."""
    leaves = {name: f32(value).requires_grad_() for name, value in inputs.items()}
    y = function(**leaves)
    dy = f32(torch.randn(y.shape))
    y.backward(dy)
    put(case, y=y, dy=dy, **leaves, **{f"d{name}": leaf.grad for name, leaf in leaves.items()})
    if extra is not None:
        put(case, **extra(**leaves))


# name: (batch, channels, height, width, outputs, kernel, stride, padding)
CONVOLUTIONS = {
    "conv_3x3": (2, 3, 8, 8, 4, 3, 1, 1),
    "conv_3x3_odd": (3, 5, 7, 11, 6, 3, 1, 1),
    "conv_3x3_stride2": (2, 4, 9, 6, 5, 3, 2, 1),
    "conv_3x3_unpadded": (2, 3, 6, 7, 4, 3, 1, 0),
    "conv_1x1": (2, 6, 5, 4, 3, 1, 1, 0),
    "conv_1x1_stride2": (2, 4, 7, 7, 3, 1, 2, 0),
    "conv_5x5": (1, 2, 9, 9, 3, 5, 1, 2),
    "conv_one_pixel": (1, 3, 1, 1, 2, 3, 1, 1),
    "conv_one_channel": (9, 1, 12, 12, 8, 3, 1, 1),
    "conv_wide": (2, 32, 12, 12, 24, 3, 1, 1),
    # Wide enough for Winograd's method; sizes that are no multiples of a tile or a vector.
    "conv_wide_odd": (3, 9, 13, 11, 17, 3, 1, 1),
    "conv_wide_unpadded": (1, 40, 6, 7, 33, 3, 1, 0),
    "conv_wide_padded": (2, 16, 5, 3, 8, 3, 1, 2),
    "conv_wide_one_pixel": (1, 16, 1, 1, 16, 3, 1, 1),
    "conv_wide_stride2": (2, 24, 11, 12, 20, 3, 2, 1),
}
for name, (n, c, h, w, o, k, s, p) in CONVOLUTIONS.items():
    record(
        name,
        lambda x, weight, bias, s=s, p=p: F.conv2d(x, weight, bias, stride=s, padding=p),
        x=torch.randn(n, c, h, w),
        weight=torch.randn(o, c, k, k) / (c * k * k) ** 0.5,
        bias=torch.randn(o),
    )

# name: (batch, channels, height, width, kernel, stride, padding)
DEPTHWISE = {
    "depthwise": (3, 19, 8, 7, 3, 1, 1),
    "depthwise_stride2": (2, 8, 9, 6, 3, 2, 1),
    "depthwise_5x5": (1, 3, 5, 5, 5, 1, 2),
}
for name, (n, c, h, w, k, s, p) in DEPTHWISE.items():
    record(
        name,
        lambda x, weight, bias, s=s, p=p, c=c: F.conv2d(x, weight, bias, stride=s, padding=p, groups=c),
        x=torch.randn(n, c, h, w),
        weight=torch.randn(c, 1, k, k) / k,
        bias=torch.randn(c),
    )

EPS = 1e-5
NORMS = {
    "norm": torch.randn(4, 3, 6, 5) * 2 + 1,
    "norm_one_image": torch.randn(1, 5, 3, 7),
    "norm_constant": torch.full((2, 2, 4, 4), 3.25),
    "norm_offset": torch.randn(4, 2, 9, 9) + 1000,
}
for name, x in NORMS.items():
    channels = x.shape[1]
    record(
        name,
        lambda x, weight, bias: F.batch_norm(x, None, None, weight, bias, training=True, eps=EPS),
        extra=lambda x, weight, bias: {
            "mean": x.mean((0, 2, 3)),
            "var": x.var((0, 2, 3), unbiased=False),
            "unbiased_var": x.var((0, 2, 3), unbiased=True),
        },
        x=x,
        weight=torch.rand(channels) + 0.5,
        bias=torch.randn(channels),
    )
mean, var = torch.randn(3), torch.rand(3) + 0.1
put("norm_eval", mean=mean, var=var)
mean, var = f32(mean), f32(var)
record(
    "norm_eval",
    lambda x, weight, bias: F.batch_norm(x, mean, var, weight, bias, training=False, eps=EPS),
    x=torch.randn(2, 3, 4, 5),
    weight=torch.rand(3) + 0.5,
    bias=torch.randn(3),
)



def block(x, weight, norm_weight, norm_bias, residual=None, *, activation, pool=False, stride=1):
    """Convolution, batch norm by the batch, residual, activation, pooling."""
    y = F.batch_norm(F.conv2d(x, weight, stride=stride, padding=1), None, None, norm_weight, norm_bias, training=True, eps=EPS)
    y = activation(y if residual is None else y + residual)
    return F.max_pool2d(y, 2) if pool else y


# name: (batch, channels, height, width, outputs, activation, pool, residual, offset of x)
BLOCKS = {
    "block_gray": (5, 1, 12, 10, 19, lambda y: F.leaky_relu(y, 0.229), True, False, 0),
    "block_gray_odd": (1, 1, 7, 9, 8, F.silu, True, False, 0),
    "block_gray_offset": (3, 1, 10, 8, 16, F.relu, True, False, 100),
    "block_pool": (3, 16, 9, 11, 24, F.relu, True, False, 0),
    "block_few": (2, 3, 6, 6, 4, lambda y: F.leaky_relu(y, 0.1), True, False, 0),
    "block_silu": (2, 8, 7, 5, 40, F.silu, False, False, 0),
    "block_residual": (2, 12, 7, 6, 12, F.relu, False, True, 0),
    "block_residual_pool": (2, 12, 7, 6, 12, F.silu, True, True, 0),
}
for name, (n, c, h, w, o, activation, pool, residual, offset) in BLOCKS.items():
    record(
        name,
        lambda x, a=activation, p=pool, **rest: block(x, **rest, activation=a, pool=p),
        x=torch.randn(n, c, h, w) + offset,
        weight=torch.randn(o, c, 3, 3) / (9 * c) ** 0.5,
        norm_weight=torch.rand(o) + 0.5,
        norm_bias=torch.randn(o),
        **({"residual": torch.randn(n, o, h, w)} if residual else {}),
    )

record("silu", lambda x: F.silu(x), x=torch.randn(3, 5, 70) * 4)
record("avg_pool2", lambda x: F.avg_pool2d(x, 2), x=torch.randn(2, 3, 7, 6))
record("leaky_relu", lambda x: F.leaky_relu(x, 0.229), x=torch.randn(3, 5, 7))
record("relu", lambda x: F.relu(x), x=torch.randn(3, 5, 7))
record("max_pool2", lambda x: F.max_pool2d(x, 2), x=torch.randn(2, 3, 8, 6))
record("max_pool2_odd", lambda x: F.max_pool2d(x, 2), x=torch.randn(2, 3, 7, 5))
# Whole numbers from 0 to 2: most windows hold their maximum more than once.
record("max_pool2_ties", lambda x: F.max_pool2d(x, 2), x=torch.randint(0, 3, (2, 4, 8, 8)).to(torch.float64))
record("global_avg_pool", lambda x: x.mean((2, 3)), x=torch.randn(3, 4, 5, 7))
record("linear", lambda x, weight, bias: F.linear(x, weight, bias), x=torch.randn(5, 9), weight=torch.randn(4, 9), bias=torch.randn(4))
record("linear_one", lambda x, weight, bias: F.linear(x, weight, bias), x=torch.randn(1, 3), weight=torch.randn(2, 3), bias=torch.randn(2))

labels = torch.tensor([0, 6, 3, 3, 1])
for name, smoothing in {"cross_entropy": 0.0, "cross_entropy_smooth": 0.1}.items():
    record(name, lambda x, s=smoothing: F.cross_entropy(x, labels, label_smoothing=s), x=torch.randn(5, 7) * 3)
record("cross_entropy_large", lambda x: F.cross_entropy(x, labels), x=torch.randn(5, 7) * 300)

class_weights = torch.tensor([0.5, 1.0, 2.0, 1.5, 1.0, 3.0, 0.25])
record(
    "cross_entropy_weighted",
    lambda x: F.cross_entropy(x, labels, weight=class_weights, label_smoothing=0.1),
    x=torch.randn(5, 7) * 3,
)
mixed = 0.7 * F.one_hot(labels, 7) + 0.3 * F.one_hot(labels.flip(0), 7)
record("cross_entropy_mixed", lambda x: F.cross_entropy(x, mixed.double()), x=torch.randn(5, 7) * 3)

# Optimisers: five steps on a weight whose gradient in step t is `gradients[t]`, in float32 as in use.
start, gradients = torch.randn(6), torch.randn(5, 6)
put("optimizer", start=start, gradients=gradients)
CLIP_NORM = 1.9  # some of the gradients are longer, some are not
OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "sgd_decay": lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.05),
    "sgd_momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.05),
    "sgd_nesterov": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.05),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.01, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1),
}
for name, make in OPTIMIZERS.items():
    weight = torch.nn.Parameter(start.to(torch.float32))
    optimizer, after = make([weight]), []
    for gradient in gradients.to(torch.float32):
        weight.grad = gradient.clone()
        optimizer.step()
        after.append(weight.detach().clone())
    put(f"optimizer.{name}", after=torch.stack(after))
weight = torch.nn.Parameter(start.to(torch.float32))
optimizer, after = torch.optim.SGD([weight], lr=0.1, momentum=0.9), []
for gradient in gradients.to(torch.float32):
    weight.grad = gradient.clone()
    torch.nn.utils.clip_grad_norm_([weight], CLIP_NORM)
    optimizer.step()
    after.append(weight.detach().clone())
put("optimizer.sgd_clipped", after=torch.stack(after))
norms = gradients.norm(dim=1)
assert (norms > CLIP_NORM).any() and (norms < CLIP_NORM).any(), norms

save_file(cases, str(Path(__file__).with_name("operators.safetensors")))
