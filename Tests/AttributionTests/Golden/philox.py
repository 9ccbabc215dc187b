"""The random numbers of this project (Sources/Random) for recipes of golden values: Philox4x32-10 of (seed, purpose, epoch, sample)."""

import numpy as np

MASK = 0xFFFFFFFF


class Random:
    def __init__(self, seed, purpose, epoch, sample):
        self.key = (seed & MASK, seed >> 32)
        self.counter = [0, purpose << 24 | epoch, sample & MASK, sample >> 32 & MASK]
        self.block = []

    def next32(self):
        if not self.block:
            x, y, z, w = self.counter
            a, b = self.key
            for _ in range(10):
                first, second = x * 0xD2511F53, z * 0xCD9E8D57
                x, y, z, w = second >> 32 ^ y ^ a, second & MASK, first >> 32 ^ w ^ b, first & MASK
                a, b = a + 0x9E3779B9 & MASK, b + 0xBB67AE85 & MASK
            self.block = [x, y, z, w]
            self.counter[0] += 1
        return self.block.pop(0)

    def uniform(self):
        return np.float32(self.next32() >> 8) * np.float32(2**-24)

    def index(self, bound):
        high = self.next32()
        return (high << 32 | self.next32()) * bound >> 64

    def normal(self):
        radius = np.sqrt(np.float32(-2) * np.log(np.float32(1) - self.uniform()))
        return radius * np.cos(np.float32(2) * np.float32(np.pi) * self.uniform())
