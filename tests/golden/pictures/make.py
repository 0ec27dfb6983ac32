"""Writes pictures.json: small pictures of all formats and orientations, and what OpenCV's imread makes of them.

    pip install opencv-python-headless pillow numpy
    python make.py

Written with OpenCV 5.0.0, Pillow 13.0.0 and NumPy 2. `bytes` is a file in base64. A picture consists of squares of one
colour each, `side` pixels wide and high, so that a JPEG holds them as they are. `gray` has a value a square, row by row:
what `cv2.imread` reads in colour and `cv2.cvtColor` makes gray. Where OpenCV 5.0.0 fails (a TIFF that is turned by a
quarter), Pillow turns the picture.
"""

import base64
import io
import json
import os
import tempfile

import cv2
import numpy as np
from PIL import Image, ImageOps

LEVELS = np.array([[20, 60, 100], [140, 180, 230]], np.uint8)
COLOURS = np.array([[[250, 10, 20], [10, 200, 30], [5, 20, 240]], [[90, 90, 90], [255, 255, 255], [200, 180, 20]]], np.uint8)
ORIENTATION = 0x0112


def squares(colours, side=8):
    return np.repeat(np.repeat(colours, side, axis=0), side, axis=1)


def written(picture, format, orientation=None, **options):
    if orientation is not None:
        if format == "TIFF":
            options["tiffinfo"] = {ORIENTATION: orientation}
        else:
            exif = Image.Exif()
            exif[ORIENTATION] = orientation
            options["exif"] = exif
    out = io.BytesIO()
    picture.save(out, format, **options)
    return out.getvalue()


def case(name, data, side=8):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "picture")
        with open(path, "wb") as file:
            file.write(data)
        read = cv2.imread(path, cv2.IMREAD_COLOR)
    if read is None:
        assert name in {f"tiff of orientation {turned}" for turned in (5, 6, 7, 8)}, name
        upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
        read = cv2.cvtColor(np.asarray(upright), cv2.COLOR_RGB2BGR)
    gray = cv2.cvtColor(read, cv2.COLOR_BGR2GRAY)
    levels = gray[side // 2 :: side, side // 2 :: side]
    assert np.array_equal(gray, squares(levels, side)), name
    height, width = levels.shape
    return {
        "name": name,
        "bytes": base64.b64encode(data).decode(),
        "side": side,
        "height": height * side,
        "width": width * side,
        "gray": levels.reshape(-1).tolist(),
    }


def main():
    gray, colour = Image.fromarray(squares(LEVELS)), Image.fromarray(squares(COLOURS))
    lossless = {"PNG": {}, "JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}, "TIFF": {}}
    cases = []
    for format, options in lossless.items():
        for orientation in range(1, 9):
            data = written(gray.convert("RGB"), format, orientation, **options)
            cases.append(case(f"{format.lower()} of orientation {orientation}", data))
    alpha = colour.convert("RGBA")
    alpha.putalpha(Image.fromarray(squares(LEVELS)))
    wide = Image.fromarray(squares(LEVELS).astype(np.uint16) * 257)
    for name, picture, format, options in [
        ("gray png", gray, "PNG", {}),
        ("colour png", colour, "PNG", {}),
        ("png with transparency", alpha, "PNG", {}),
        ("png with a palette", colour.convert("P", palette=Image.Palette.ADAPTIVE), "PNG", {}),
        ("png of 16 bits", wide, "PNG", {}),
        ("gray jpeg", gray, "JPEG", {"quality": 100}),
        ("progressive jpeg", gray, "JPEG", {"quality": 100, "progressive": True}),
        ("webp", colour, "WEBP", {"lossless": True}),
        ("bmp", colour, "BMP", {}),
        ("gif", colour, "GIF", {}),
        ("gray tiff", gray, "TIFF", {}),
        ("tiff with lzw", colour, "TIFF", {"compression": "tiff_lzw"}),
        ("tiff with deflate", colour, "TIFF", {"compression": "tiff_adobe_deflate"}),
        ("tiff with packbits", gray, "TIFF", {"compression": "packbits"}),
        ("tiff of 16 bits", wide, "TIFF", {}),
        ("pgm", gray, "PPM", {}),
        ("ppm", colour, "PPM", {}),
    ]:
        cases.append(case(name, written(picture, format, **options)))
    text = "P2\n# a comment\n3 2\n255\n" + " ".join(str(level) for level in LEVELS.reshape(-1)) + "\n"
    cases.append(case("pgm in text", text.encode(), side=1))
    with open(os.path.join(os.path.dirname(__file__), "pictures.json"), "w") as file:
        lines = ",\n".join(json.dumps(case) for case in cases)
        file.write(f"[\n{lines}\n]\n")


main()
