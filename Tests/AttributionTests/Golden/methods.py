"""Golden saliency maps of AttributionTests on a small net whose weights and picture a formula gives: those of Captum, pytorch-grad-cam,
Zennit (LRP) and TorchRay (RISE, contrastive excitation backprop, extremal perturbation).

Run from this folder, with torch, captum, grad-cam, zennit, torchray and numpy installed:  python3 methods.py
Noise and masks are those of this project (philox.py). It writes methods.json. The tests compute the same weights and picture (TestSupport/Formula.swift).
"""

import json
import math
import pathlib
import sys

import numpy as np
import torch
import torchray.attribution.extremal_perturbation as extremal
from captum.attr import (
    Deconvolution, GuidedBackprop, GuidedGradCam, InputXGradient, IntegratedGradients, LayerAttribution, LayerGradCam, NoiseTunnel, Occlusion,
    Saliency)
from pytorch_grad_cam import GradCAMPlusPlus, HiResCAM, LayerCAM
from torch import nn
from torch.nn import functional
from torchray.attribution.excitation_backprop import contrastive_excitation_backprop
from torchray.attribution.rise import rise_class
from zennit.attribution import Gradient
from zennit.composites import EpsilonGammaBox
from zennit.rules import Pass

from philox import Random

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2]))
from formula import formula


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


def enlarged(map):
    return functional.interpolate(map, (12, 12), mode="bilinear", align_corners=False)[:, 0]


# pytorch-grad-cam: its map before it is scaled to 0 ... 1. Its own constant of 1e-6 in Grad-CAM++ is below the tolerance here.
for name, method in {"grad-cam++": GradCAMPlusPlus, "hires-cam": HiResCAM, "layer-cam": LayerCAM}.items():
    activations, gradients = [], []
    keep = net[5].register_forward_hook(
        lambda layer, _, out: (activations.append(out), out.register_hook(lambda gradient: gradients.append(gradient))) and None)
    net(picture)[0, c].backward()
    keep.remove()
    found = method(net, [net[5]]).get_cam_image(
        picture, net[5], [None], activations[0].detach().numpy(), gradients[0].numpy(), False)
    maps[name] = enlarged(torch.from_numpy(np.maximum(found, 0))[:, None])
maps["guided-grad-cam"] = strongest(GuidedGradCam(net, net[5]).attribute(picture, target=c, interpolate_mode="bilinear"))

# Captum's noise tunnel, with this project's noise: 4 samples of the deviation 0.15 times the picture's range.
SAMPLES = 4
values = picture.detach().numpy().astype(np.float32)
deviation = np.float32(0.15) * (values.max() - values.min())
noise = torch.from_numpy(np.stack([
    np.array([deviation * random.normal() for _ in range(values.size)], np.float32).reshape(3, 12, 12)
    for random in (Random(seed=0, purpose=9, epoch=sample, sample=0) for sample in range(SAMPLES))])).double()
draw, torch.normal = torch.normal, lambda *_: noise
for name, kind in {"smoothgrad": "smoothgrad", "vargrad": "vargrad", "squaregrad": "smoothgrad_sq"}.items():
    maps[name] = strongest(NoiseTunnel(Saliency(net)).attribute(
        picture, target=c, nt_type=kind, nt_samples=SAMPLES, stdevs=1.0, abs=False))
torch.normal = draw

# TorchRay's RISE on this project's masks, and a picture of a twentieth of the contrast: posteriors between 0 and 1. It takes the sigmoid of
# the scores and doesn't divide by p.
faint = formula(3 * 12 * 12, 1000, 12.75).reshape(1, 3, 12, 12)
masks = []
for number in range(20):
    random = Random(seed=0, purpose=9, epoch=number, sample=0)
    grid = torch.tensor([float(random.uniform() < 0.5) for _ in range(49)]).double().reshape(1, 1, 7, 7)
    whole = functional.interpolate(grid, (16, 16), mode="bilinear", align_corners=False)
    top, left = random.index(2), random.index(2)
    masks.append(whole[:, :, top:top + 12, left:left + 12])
