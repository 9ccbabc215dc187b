"""Golden values of LearningTests: updates of PyTorch's AdamW in float64, and the norm that clip_grad_norm_ finds.

Run from this folder, with torch (2.x) and numpy installed:  python3 recipe.py
It writes golden.json. The tests compute the same weights and gradients (Formula.swift), so only results are stored.
"""

import json
import pathlib
import sys

import torch

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2]))
from formula import formula


# conv1 [40, 3, 3, 3] and its biases, fc2 [21, 40 * 7 * 7] and its biases.
COUNTS = [40 * 27, 40, 21 * 1960, 21]
STEPS = 7


LIMIT = 20.0

weights = [formula(n, salt, 0.5).requires_grad_() for salt, n in enumerate(COUNTS)]
adamw = torch.optim.AdamW(
    [{"params": [w], "weight_decay": 0.0 if salt % 2 else 0.05} for salt, w in enumerate(weights)], betas=(0.8, 0.99), eps=1e-3
)
norms = []
for step in range(STEPS):
    for salt, (w, group) in enumerate(zip(weights, adamw.param_groups)):
        # Every second gradient is longer than the limit; biases take twice the rate.
        w.grad = formula(len(w), 100 * (step + 1) + salt, 0.1 * (salt + 1) * (1 + step % 2))
        group["lr"] = (0.01 if step < 4 else 0.002) * (2 if salt % 2 else 1)
    norms.append(torch.nn.utils.clip_grad_norm_(weights, LIMIT).item())
    adamw.step()

golden = {"norms": norms}
for name, values in [
    ("values", weights),
    ("firstMoments", [adamw.state[w]["exp_avg"] for w in weights]),
    ("secondMoments", [adamw.state[w]["exp_avg_sq"] for w in weights]),
]:
    golden[name] = [[float(f"{v:.9g}") for v in x.detach()[::97].tolist()] for x in values]
with open("golden.json", "w") as file:
    json.dump(golden, file, separators=(",", ":"))
    file.write("\n")
