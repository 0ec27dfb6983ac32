"""Writes archives as people download them, for the tests of fer-data.

Made with Python 3.11 and nothing else:  python make.py
"""

import io
import tarfile
import zipfile
from pathlib import Path

FACES = "emotion,pixels,Usage\n3,0 64 128 255,Training\n4,1 2 3 4,PublicTest\n0,5 6 7 8,PrivateTest\n"
HERE = Path(__file__).parent


def zipped(name, files, packing=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(HERE / name, "w", packing) as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path, (2013, 6, 14, 0, 0, 0)), text, packing)


def tarred(name, mode, files):
    with tarfile.open(HERE / name, mode) as archive:
        for path, text in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))


zipped("faces.zip", {"fer/": "", "fer/README.txt": "read me", "fer/faces.csv": FACES * 1, "__MACOSX/fer/._faces.csv": "\0\5"})
zipped("stored.zip", {"faces.csv": FACES}, zipfile.ZIP_STORED)
zipped("bzip2.zip", {"faces.csv": FACES}, zipfile.ZIP_BZIP2)
zipped("two.zip", {"train.csv": FACES, "test.csv": FACES})
zipped("none.zip", {"a.txt": "a", "b.txt": "b"})
tarred("faces.tar", "w", {"fer2013/README": "read me", "fer2013/faces.csv": FACES})
tarred("faces.tar.gz", "w:gz", {"fer2013/README": "read me", "fer2013/faces.csv": FACES, "fer2013/fer2013.bib": "@x"})
tarred("faces.tar.xz", "w:xz", {"fer2013/faces.csv": FACES})
