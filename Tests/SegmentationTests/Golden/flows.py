"""Max-flow values of 200 seeded random grids, by PyMaxflow (Boykov and Kolmogorov's own code).

pip install PyMaxflow numpy; python flows.py > flows.json
"""

import json

import maxflow
import numpy as np

MASK = np.uint64(2**64 - 1)
STEPS = [(1, 0), (-1, 1), (0, 1), (1, 1)]  # (dx, dy): each pair of neighbours once


def random(seed, count):
    """SplitMix64's outputs 1 … count for a seed, as in GridCases.swift."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.uint64(0x9E3779B97F4A7C15) * np.arange(1, count + 1, dtype=np.uint64)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def flow(seed):
    shape = random(seed << 8, 5)
    largest = 300 if seed % 20 == 0 else 60
    width, height = (int(v % np.uint64(largest)) + 1 for v in shape[:2])
    terminal_limit = np.uint64([10, 1000, 2**20][int(shape[2] % np.uint64(3))])
    arc_limit = np.uint64([5, 1000, 2**20][int(shape[3] % np.uint64(3))])
    is_symmetric = shape[4] % np.uint64(2) == 0
    values = random((seed << 8) + 1, width * height * 10).reshape(height, width, 10)
    graph = maxflow.Graph[int](width * height, width * height * 4)
    nodes = graph.add_grid_nodes((height, width))
    caps = (values % arc_limit).astype(np.int64)
    terminals = (values % terminal_limit).astype(np.int64)
    for y in range(height):
        for x in range(width):
            graph.add_tedge(int(nodes[y, x]), int(terminals[y, x, 0]), int(terminals[y, x, 1]))
            for k, (dx, dy) in enumerate(STEPS):
                if 0 <= x + dx < width and y + dy < height:
                    there = int(caps[y, x, 2 + k])
                    back = there if is_symmetric else int(caps[y, x, 6 + k])
                    graph.add_edge(int(nodes[y, x]), int(nodes[y + dy, x + dx]), there, back)
    return int(graph.maxflow())


print(json.dumps([flow(seed) for seed in range(200)]))
