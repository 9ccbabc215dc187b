// Convolution by im2col, and max pooling: loops over the windows of a picture.
#include "clones.h"
#include "kernels.h"
#include <string.h>

// The output columns j for which 0 <= j·stride + v − padding < width: [first, last).
static inline void inside(struct kernels_window w, int v, int *first, int *last) {
  int begin = w.padding - v;
  *first = begin <= 0 ? 0 : (begin + w.stride - 1) / w.stride;
  int end = w.width + w.padding - v;
  int beyond = end <= 0 ? 0 : (end + w.stride - 1) / w.stride;
  *last = beyond < w.output_width ? beyond : w.output_width;
  if (*first > *last) *first = *last;
}

CLONES void kernels_im2col(float *restrict columns, const float *restrict x, struct kernels_window w) {
  int oh = w.output_height, ow = w.output_width;
  for (int c = 0; c < w.channels; c++, x += (size_t)w.height * w.width) {
    for (int u = 0; u < w.kernel; u++) {
      for (int v = 0; v < w.kernel; v++) {
        int first, last;
        inside(w, v, &first, &last);
        for (int i = 0; i < oh; i++, columns += ow) {
          int row = i * w.stride + u - w.padding;
          if (row < 0 || row >= w.height) {
            memset(columns, 0, sizeof(float) * (size_t)ow);
            continue;
          }
          const float *from = x + (size_t)row * w.width + v - w.padding;
          for (int j = 0; j < first; j++) columns[j] = 0;
          if (w.stride == 1) {
            memcpy(columns + first, from + first, sizeof(float) * (size_t)(last - first));
          } else {
            for (int j = first; j < last; j++) columns[j] = from[(size_t)j * w.stride];
          }
          for (int j = last; j < ow; j++) columns[j] = 0;
        }
      }
    }
  }
}

CLONES void kernels_col2im(float *restrict x, const float *restrict columns, struct kernels_window w) {
  int oh = w.output_height, ow = w.output_width;
  size_t plane = (size_t)w.height * w.width;
  memset(x, 0, sizeof(float) * plane * (size_t)w.channels);
  for (int c = 0; c < w.channels; c++, x += plane) {
    for (int u = 0; u < w.kernel; u++) {
      for (int v = 0; v < w.kernel; v++) {
        int first, last;
        inside(w, v, &first, &last);
        for (int i = 0; i < oh; i++, columns += ow) {
          int row = i * w.stride + u - w.padding;
          if (row < 0 || row >= w.height) continue;
          float *to = x + (size_t)row * w.width + v - w.padding;
          if (w.stride == 1) {
            for (int j = first; j < last; j++) to[j] += columns[j];
          } else {
            for (int j = first; j < last; j++) to[(size_t)j * w.stride] += columns[j];
          }
        }
      }
    }
  }
}

// Takes the values at place v of a row of windows. Inlined with a constant stride, it is vector loads and shuffles instead
// of gathers.
static inline __attribute__((always_inline)) void take(float *restrict y, int32_t *restrict switches, const float *restrict x,
                                                       int start, int count, int stride) {
  for (int j = 0; j < count; j++) {
    float value = x[start + j * stride];
    int larger = (value > y[j]) | (value != value);
    y[j] = larger ? value : y[j];
    switches[j] = larger ? start + j * stride : switches[j];
  }
}

// One row of outputs at a time, all windows' values at the same place (u, v) together.
CLONES void kernels_max_pool(float *restrict y, int32_t *restrict switches, const float *restrict x,
                             struct kernels_window w) {
  int ow = w.output_width, stride = w.stride;
  for (int c = 0; c < w.channels; c++, x += (size_t)w.height * w.width) {
    for (int i = 0; i < w.output_height; i++, y += ow, switches += ow) {
      int top = i * stride, bottom = top + w.kernel < w.height ? top + w.kernel : w.height;
      for (int j = 0; j < ow; j++) {
        switches[j] = top * w.width + j * stride;
        y[j] = x[switches[j]];
      }
      for (int row = top; row < bottom; row++) {
        for (int v = 0; v < w.kernel; v++) {
          int unclipped = (w.width - v + stride - 1) / stride;  // windows that reach as far as v
          int count = unclipped < ow ? unclipped : ow, start = row * w.width + v;
          if (stride == 2) {
            take(y, switches, x, start, count, 2);
          } else {
            take(y, switches, x, start, count, stride);
          }
        }
      }
    }
  }
}

void kernels_max_pool_backward(float *restrict dx, const float *restrict dy, const int32_t *restrict switches,
                               struct kernels_window w) {
  size_t plane = (size_t)w.height * w.width;
  int outputs = w.output_height * w.output_width;
  memset(dx, 0, sizeof(float) * plane * (size_t)w.channels);
  for (int c = 0; c < w.channels; c++, dx += plane) {
    for (int i = 0; i < outputs; i++) dx[*switches++] += *dy++;
  }
}
