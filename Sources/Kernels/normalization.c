// Local response normalisation across channels, in blocks of positions that stay in the first-level cache.
#include "clones.h"
#include "kernels.h"
#include <math.h>

#define BLOCK 64

// x^−beta, for the usual beta by two square roots.
static inline float inverse_power(float x, float beta) {
  return beta == 0.75f ? 1 / (__builtin_sqrtf(x) * __builtin_sqrtf(__builtin_sqrtf(x))) : powf(x, -beta);
}

CLONES void kernels_lrn(float *restrict y, float *restrict scale, const float *restrict x, struct kernels_lrn_geometry lrn) {
  size_t area = (size_t)lrn.area;
  int half = lrn.size / 2, usual = lrn.beta == 0.75f;
  for (size_t start = 0; start < area; start += BLOCK) {
    size_t width = area - start < BLOCK ? area - start : BLOCK;
    for (int c = 0; c < lrn.channels; c++) {
      float sums[BLOCK] = {0};
      int first = c < half ? 0 : c - half, last = c + half < lrn.channels ? c + half : lrn.channels - 1;
      for (int neighbour = first; neighbour <= last; neighbour++) {
        const float *row = x + (size_t)neighbour * area + start;
        for (size_t i = 0; i < width; i++) sums[i] += row[i] * row[i];
      }
      size_t at = (size_t)c * area + start;
      for (size_t i = 0; i < width; i++) sums[i] = lrn.k + lrn.alpha * sums[i];
      for (size_t i = 0; i < width; i++) scale[at + i] = sums[i];
      if (usual) {
        for (size_t i = 0; i < width; i++) y[at + i] = x[at + i] * inverse_power(sums[i], 0.75f);
      } else {
        for (size_t i = 0; i < width; i++) y[at + i] = x[at + i] * inverse_power(sums[i], lrn.beta);
      }
    }
  }
}

CLONES void kernels_lrn_backward(float *restrict dx, const float *restrict dy, const float *restrict x,
                                 const float *restrict scale, float *restrict scratch, struct kernels_lrn_geometry lrn) {
  size_t area = (size_t)lrn.area;
  int half = lrn.size / 2, usual = lrn.beta == 0.75f;
  float factor = 2 * lrn.alpha * lrn.beta;
  for (size_t start = 0; start < area; start += BLOCK) {
    size_t width = area - start < BLOCK ? area - start : BLOCK;
    for (int c = 0; c < lrn.channels; c++) {
      size_t at = (size_t)c * area + start;
      float *ratio = scratch + (size_t)c * BLOCK;
      for (size_t i = 0; i < width; i++) {
        float power = usual ? inverse_power(scale[at + i], 0.75f) : inverse_power(scale[at + i], lrn.beta);
        dx[at + i] = dy[at + i] * power;
        ratio[i] = dy[at + i] * x[at + i] * power / scale[at + i];
      }
    }
    for (int c = 0; c < lrn.channels; c++) {
      float sums[BLOCK] = {0};
      int first = c < half ? 0 : c - half, last = c + half < lrn.channels ? c + half : lrn.channels - 1;
      for (int neighbour = first; neighbour <= last; neighbour++) {
        const float *row = scratch + (size_t)neighbour * BLOCK;
        for (size_t i = 0; i < width; i++) sums[i] += row[i];
      }
      size_t at = (size_t)c * area + start;
      for (size_t i = 0; i < width; i++) dx[at + i] -= factor * x[at + i] * sums[i];
    }
  }
}
