"""Golden saliency maps of VisualizeTests: Captum's on a small net whose weights and picture a formula gives.

Run from this folder, with torch, captum and numpy installed:  python3 methods.py
It writes methods.json. The tests compute the same weights and picture (TestSupport/Formula.swift).
"""

import json
import math

import numpy as np
import torch
from captum.attr import (
    Deconvolution, GuidedBackprop, InputXGradient, IntegratedGradients, LayerAttribution, LayerGradCam, Occlusion, Saliency)
from torch import nn


def formula(count, salt, scale):
    """scale * (u - 1/2) in float32; u is 24 bits of a 32-bit integer hash of (salt, index): exact on every machine."""
    h = np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B9) + np.uint32(salt * 0x85EBCA6B & 0xFFFFFFFF)
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x7FEB352D)
    h ^= h >> np.uint32(15)
    h *= np.uint32(0x846CA68B)
    h ^= h >> np.uint32(16)
    u = (h >> np.uint32(8)).astype(np.float32) * np.float32(2**-24)
    return torch.from_numpy(((u - np.float32(0.5)) * np.float32(scale)).astype(np.float64))


net = nn.Sequential(
    nn.Conv2d(3, 8, 5, padding=2), nn.ReLU(), nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2),
    nn.MaxPool2d(3, 2, ceil_mode=True), nn.Conv2d(8, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True),
    nn.Flatten(), nn.Linear(6 * 3 * 3, 12), nn.ReLU(), nn.Linear(12, 5)).double()
for salt, parameter in enumerate(net.parameters()):
    scale = 1.0 if parameter.dim() == 1 else math.sqrt(24 / (parameter.numel() // parameter.shape[0]))
    parameter.data = formula(parameter.numel(), salt, scale).reshape(parameter.shape)
picture = formula(3 * 12 * 12, 1000, 255.0).reshape(1, 3, 12, 12).requires_grad_()
c = 2


def strongest(attribution):
    return attribution.abs().amax(1)


integrated, delta = IntegratedGradients(net).attribute(
    picture, target=c, n_steps=50, method="riemann_middle", return_convergence_delta=True)
cam = LayerGradCam(net, net[5]).attribute(picture, target=c, relu_attributions=True)
maps = {
    "gradient": strongest(Saliency(net).attribute(picture, target=c)),
    "deconvnet": strongest(Deconvolution(net).attribute(picture, target=c)),
    "guided": strongest(GuidedBackprop(net).attribute(picture, target=c)),
    "gradient-x-input": strongest(InputXGradient(net).attribute(picture, target=c)),
    "integrated-gradients": strongest(integrated),
    "grad-cam": LayerAttribution.interpolate(cam, (12, 12), "bilinear")[:, 0],
    "occlusion": Occlusion(net).attribute(picture, target=c, sliding_window_shapes=(3, 5, 5), strides=(3, 3, 3)).mean(1),
}
golden = {
    "class": c,
    "score": net(picture)[0, c].item(),
    "completenessGap": delta.item(),
    "maps": {name: [float(f"{v:.8g}") for v in map.detach().flatten().tolist()] for name, map in maps.items()},
}
for name, map in maps.items():
    assert map.abs().max() > 0, name
with open("methods.json", "w") as file:
    json.dump(golden, file, separators=(",", ":"))
    file.write("\n")
