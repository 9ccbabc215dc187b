"""Golden scores of MapTests: Quantus' on a map, an object and a picture that a formula gives.

Run from this folder, with quantus, captum, torch and numpy installed:  python3 tests.py
"""

import json

import numpy as np
import quantus
import torch
from quantus.functions.complexity_func import discrete_entropy
from quantus.functions.perturb_func import noisy_linear_imputation

SIDE = 16
random = np.random.default_rng(5)
picture = np.round(60 * random.normal(size=(3, SIDE, SIDE)), 1)
# Distinct values: the order of equal ones isn't defined.
values = random.permutation(SIDE * SIDE).reshape(SIDE, SIDE) / (SIDE * SIDE)
values = np.round(values ** 2, 6)
other = np.round(random.permutation(SIDE * SIDE).reshape(SIDE, SIDE) / (SIDE * SIDE), 6)
mask = np.zeros((SIDE, SIDE), bool)
mask[3:9, 5:12] = True
batch = dict(x_batch=picture[None], a_batch=values[None, None], y_batch=np.array([0]), s_batch=mask[None, None], model=torch.nn.Identity())
settings = dict(disable_warnings=True, display_progressbar=False)
order = np.argsort(-values.ravel(), kind="stable")
removed = order[:int(0.5 * SIDE * SIDE)]
entropy, entropy_other = (discrete_entropy(a, None) for a in (values, other))

# Captum's infidelity with the best factor, and the change of the score that each perturbation brings.
products, falls = np.round(random.normal(size=20), 2), np.round(random.normal(size=20), 2)
beta = (products * falls).mean() / (products**2).mean()
golden = {
    "side": SIDE,
    "picture": picture.ravel().tolist(),
    "map": values.ravel().tolist(),
    "other": other.ravel().tolist(),
    "object": mask.ravel().tolist(),
    "mass": float(quantus.RelevanceMassAccuracy(**settings)(**batch)[0]),
    "rank": float(quantus.RelevanceRankAccuracy(**settings)(**batch)[0]),
    "sparseness": float(quantus.Sparseness(**settings)(**batch)[0]),
    "efficient": float((entropy_other - entropy) / entropy),
    "imputed": np.round(noisy_linear_imputation(picture, removed, noise=0), 4).ravel().tolist(),
    "products": products.tolist(),
    "falls": falls.tolist(),
    "infidelity": float(((beta * products - falls) ** 2).mean() / (falls**2).mean()),
    "sensitivity": float(np.linalg.norm(other - values) / np.linalg.norm(values)),
}
with open("tests.json", "w") as file:
    json.dump(golden, file, separators=(",", ":"))
    file.write("\n")
