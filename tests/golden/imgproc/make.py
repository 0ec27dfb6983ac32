"""Makes golden.json: what OpenCV, NumPy and Pillow make of synthetic images.

    pip install opencv-python-headless==5.0.0.93 numpy==2.4.6 pillow==13.0.0 blake3==1.0.11
    python make.py

Last made with exactly these, under Python 3.11. The tests of fer-imgproc read the result; they need no Python.
Levels are written as hexadecimal digits, two a pixel, row-major; floats as the hexadecimal bytes of little-endian f32.
"""

import json
from pathlib import Path

import cv2
import numpy as np
from blake3 import blake3
from PIL import Image


def noise(n, seed):
    """SplitMix64 of the counters seed * 2**32 + 0, 1, …: the tests draw the same numbers."""
    with np.errstate(over="ignore"):
        z = (np.uint64(seed << 32) + np.arange(n, dtype=np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def levels(height, width, low, high, seed):
    """Noise from low to high, both included."""
    drawn = noise(height * width, seed) % np.uint64(high - low + 1) + np.uint64(low)
    return drawn.astype(np.uint8).reshape(height, width)


def gray():
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1).reshape(-1, 1, 3)
    every = np.arange(256, dtype=np.uint8)
    every = np.stack(np.meshgrid(every, every, every, indexing="ij"), -1).reshape(4096, 4096, 3)
    return {
        "grid_step": 15,
        "grid": cv2.cvtColor(grid, cv2.COLOR_RGB2GRAY).tobytes().hex(),
        "every_colour_blake3": blake3(cv2.cvtColor(every, cv2.COLOR_RGB2GRAY).tobytes()).hexdigest(),
    }


def equalize():
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    two = lambda a, b, ones, n: np.where(np.arange(n) < ones, b, a).astype(np.uint8).reshape(1, n)
    # One pixel of level 0 and 510 above it: the scale is one half, so that every other sum falls between two levels.
    ties = np.concatenate([[0, 1], np.repeat(np.arange(2, 256), 2), [255]]).astype(np.uint8).reshape(7, 73)
    cases = {
        "1x1": levels(1, 1, 0, 255, 1),
        "1x2": np.array([[9, 8]], np.uint8),
        "2x1": np.array([[0], [255]], np.uint8),
        "1x3 with a tie": np.array([[5, 6, 7]], np.uint8),
        "constant 0": np.full((4, 5), 0, np.uint8),
        "constant 127": np.full((5, 4), 127, np.uint8),
        "constant 255": np.full((3, 3), 255, np.uint8),
        "two levels, one pixel bright": two(100, 101, 1, 64),
        "two levels, one pixel dark": two(0, 255, 63, 64),
        "three levels": np.array([[7, 7, 7, 9, 9, 200, 200, 200, 200]], np.uint8),
        "halves all over": ties,
        "ramp": ramp,
        "ramp downwards": np.ascontiguousarray(ramp[::-1, ::-1]),
        "gradient 33x17": (np.add.outer(np.arange(33) * 3, np.arange(17) * 5) % 256).astype(np.uint8),
        "dark 48x48": levels(48, 48, 0, 30, 2),
        "bright 48x48": levels(48, 48, 220, 255, 3),
        "mid 48x48": levels(48, 48, 100, 140, 4),
        "noise 48x48": levels(48, 48, 0, 255, 5),
        "mostly black 48x48": np.where(levels(48, 48, 0, 9, 6) == 0, levels(48, 48, 0, 255, 7), 0).astype(np.uint8),
        "noise 31x47": levels(31, 47, 0, 255, 8),
    }
    cases = [
        {
            "name": name,
            "height": image.shape[0],
            "width": image.shape[1],
            "input": image.tobytes().hex(),
            "output": cv2.equalizeHist(image).tobytes().hex(),
        }
        for name, image in cases.items()
    ]
    hasher, images = blake3(), 4000
    for seed in range(images):
        hasher.update(cv2.equalizeHist(drawn_image(seed)).tobytes())
    return {"cases": cases, "drawn_images": images, "drawn_blake3": hasher.hexdigest()}


def drawn_image(seed):
    """An image of 1 to 64 by 1 to 64 pixels, of a range of levels, all drawn."""
    a, b, c, d = (int(x) for x in noise(4, 1_000_000 + seed))
    low, high = sorted((c % 256, d % 256))
    return levels(a % 64 + 1, b % 64 + 1, low, high, seed)


def normalize():
    train = np.stack([levels(6, 5, 20 * i, 100 + 20 * i, 100 + i) for i in range(5)])
    train[3] = 77
    other = np.stack([levels(6, 5, 0, 255, 200), np.full((6, 5), 13, np.uint8)])
    result = {
        "height": 6,
        "width": 5,
        "train": train.tobytes().hex(),
        "validation": other.tobytes().hex(),
        "levels_over_255": (np.arange(256).astype(np.float32) / np.float32(255)).tobytes().hex(),
    }
    for name, transform in {"none": lambda x: x, "global": cv2.equalizeHist}.items():
        fit, apply = (np.stack([transform(image) for image in images]) / 255.0 for images in (train, other))
        mean, std = cv2.meanStdDev(fit.reshape(-1, 1))
        assert np.isclose(mean[0, 0], fit.mean(), rtol=1e-14) and np.isclose(std[0, 0], fit.std(), rtol=1e-12)
        own = [
            (image - image.mean()) / image.std() if np.ptp(image) else np.zeros_like(image)
            for image in np.concatenate([fit, apply])
        ]
        result[name] = {
            "mean": fit.mean(),
            "std": fit.std(),
            "standard": ((np.concatenate([fit, apply]) - fit.mean()) / fit.std()).astype("<f4").tobytes().hex(),
            "per_image": np.stack(own).astype("<f4").tobytes().hex(),
        }
    return result


def resize():
    smooth = (127 + 100 * np.sin(np.add.outer(np.arange(24) / 3, np.arange(20) / 5))).astype(np.uint8)
    cases = []
    for image, sizes in [
        (levels(5, 7, 0, 255, 300), [(5, 14), (10, 7), (13, 29), (2, 3), (1, 1), (6, 4)]),
        (smooth, [(48, 48), (12, 10), (7, 31), (9, 9)]),
        (levels(1, 1, 0, 255, 301), [(4, 3)]),
        (np.array([[0, 255], [255, 0]], np.uint8), [(5, 5), (1, 2)]),
    ]:
        for height, width in sizes:
            case = {
                "from": image.shape,
                "to": [height, width],
                "input": image.tobytes().hex(),
                "pillow": np.asarray(
                    Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR)
                ).tobytes().hex(),
            }
            if height >= image.shape[0] and width >= image.shape[1]:
                case["opencv"] = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR).tobytes().hex()
            cases.append(case)
    return cases


