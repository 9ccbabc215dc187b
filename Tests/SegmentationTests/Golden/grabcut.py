"""Intersection over union of OpenCV's GrabCut, started with the box of each true mask, with that mask.

pip install "opencv-python-headless<5"; python grabcut.py HORSES [STEP] > grabcut.json
HORSES has horse/*.jpg and mask/*.png (0 and not 0), of which every STEP-th picture is taken (5 for the golden file). Boxes that
leave no background are left out.
"""

import json
import pathlib
import sys

import cv2
import numpy as np

root = pathlib.Path(sys.argv[1])
step = int(sys.argv[2]) if len(sys.argv) > 2 else 5
found = {}
for path in sorted(root.glob("horse/*.jpg"))[::step]:
    picture = cv2.imread(str(path))
    truth = cv2.imread(str(root / "mask" / (path.stem + ".png")), cv2.IMREAD_GRAYSCALE) > 0
    ys, xs = np.nonzero(truth)
    x, y = int(xs.min()), int(ys.min())
    width, height = int(xs.max()) - x + 1, int(ys.max()) - y + 1
    if width * height == truth.size:
        continue
    cv2.setRNGSeed(0)
    mask = np.zeros(truth.shape, np.uint8)
    cv2.grabCut(picture, mask, (x, y, width, height), np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_RECT)
    cut = (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)
    print(path.stem, file=sys.stderr)
    found[path.stem] = round(float((cut & truth).sum() / (cut | truth).sum()), 4)
print(json.dumps(found))
