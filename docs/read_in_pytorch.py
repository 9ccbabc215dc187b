#!/usr/bin/env python3
"""Runs a deepinside checkpoint in PyTorch, and compares: needs torch, h5py, numpy.

  read_in_pytorch.py run/checkpoints/best.h5                  the network, its classes and error-free loading
  read_in_pytorch.py run/checkpoints/best.h5 saliency/*.h5    class scores and saliency maps of the result files, recomputed
"""
import json, sys
import h5py, numpy as np, torch, torch.nn as nn


def network(path):
    """The checkpoint as a torch module; pictures enter as RGB 0-255 minus the data set `mean`, [N, 3, H, W]."""
    with h5py.File(path) as file:
        chain = []
        for layer in json.loads(file.attrs["network"])["layers"]:
            kind, name = layer["type"], layer["name"]
            if kind in ("convolution", "fullyConnected"):
                weights = torch.from_numpy(file[f"parameters/{name}/weights"][:])
                biases = torch.from_numpy(file[f"parameters/{name}/biases"][:])
                if kind == "convolution":
                    module = nn.Conv2d(weights.shape[1], weights.shape[0], layer["kernel"], layer["stride"], layer["padding"])
                else:
                    chain.append(nn.Flatten())
                    module = nn.Linear(weights.shape[1], weights.shape[0])
                module.weight.data, module.bias.data = weights, biases
                chain.append(module)
            elif kind == "relu":
                chain.append(nn.ReLU())
            elif kind == "maxPooling":
                chain.append(nn.MaxPool2d(layer["window"], layer["stride"], ceil_mode=True))
            elif kind == "localResponseNormalization":  # PyTorch divides alpha by the size
                chain.append(nn.LocalResponseNorm(layer["size"], layer["alpha"] * layer["size"], layer["beta"], layer["k"]))
            elif kind == "dropout":
                chain.append(nn.Dropout(layer["probability"]))
        classes = [wnid.decode() for wnid in file["classes"][:]]
    return nn.Sequential(*chain).eval(), classes


def distance(a, b):
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def main(checkpoint, results):
    net, classes = network(checkpoint)
    print(f"{len(classes)} classes, {sum(p.numel() for p in net.parameters()):,} parameters")
    worst = [0.0, 0.0]
    for path in results:
        with h5py.File(path) as file:
            image = torch.from_numpy(file["input"][:])[None].requires_grad_()
            wnid, score, saliency = file.attrs["class"], float(file.attrs["score"]), file["map"][:]
        own = net(image)[0, classes.index(wnid)]
        own.backward()
        own_map = image.grad[0].abs().amax(0).numpy()
        errors = [abs(float(own) - score) / abs(score), distance(saliency, own_map)]
        worst = [max(pair) for pair in zip(worst, errors)]
        print(f"{path}: {wnid} score {score:.5f} here {float(own):.5f}, map differs by {errors[1]:.1e} (relative L2)")
    if results:
        print(f"worst: score {worst[0]:.1e}, map {worst[1]:.1e}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
