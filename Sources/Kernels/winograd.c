// Winograd's convolution: tiles of 4×4 outputs from 6×6 inputs, 36 products of matrices between two transforms.
#include "clones.h"
#include "winograd_tiles.h"
#include <string.h>

enum { ROWS = 8 };  // of a product that are summed up in registers

#if defined(__x86_64__) && defined(__ELF__) && !__has_feature(thread_sanitizer)
#include <immintrin.h>
// Only called where the processor has these instructions.
#define PASS_BF16 __attribute__((target("arch=x86-64-v4,avx512bf16"), min_vector_width(512)))
#define ADD_PAIRS(sum, a, b) \
  (sum) = (lanes)_mm512_dpbf16_ps((__m512)(sum), (__m512bh)_mm512_set1_epi32((int)(a)), (__m512bh)(b))
#else
#define PASS_BF16
#define ADD_PAIRS(sum, a, b)                            \
  do {                                                  \
    words one = (words){0} + (a), low = one << 16, other = (b) << 16; \
    words high = one & 0xFFFF0000, upper = (b) & 0xFFFF0000;          \
    (sum) += *(lanes *)&low * *(lanes *)&other;         \
    (sum) += *(lanes *)&high * *(lanes *)&upper;        \
  } while (0)
#endif

INLINE void load_spots(lanes *spots, const float *from, size_t stride) {
  UNROLL for (int s = 0; s < SPOTS; s++) spots[s] = *(const lanes *)(from + (size_t)s * stride);
}

// 16 channels of one copy × 16 filters of the weights [K, C, kernel, kernel], to or from block[c or k][tap][k or c]; what the weights
// don't have is zero.
static void copy_block(float *weights, float block[LANES][AREA][LANES], const struct kernels_winograd *g, int copy, int channel,
                       int filter, int lanes_are_filters, int writes) {
  for (int within = 0; within < AREA; within++) {
    int row = TAPS * (copy / g->copies) + within / TAPS, column = TAPS * (copy % g->copies) + within % TAPS;
    int there = row < g->kernel && column < g->kernel;
    for (int k = 0; k < LANES; k++)
      for (int c = 0; c < LANES; c++) {
        float *value = lanes_are_filters ? &block[c][within][k] : &block[k][within][c];
        int exists = there && filter + k < g->filters && channel + c < g->channels;
        ptrdiff_t at = (((ptrdiff_t)(filter + k) * g->channels + channel + c) * g->kernel + row) * g->kernel + column;
        if (!writes) *value = exists ? weights[at] : 0;
        else if (exists) weights[at] = *value;
      }
  }
}

int kernels_winograd_panel(int channels) { return blocks(channels) % 2 ? LANES : 2 * LANES; }

int kernels_winograd_pictures(struct kernels_winograd winograd) {
  int per = tiles_of_picture(&winograd);
  return per < TILES ? TILES / per : 1;
}

#define HALF 0
#include "winograd_passes.h"
#define HALF 1
#include "winograd_passes.h"

static inline int pair(const struct kernels_winograd *g) { return g->half ? 2 : 1; }

size_t kernels_winograd_packed(struct kernels_winograd winograd, int transposed) {
  const struct kernels_winograd *g = &winograd;
  int channels = g->copies * g->copies * blocks(g->channels) * LANES, filters = blocks(g->filters) * LANES;
  int rows = transposed ? filters : channels, columns = transposed ? channels : filters;
  int panel = kernels_winograd_panel(transposed ? g->channels : g->filters);
  return (size_t)(columns / panel) * SPOTS * spot_stride(rows / pair(g) * panel);
}

size_t kernels_winograd_scratch(struct kernels_winograd winograd, int transposed) {
  const struct kernels_winograd *g = &winograd;
  int depth = (transposed ? blocks(g->filters) : g->copies * g->copies * blocks(g->channels)) * LANES / pair(g);
  size_t sums = transposed && g->half ? (size_t)input_plane(g, kernels_winograd_pictures(winograd), 0) : 0;
  return SPOTS * (spot_stride(TILES * depth) + spot_stride(TILES * COLUMNS)) + sums;
}

size_t kernels_winograd_weight_scratch(struct kernels_winograd winograd, int channels, int filters) {
  const struct kernels_winograd *g = &winograd;
  return SPOTS * (spot_stride(TILES / pair(g) * channels) + spot_stride(TILES / pair(g) * filters) + spot_stride(channels * filters));
}

#define EITHER(pass, ...) \
  const struct kernels_winograd *g = &winograd; \
  if (g->half) pass##_bf16(__VA_ARGS__); \
  else pass##_float(__VA_ARGS__)

void kernels_winograd_pack(void *u, const float *w, struct kernels_winograd winograd, int transposed, int first, int last) {
  EITHER(pack, u, w, g, transposed, first, last);
}

void kernels_winograd_forward(void *y, const void *x, const void *u, const float *bias, int relu, struct kernels_winograd winograd,
                              struct kernels_winograd_part part, float *scratch) {
  EITHER(forward, y, x, u, bias, relu, g, part, scratch);
}

void kernels_winograd_input_gradient(void *dx, const void *dy, const void *u, struct kernels_winograd winograd,
                                     struct kernels_winograd_part part, float *scratch) {
  EITHER(input_gradient, dx, dy, u, g, part, scratch);
}

void kernels_winograd_weight_gradient(float *dw, const void *x, const void *dy, int pictures, struct kernels_winograd winograd,
                                      struct kernels_winograd_weights part, float *scratch) {
  EITHER(weight_gradient, dw, x, dy, pictures, g, part, scratch);
}

void kernels_winograd_bias_gradient(float *db, const void *dy, int pictures, struct kernels_winograd winograd, int block) {
  EITHER(bias_gradient, db, dy, pictures, g, block);
}