masks = torch.cat(masks)


class Posterior(nn.Module):
    def forward(self, images):
        return torch.logit(torch.softmax(net(images), 1))


maps["rise"] = rise_class(Posterior(), faint, target=[c], num_masks=20, filter_masks=masks)[:, 0] / 0.5


# Zennit's composite and TorchRay's excitation backprop, with a response normalisation that hands relevance down unchanged.
class Unchanged(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        squares = functional.pad(x * x, (0, 0, 0, 0, 2, 2))
        return x / (2 + 1e-4 * sum(squares[:, i:i + x.shape[1]] for i in range(5))) ** 0.75

    @staticmethod
    def backward(context, signal):
        return signal


class Normalisation(nn.Module):
    def forward(self, x):
        return Unchanged.apply(x)


mean = 127.5
composite = EpsilonGammaBox(
    low=torch.full_like(picture, -mean), high=torch.full_like(picture, 255 - mean), layer_map=[(nn.LocalResponseNorm, Pass())])
with Gradient(model=net, composite=composite) as attributor:
    _, relevance = attributor(picture.detach(), torch.eye(5).double()[[c]] * net(picture).detach()[0, c])
maps["lrp"] = relevance.sum(1)
own = nn.Sequential(*net)
own[2] = Normalisation()
assert torch.allclose(own(picture), net(picture))
maps["contrastive-excitation"] = enlarged(contrastive_excitation_backprop(own, picture.detach(), c, "5", "9"))
net.requires_grad_(True)


# TorchRay's extremal perturbation, with this project's blur: the border is repeated, and its kernel ends at 3 sigma.
def blur(image, sigma):
    if sigma < 0.05:
        return image
    reach = math.ceil(3 * sigma)
    kernel = torch.exp(-torch.arange(-reach, reach + 1).double() ** 2 / (2 * float(sigma) ** 2))
    kernel = (kernel / kernel.sum()).expand(3, 1, -1)
    image = functional.pad(image, (reach,) * 4, mode="replicate")
    return functional.conv2d(functional.conv2d(image, kernel[:, :, None], groups=3), kernel[..., None], groups=3)


extremal.imsmooth = lambda image, sigma: blur(image, float(sigma) / 20 * (20 * 12 / 224))
generator = extremal.MaskGenerator.generate
extremal.MaskGenerator.generate = lambda own, mask: [part.double() for part in generator(own, mask)]
torch.set_default_dtype(torch.float64)
levels = extremal.Perturbation(picture.detach())
# A whole picture's area has no limit between equal values of the mask, of which the last bits would decide.
mask, _ = extremal.extremal_perturbation(net, picture.detach(), c, areas=[1.0], max_iter=60, step=1, sigma=3)
maps["extremal-perturbation"] = mask[:, 0]
# For a smaller area, what counts is the range of area and score that the reference reaches if it orders equal values in other ways.
sort = torch.Tensor.sort
reached = []
for turn in (lambda values: values, lambda values: values.flip(1)):
    for rounded in (lambda values: values, lambda values: values.float()):
        def ordered(values, dim):
            order = sort(rounded(turn(values)), dim=dim, stable=True)[1]
            return turn(values).gather(dim, order), order

        torch.Tensor.sort = ordered
        mask, _ = extremal.extremal_perturbation(net, picture.detach(), c, areas=[0.2], max_iter=100, step=1, sigma=3)
        reached.append((mask.mean().item(), net(levels.apply(mask))[0, c].item()))
torch.Tensor.sort = sort


golden = {
    "class": c,
    "score": net(picture)[0, c].item(),
    "completenessGap": delta.item(),
    "preserved": {name: [min(own), max(own)] for name, own in zip(["area", "score"], zip(*reached))},
    "maps": {name: [float(f"{v:.8g}") for v in map.detach().flatten().tolist()] for name, map in maps.items()},
}
for name, map in maps.items():
    assert map.abs().max() > 0, name
with open("methods.json", "w") as file:
    json.dump(golden, file, separators=(",", ":"))
    file.write("\n")
