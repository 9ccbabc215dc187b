// Dropout masks from Philox4x32-10 (Salmon et al., SC 2011): the same numbers as ConvNet's CounterRandom.
#include "bfloat16.h"
#include "clones.h"
#include "kernels.h"

// The `block`-th four numbers of the stream.
static inline void philox(uint32_t words[4], uint32_t block, uint64_t key, uint32_t stream, uint64_t sample) {
  uint32_t a = block, b = stream, c = (uint32_t)sample, d = (uint32_t)(sample >> 32);
  uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
  for (int round = 0; round < 10; round++) {
    uint64_t first = (uint64_t)a * 0xD2511F53u, second = (uint64_t)c * 0xCD9E8D57u;
    a = (uint32_t)(second >> 32) ^ b ^ k0;
    b = (uint32_t)second;
    c = (uint32_t)(first >> 32) ^ d ^ k1;
    d = (uint32_t)first;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  words[0] = a, words[1] = b, words[2] = c, words[3] = d;
}

// One loop for both types.
#define DROPOUT(NAME, TYPE, LOAD, STORE)                                                                                 \
  CLONES void NAME(TYPE *restrict y, uint8_t *restrict mask, size_t first, size_t count, float probability,              \
                   uint64_t key, uint32_t stream, uint64_t sample) {                                                     \
    uint64_t bound = (uint64_t)((double)probability * 4294967296.0);                                                     \
    float scale = 1 / (1 - probability);                                                                                 \
    for (size_t block = first / 4; 4 * block < first + count; block++) {                                                 \
      uint32_t words[4];                                                                                                 \
      philox(words, (uint32_t)block, key, stream, sample);                                                               \
      for (size_t lane = 0; lane < 4; lane++) {                                                                          \
        size_t i = 4 * block + lane - first; /* wraps round before the first unit */                                     \
        if (i >= count) continue;                                                                                        \
        uint8_t kept = words[lane] >= bound;                                                                             \
        mask[i] = kept;                                                                                                  \
        y[i] = kept ? STORE(LOAD(y[i]) * scale) : 0;                                                                     \
      }                                                                                                                  \
    }                                                                                                                    \
  }

DROPOUT(kernels_dropout, float, , )
DROPOUT(kernels_dropout_bf16, uint16_t, from_bf16, to_bf16)
