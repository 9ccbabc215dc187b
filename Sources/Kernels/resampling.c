// Resizing pictures: the two passes of a separable filter in fixed point, sixteen values at a time.
#include "clones.h"
#include "kernels.h"
#include <string.h>

enum { LANES = 16 };
typedef uint8_t pixels16 __attribute__((vector_size(LANES)));
typedef int32_t sums16 __attribute__((vector_size(LANES * 4)));

// Rows and columns of a 16×16 matrix exchanged, by four perfect shuffles of its halves.
static inline __attribute__((always_inline)) void transpose(pixels16 m[LANES]) {
#pragma clang loop unroll(full)
  for (int round = 0; round < 4; round++) {
    pixels16 shuffled[LANES];
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES / 2; i++) {
      pixels16 a = m[i], b = m[i + LANES / 2];
      shuffled[2 * i] = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      shuffled[2 * i + 1] = __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    memcpy(m, shuffled, sizeof shuffled);
  }
}

// min(255, (½ + Σ weights[t]·values[t·stride + lane]) / 2^22): weights aren't negative, so only the upper end needs a limit.
static inline __attribute__((always_inline)) pixels16 weighted(const uint8_t *values, size_t stride, const int32_t *weights,
                                                              int taps) {
  sums16 sum = (sums16){0} + (1 << (KERNELS_RESAMPLING_PRECISION - 1));
  for (int t = 0; t < taps; t++, values += stride) {
    pixels16 value;
    memcpy(&value, values, sizeof value);
    sum += __builtin_convertvector(value, sums16) * weights[t];
  }
  sum >>= KERNELS_RESAMPLING_PRECISION;
  return __builtin_convertvector(__builtin_elementwise_min(sum, (sums16){0} + 255), pixels16);
}

// Sixteen rows are transposed, so that the lanes of a vector are rows with the same weights; their sums are transposed back,
// a channel at a time.
CLONES void kernels_resample_rows(uint8_t *restrict planar, const uint8_t *restrict rgb, size_t row_bytes, int rows,
                                  const struct kernels_resampling *filter, uint8_t *restrict scratch) {
  int outputs = filter->outputs, taps = filter->taps;
  size_t padded = (size_t)(outputs + LANES - 1) / LANES * LANES;
  size_t first = (size_t)filter->first * 3, end = (size_t)filter->end * 3;
  for (int row = 0; row < rows; row += LANES) {
    const uint8_t *lines[LANES];
    for (int r = 0; r < LANES; r++) lines[r] = rgb + (size_t)(row + r < rows ? row + r : rows - 1) * row_bytes;
    for (size_t at = first; at < end; at += LANES) {
      pixels16 block[LANES];
      if (at + LANES <= row_bytes) {
        for (int r = 0; r < LANES; r++) memcpy(&block[r], lines[r] + at, LANES);
      } else {
        memset(block, 0, sizeof block);
        for (int r = 0; r < LANES; r++) memcpy(&block[r], lines[r] + at, row_bytes - at);
      }
      transpose(block);
      memcpy(scratch + (at - first) * LANES, block, sizeof block);
    }
    for (int output = 0; output < outputs; output += LANES) {
      for (size_t channel = 0; channel < 3; channel++) {
        pixels16 block[LANES];
        for (int k = 0; k < LANES; k++) {
          int o = output + k < outputs ? output + k : outputs - 1;
          size_t start = (size_t)(filter->starts[o] - filter->first) * 3 + channel;
          block[k] = weighted(scratch + start * LANES, 3 * LANES, filter->weights + (size_t)o * (size_t)taps, taps);
        }
        transpose(block);
        uint8_t *to = planar + ((size_t)row * 3 + channel) * padded + (size_t)output;
        for (int r = 0; r < LANES; r++) memcpy(to + (size_t)r * 3 * padded, &block[r], LANES);
      }
    }
  }
}

CLONES void kernels_resample_columns(uint8_t *restrict y, const uint8_t *restrict x, size_t count, const int32_t *weights,
                                     int taps) {
  for (size_t i = 0; i < count; i += LANES) {
    pixels16 values = weighted(x + i, count, weights, taps);
    memcpy(y + i, &values, sizeof values);
  }
}

CLONES void kernels_centre(float *restrict y, const uint8_t *restrict x, const float *restrict mean, float shift,
                           size_t count) {
  if (mean) {
    for (size_t i = 0; i < count; i++) y[i] = (float)x[i] + shift - mean[i];
  } else {
    for (size_t i = 0; i < count; i++) y[i] = (float)x[i] + shift;
  }
}