def warp():
    """Turned, scaled and moved, over the edges too, where the outermost pixels go on."""
    smooth = (127 + 100 * np.sin(np.add.outer(np.arange(24) / 3, np.arange(20) / 5))).astype(np.uint8)
    cases = []
    for image in (smooth, levels(9, 13, 0, 255, 310)):
        for degrees, scale, to in [(0, 1, (9, 13)), (17, 1, (24, 20)), (-45, 0.5, (40, 31)), (90, 2, (12, 12)), (200, 1.3, (7, 9))]:
            a, b = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
            height, width = image.shape
            matrix = np.array([[a, -b, 0], [b, a, 0]])
            # The centre stays where it is, but for a quarter of a pixel.
            centre = matrix[:, :2] @ [(to[1] - 1) / 2, (to[0] - 1) / 2]
            matrix[:, 2] = np.array([(width - 1) / 2, (height - 1) / 2]) - centre + 0.25
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            warped = cv2.warpAffine(image, matrix, to[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE)
            cases.append({
                "from": image.shape,
                "to": to,
                "matrix": matrix.tolist(),
                "input": image.tobytes().hex(),
                "output": warped.tobytes().hex(),
            })
    return cases


golden = {"gray": gray(), "equalize": equalize(), "normalize": normalize(), "resize": resize(), "warp": warp()}
(Path(__file__).parent / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")
