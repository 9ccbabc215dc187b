"""The weights and pictures of golden values: numbers that a formula gives, exactly the same on every machine.

The recipes beside the golden values of the tests import it; in Swift it is Tests/TestSupport/Formula.swift.
"""

import numpy as np
import torch


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
