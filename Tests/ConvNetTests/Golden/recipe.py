"""Golden values of ConvNetTests, from PyTorch in float64 on weights and pictures that a formula gives.

Run from this folder, with torch (2.x) and numpy installed:  python3 recipe.py
It writes golden.json. The tests compute the same weights and pictures (Formula.swift), so only results are stored.
"""

import json
import math
import pathlib
import sys

import torch
from torch import nn
from torch.nn import functional as F

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2]))
from formula import formula


def chain(crop, first, filters, units, classes):
    """conv1 ... conv5, fc6 ... fc8; weights of deviation sqrt(2 / fan-in), biases of +-1/2 (first: filters, kernel, stride)."""
    relu = nn.ReLU
    norm = lambda: nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)  # torch divides alpha by 5
    pool = lambda: nn.MaxPool2d(3, 2, ceil_mode=True)
    convs = [
        nn.Conv2d(3, first[0], first[1], first[2]), relu(), norm(), pool(),
        nn.Conv2d(first[0], filters, 5, padding=2), relu(), norm(), pool(),
        nn.Conv2d(filters, filters, 3, padding=1), relu(),
        nn.Conv2d(filters, filters, 3, padding=1), relu(),
        nn.Conv2d(filters, filters, 3, padding=1), relu(), pool(),
    ]
    inputs = nn.Sequential(*convs)(torch.zeros(1, 3, crop, crop)).numel()
    full = [nn.Linear(inputs, units), relu(), nn.Linear(units, units), relu(), nn.Linear(units, classes)]
    net = nn.Sequential(*convs, nn.Flatten(), *full).double()
    for salt, parameter in enumerate(net.parameters()):
        bias = parameter.dim() == 1
        scale = 1.0 if bias else math.sqrt(24 / (parameter.numel() // parameter.shape[0]))
        parameter.data = formula(parameter.numel(), salt, scale).reshape(parameter.shape)
    return net


def numbers(tensor, most=10**9):
    """All values in C order, or every `step`-th where there are more than `most`."""
    flat = tensor.detach().flatten()
    step = -(-len(flat) // most)
    return {"step": step, "norm": float(flat.norm()), "values": [float(f"{v:.9g}") for v in flat[::step].tolist()]}


def input_gradient(net, pictures, c):
    pictures = pictures.clone().requires_grad_()
    scores = net(pictures)
    return scores, torch.autograd.grad(scores[:, c].sum(), pictures)[0]


def golden_chain(net, crop, pictures, c, labels=None, salt=1000):
    x = formula(pictures * 3 * crop * crop, salt, 255.0).reshape(pictures, 3, crop, crop)
    scores, gradient = input_gradient(net, x, c)
    result = {"class": c, "salt": salt, "scores": numbers(scores), "inputGradient": numbers(gradient, 600)}
    if labels:
        loss = F.cross_entropy(net(x), torch.tensor(labels))
        gradients = torch.autograd.grad(loss, list(net.parameters()))
        result |= {"labels": labels, "loss": loss.item(), "gradients": [numbers(g, 300) for g in gradients]}
    return result


def golden_layer(layer, shape):
    x = formula(math.prod(shape), 2000, 255.0).reshape(shape).requires_grad_()
    y = layer(x)
    dy = formula(y.numel(), 2001, 2.0).reshape(y.shape)
    return {"shape": list(shape), "output": numbers(y), "gradient": numbers(torch.autograd.grad(y, x, dy)[0])}


golden = {
    "narrow": golden_chain(chain(224, (8, 11, 4), 12, 24, 10), 224, 3, 4, labels=[1, 7, 3]),
    "normalization": [golden_layer(nn.LocalResponseNorm(n, alpha=1e-4 * n, beta=0.75, k=2), (2, c, 5, 4))
                      | {"size": n} for n, c in [(5, 9), (5, 3), (3, 6)]],
    "pooling": [golden_layer(nn.MaxPool2d(w, s, ceil_mode=True), (2, 2, side, side + 1)) | {"window": w, "stride": s}
                for w, s, side in [(3, 2, 6), (3, 2, 7), (3, 2, 8), (2, 2, 5), (3, 3, 7), (3, 1, 5)]],
    # A picture on which no ReLU's input and no two largest of a pooling window are closer to a tie than 4e-6 of the layer's root mean
    # square; float32 is off by 1e-6, and one unit of conv4 that goes the other way moves the gradient by 2 %.
    "full": golden_chain(chain(224, (64, 11, 4), 256, 4096, 1000), 224, 1, 281, salt=1004),
}
with open("golden.json", "w") as file:
    json.dump(golden, file, separators=(",", ":"))
    file.write("\n")
