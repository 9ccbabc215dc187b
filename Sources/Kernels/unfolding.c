// The input of a convolution rewritten for a smaller kernel: space to depth.
#include "bfloat16.h"
#include "clones.h"
#include "kernels.h"
#include <string.h>

// Where lane `lane` of channel block `group` comes from; 0 for a channel that only fills a block.
static inline int origin(struct kernels_unfolding u, int group, int lane, int *c, int *dy, int *dx) {
  int channel = group * u.block + lane, area = u.stride * u.stride;
  *c = channel / area;
  *dy = channel % area / u.stride;
  *dx = channel % u.stride;
  return *c < u.channels;
}

// The unfolded columns q for which 0 <= q·stride + dx − padding < width: [first, last).
static inline void inside(struct kernels_unfolding u, int dx, int *first, int *last) {
  int begin = u.padding - dx, end = u.width + u.padding - dx;
  *first = begin <= 0 ? 0 : (begin + u.stride - 1) / u.stride;
  int beyond = end <= 0 ? 0 : (end + u.stride - 1) / u.stride;
  *last = beyond < u.unfolded_width ? beyond : u.unfolded_width;
  if (*first > *last) *first = *last;
}

// One loop nest for both types: a lane of a row at a time, which stays in the first-level cache.
#define SPACE_TO_DEPTH(NAME, TYPE, CONVERT)                                                                              \
  CLONES void NAME(TYPE *restrict z, const float *restrict x, struct kernels_unfolding u) {                       \
    int groups = u.unfolded_channels / u.block;                                                                        \
    size_t row_length = (size_t)u.unfolded_width * (size_t)u.block;                                                    \
    for (int group = 0; group < groups; group++) {                                                                       \
      for (int r = 0; r < u.unfolded_height; r++, z += row_length) {                                                    \
        memset(z, 0, sizeof(TYPE) * row_length);                                                                         \
        for (int lane = 0; lane < u.block; lane++) {                                                                    \
          int c, dy, dx, first, last;                                                                                    \
          if (!origin(u, group, lane, &c, &dy, &dx)) break;                                                              \
          int row = r * u.stride + dy - u.padding;                                                                     \
          if (row < 0 || row >= u.height) continue;                                                                     \
          inside(u, dx, &first, &last);                                                                                  \
          const float *from = x + ((ptrdiff_t)c * u.height + row) * u.width + dx - u.padding;                         \
          for (int q = first; q < last; q++) z[q * u.block + lane] = CONVERT(from[q * u.stride]);                      \
        }                                                                                                                \
      }                                                                                                                  \
    }                                                                                                                    \
  }

#define DEPTH_TO_SPACE(NAME, TYPE, CONVERT)                                                                              \
  CLONES void NAME(float *restrict x, const TYPE *restrict z, struct kernels_unfolding u) {                       \
    int groups = u.unfolded_channels / u.block;                                                                        \
    size_t row_length = (size_t)u.unfolded_width * (size_t)u.block;                                                    \
    memset(x, 0, sizeof(float) * (size_t)u.channels * (size_t)u.height * (size_t)u.width);                            \
    for (int group = 0; group < groups; group++) {                                                                       \
      for (int r = 0; r < u.unfolded_height; r++, z += row_length) {                                                    \
        for (int lane = 0; lane < u.block; lane++) {                                                                    \
          int c, dy, dx, first, last;                                                                                    \
          if (!origin(u, group, lane, &c, &dy, &dx)) break;                                                              \
          int row = r * u.stride + dy - u.padding;                                                                     \
          if (row < 0 || row >= u.height) continue;                                                                     \
          inside(u, dx, &first, &last);                                                                                  \
          float *to = x + ((ptrdiff_t)c * u.height + row) * u.width + dx - u.padding;                                 \
          for (int q = first; q < last; q++) to[q * u.stride] = CONVERT(z[q * u.block + lane]);                        \
        }                                                                                                                \
      }                                                                                                                  \
    }                                                                                                                    \
  }

SPACE_TO_DEPTH(kernels_space_to_depth, float, )
SPACE_TO_DEPTH(kernels_space_to_depth_bf16, uint16_t, to_bf16)
DEPTH_TO_SPACE(kernels_depth_to_space, float, )
DEPTH_TO_SPACE(kernels_depth_to_space_bf16, uint16_t, from_bf16)

// The original channel, row and column at tap 0 of an unfolded channel.
static inline void tap(struct kernels_unfolding u, int channel, int *c, int *down, int *right) {
  int area = u.stride * u.stride;
  *c = channel / area;
  *down = channel % area / u.stride;
  *right = channel % u.stride;
}

void kernels_unfold_weights(float *restrict z, const float *restrict w, int side, int taps, struct kernels_unfolding u) {
  int used = u.channels * u.stride * u.stride;
  memset(z, 0, sizeof(float) * (size_t)u.unfolded_channels * (size_t)(taps * taps));
  for (int channel = 0; channel < used; channel++, z += taps * taps) {
    int c, down, right;
    tap(u, channel, &c, &down, &right);
    const float *from = w + c * side * side;
    for (int i = 0, row = down; i < taps && row < side; i++, row += u.stride)
      for (int j = 0, column = right; j < taps && column < side; j++, column += u.stride)
        z[i * taps + j] = from[row * side + column];
  }
}

void kernels_fold_weights(float *restrict w, const float *restrict z, int side, int taps, struct kernels_unfolding u) {
  int used = u.channels * u.stride * u.stride;
  for (int channel = 0; channel < used; channel++, z += taps * taps) {
    int c, down, right;
    tap(u, channel, &c, &down, &right);
    float *to = w + c * side * side;
    for (int i = 0, row = down; i < taps && row < side; i++, row += u.stride)
      for (int j = 0, column = right; j < taps && column < side; j++, column += u.stride)
        to[row * side + column] = z[i * taps + j];
  }
}
