"""Makes faces.png and cases.json: faces and changed copies of them, with OpenCV's hashes and likeness.

    pip install opencv-python-headless==5.0.0.93 numpy==2.4.6 scipy==1.17.1 zstandard==0.25.0
    python make.py

Last made with exactly these, under Python 3.13. The tests of fer-data read the result; they need no Python. The faces are eleven drawn ones
out of data/sample.csv.zst and the one of tests/pictures/astronaut.jpg. The images stand side by side in faces.png, 48×48 each.
"""

import json
from pathlib import Path

import cv2
import numpy as np
import zstandard
from scipy.fft import dctn

ROOT = Path(__file__).parents[3]
SIDE = 12
ALIKE, ALIKE_IN_THE_MIDDLE = 0.85, 0.75
FREQUENCY = np.hypot(*np.meshgrid(np.arange(SIDE), np.arange(SIDE), indexing="ij"))
# Lowest waves first; of equal ones, the one with the lower vertical frequency.
LOWEST = sorted(((v, h) for v in range(SIDE) for h in range(SIDE) if v + h), key=lambda p: (p[0] ** 2 + p[1] ** 2, p))[:64]


def drawn(count):
    path = ROOT / "data/sample.csv.zst"
    lines = zstandard.ZstdDecompressor().stream_reader(path.open("rb")).read().decode().splitlines()[1:]
    pixels = [line.split(",")[1].split() for line in lines[:: len(lines) // count][:count]]
    return [np.array(one, np.uint8).reshape(48, 48) for one in pixels]


def astronaut():
    gray = cv2.imread(str(ROOT / "tests/pictures/astronaut.jpg"), cv2.IMREAD_GRAYSCALE)
    return cv2.resize(gray[50:200, 150:300], (48, 48), interpolation=cv2.INTER_AREA)


def waves(image):
    """The lowest coefficients, without the constant; cv2.dct takes even sides alone."""
    even = all(side % 2 == 0 for side in image.shape)
    all_of_them = cv2.dct(image.astype(np.float64)) if even else dctn(image.astype(np.float64), norm="ortho")
    lowest = all_of_them[:SIDE, :SIDE].copy()
    lowest[0, 0] = 0
    return lowest


def phash(image):
    lowest = waves(image)
    return sum(1 << bit for bit, place in enumerate(LOWEST) if lowest[place] > 0)


def without(image, one_in):
    rows, columns = (side // one_in for side in image.shape)
    return image[rows : image.shape[0] - rows, columns : image.shape[1] - columns]


def cosine(one, other):
    one, other = (waves(image) * FREQUENCY for image in (one, other))
    return float((one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum()))


def likeness(one, other):
    """The best cosine over views and mirror images whose middles are alike too."""
    views = [(one, other), (without(one, 16), other), (one, without(other, 16))]
    views += [(a, b[:, ::-1]) for a, b in views]
    alike = [cosine(a, b) for a, b in views if cosine(without(a, 6), without(b, 6)) >= ALIKE_IN_THE_MIDDLE]
    best = max(alike, default=0)
    return best if best >= ALIKE else None


def cropped(image, n):
    return cv2.resize(image[n:-n, n:-n], (48, 48), interpolation=cv2.INTER_LINEAR)


def rotated(image, degrees):
    turn = cv2.getRotationMatrix2D((23.5, 23.5), degrees, 1)
    return cv2.warpAffine(image, turn, (48, 48), borderMode=cv2.BORDER_REPLICATE)


def jpeg(image, quality):
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_GRAYSCALE)


def shaded(image, contrast, brightness):
    return np.clip(contrast * (image.astype(float) - 128) + 128 + brightness, 0, 255).round().astype(np.uint8)


def noisy(image, deviation):
    return np.clip(image + np.random.default_rng(3).normal(0, deviation, image.shape), 0, 255).round().astype(np.uint8)


CHANGES = {
    "mirror": lambda image: image[:, ::-1],
    "jpeg 30": lambda image: jpeg(image, 30),
    "jpeg 10": lambda image: jpeg(image, 10),
    "brighter": lambda image: shaded(image, 1, 30),
    "darker": lambda image: shaded(image, 1, -30),
    "less contrast": lambda image: shaded(image, 0.6, 0),
    "noise": lambda image: noisy(image, 10),
    "blur": lambda image: cv2.GaussianBlur(image, (0, 0), 1.0),
    "crop of 1 pixel a side": lambda image: cropped(image, 1),
    "crop of 3 pixels a side": lambda image: cropped(image, 3),
    "mirrored crop": lambda image: cropped(image, 3)[:, ::-1],
    "turned by 3 degrees": lambda image: rotated(image, 3),
    "crop of 8 pixels a side": lambda image: cropped(image, 8),
    "turned by 15 degrees": lambda image: rotated(image, 15),
    "upside down": lambda image: image[::-1],
}

faces = [astronaut(), *drawn(11)]
images, pairs = list(faces), []
for face in (0, 1, 6):
    for name, change in CHANGES.items():
        copy = np.ascontiguousarray(change(faces[face]))
        pairs.append({"change": name, "images": [face, len(images)], "likeness": likeness(faces[face], copy)})
        images.append(copy)
for one in range(len(faces)):
    for other in range(one):
        pairs.append({"change": "another face", "images": [other, one], "likeness": likeness(faces[other], faces[one])})

odd = faces[0][:37, :45]
cases = {
    "hashes": [f"{phash(image):016x}" for image in faces],
    "odd": {"height": 37, "width": 45, "hash": f"{phash(odd):016x}"},
    "pairs": pairs,
}
cv2.imwrite("faces.png", np.hstack(images), [cv2.IMWRITE_PNG_COMPRESSION, 9])
Path("cases.json").write_text(json.dumps(cases, indent=1) + "\n")
for name in CHANGES:
    print(f"{name:26}", [None if p["likeness"] is None else round(p["likeness"], 3) for p in pairs if p["change"] == name])
print("another face", [p["likeness"] for p in pairs if p["change"] == "another face" and p["likeness"]])
