"""Golden values of MapSimilarity: SciPy's rank correlation of |a| and |b|, scikit-image's structural similarity.

Run from this folder, with scipy, scikit-image and numpy installed:  python3 similarity.py
"""

import json

import numpy as np
from scipy.stats import spearmanr
from skimage.metrics import structural_similarity

random = np.random.default_rng(1)
a = np.round(random.normal(size=(12, 15)), 1).astype(np.float32)  # rounded: ties
b = np.round(0.7 * a + 0.6 * random.normal(size=a.shape), 1).astype(np.float32)
norm = lambda x: (x - x.min()).astype(np.float64) / (float(x.max()) - float(x.min()))
golden = {
    "a": [round(float(v), 1) for v in a.ravel()],
    "b": [round(float(v), 1) for v in b.ravel()],
    "width": 15,
    "spearman": float(spearmanr(np.abs(a).ravel(), np.abs(b).ravel()).statistic),
    "ssim": float(structural_similarity(norm(a), norm(b), data_range=1.0)),
}
with open("similarity.json", "w") as file:
    json.dump(golden, file, separators=(",", ":"))
    file.write("\n")
