"""Makes golden.json: two drawn images, damaged by OpenCV, Pillow and NumPy.

    pip install opencv-python-headless==5.0.0.93 numpy==2.4.6 pillow==13.0.0
    python make.py

The tests of fer-imgproc read the result; they need no Python. Levels are written as hexadecimal digits, two a pixel, row-major. Of what goes
either way both are written: the test takes the nearer one, and sees that both occur.
"""

import io
import json
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

HERE = Path(__file__).parent


def drawn(height, width):
    """Slopes, a disc and two bars: flat parts, edges and corners."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    image = 60 + 90 * x / width + 40 * np.sin(y / 5)
    image[(x - 0.4 * width) ** 2 + (y - 0.5 * height) ** 2 < (0.25 * min(height, width)) ** 2] += 70
    image[int(0.7 * height) : int(0.8 * height), int(0.2 * width) : int(0.9 * width)] = 10
    image[int(0.1 * height) : int(0.9 * height), int(0.8 * width) : int(0.85 * width)] = 245
    return np.clip(np.round(image), 0, 255).astype(np.uint8)


def half_up(values):
    """Rounds halves away from zero, as Rust does and NumPy does not."""
    return np.clip(np.floor(values + 0.5), 0, 255).astype(np.uint8)


def blur(image, amount, pixels):
    side = 2 * int(np.ceil(3 * amount * pixels)) + 1
    return [cv2.GaussianBlur(image, (side, side), amount * pixels, borderType=cv2.BORDER_REPLICATE)]


def jpeg(image, amount, _):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=int(amount))
    return [np.asarray(Image.open(file).convert("L"))]


def darkness(image, amount, _):
    return [half_up(image * amount)]


def contrast(image, amount, _):
    return [half_up(image.mean() + (image - image.mean()) * amount)]


def sides(image, factor):
    return [max(1, int(np.floor(side * factor + 0.5))) for side in image.shape]


def resolution(image, amount, _):
    height, width = sides(image, amount / 48)
    small = Image.fromarray(image).resize((width, height), Image.BILINEAR)
    return [np.asarray(small.resize(image.shape[::-1], Image.BILINEAR))]


def warped(image, matrix):
    return cv2.warpAffine(image, matrix, image.shape[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def rotation(image, amount, _):
    height, width = image.shape
    centre = ((width - 1) / 2, (height - 1) / 2)
    return [warped(image, cv2.getRotationMatrix2D(centre, angle, 1)) for angle in (amount, -amount)]


def shift(image, amount, pixels):
    n = int(np.floor(amount * pixels + 0.5))
    padded = np.pad(image, n, mode="edge")
    height, width = image.shape
    return [padded[y : y + height, x : x + width] for y, x in ((n, 0), (n, 2 * n), (0, n), (2 * n, n))]


def smaller(image, amount, _):
    height, width = sides(image, amount)
    top, left = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
    small = np.asarray(Image.fromarray(image).resize((width, height), Image.BILINEAR))
    bottom, right = image.shape[0] - height - top, image.shape[1] - width - left
    return [cv2.copyMakeBorder(small, top, bottom, left, right, cv2.BORDER_REPLICATE)]


def larger(image, amount, _):
    height, width = image.shape
    return [warped(image, cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), 0, amount))]


def covered(image, middle, amount):
    line = lambda at: int(np.floor(at * image.shape[0] + 0.5))
    out = image.copy()
    out[line(middle - amount / 2) : line(middle + amount / 2)] = half_up(image.mean())
    return [out]


AMOUNTS = {
    "blur": (blur, (1, 2, 3)),
    "jpeg": (jpeg, (40, 20, 10)),
    "darkness": (darkness, (0.5, 0.25, 0.125)),
    "contrast": (contrast, (0.5, 0.25, 0.125)),
    "resolution": (resolution, (24, 16, 12)),
    "rotation": (rotation, (15, 30, 45)),
    "shift": (shift, (3, 6, 12)),
    "smaller": (smaller, (0.8, 0.65, 0.5)),
    "larger": (larger, (1.25, 1.5, 2)),
    "eyes": (lambda image, amount, _: covered(image, 0.39, amount), (0.1, 0.2, 0.3)),
    "mouth": (lambda image, amount, _: covered(image, 0.76, amount), (0.1, 0.2, 0.3)),
}


def main():
    cases = []
    for image in (drawn(48, 48), drawn(30, 40)):
        pixels = min(image.shape) / 48
        outputs = {
            name: [[np.ascontiguousarray(found).tobytes().hex() for found in make(image, amount, pixels)] for amount in amounts]
            for name, (make, amounts) in AMOUNTS.items()
        }
        cases.append({"size": list(image.shape), "input": image.tobytes().hex(), "outputs": outputs})
    (HERE / "golden.json").write_text(json.dumps(cases, indent=1) + "\n")


main()
