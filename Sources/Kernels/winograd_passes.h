// Winograd's passes for one type of activations and factors; included once for each, with HALF 1 for bfloat16. Sums are float32.
//
// Factors are multiplied in steps of 32 bits: one float, or two bfloat16 that follow each other along the sum.
#if HALF
#define NAME(name) name##_bf16
#define element uint16_t
#define step uint32_t
#define PAIR 2
#define TARGET PASS_BF16
#define PRODUCT PASS_BF16 INLINE
#else
#define NAME(name) name##_float
#define element float
#define step float
#define PAIR 1
#define TARGET CLONES
#define PRODUCT INLINE
#endif

INLINE void NAME(load)(lanes *z, const element *x) {
#if HALF
  *(words *)z = __builtin_convertvector(*(const halves *)x, words) << 16;
#else
  *z = *(const lanes *)x;
#endif
}

INLINE void NAME(save)(element *z, const lanes *x) {
#if HALF
  words bits;
  round_lanes(&bits, x);
  *(halves *)z = __builtin_convertvector(bits >> 16, halves);
#else
  *(lanes *)z = *x;
#endif
}

// The spots of one row of a factor, or of two that are added up together.
INLINE void NAME(save_spots)(step *z, size_t stride, const lanes *spots, const lanes *next) {
  (void)next;
  UNROLL for (int s = 0; s < SPOTS; s++) {
#if HALF
    if (next) {
      words low, high;
      round_lanes(&low, spots + s);
      round_lanes(&high, next + s);
      *(words *)(z + (size_t)s * stride) = low >> 16 | high;
      continue;
    }
#endif
    NAME(save)((element *)(z + (size_t)s * stride), spots + s);
  }
}

#include "winograd_product.h"

// The side×side values of a plane [height, width, 16] from (top, left) on; zeros outside.
INLINE void NAME(window)(lanes *window, const element *plane, int height, int width, int top, int left, int side) {
  UNROLL for (int at = 0; at < side * side; at++) {
    int row = top + at / side, column = left + at % side;
    window[at] = (lanes){0};
    if (row >= 0 && row < height && column >= 0 && column < width)
      NAME(load)(window + at, plane + ((ptrdiff_t)row * width + column) * LANES);
  }
}

// Bᵀ d B of a tile of one copy of the input, or A ∂Y Aᵀ.
INLINE void NAME(spots)(lanes *spots, const element *x, const struct kernels_winograd *g, struct run run, int index, int copy,
                        int block, int of_outputs) {
  lanes values[SPOTS];
  if (of_outputs) {
    struct tile at = tile_at(g, run, index);
    NAME(window)(values, x + output_plane(g, at.picture, block), g->output_height, g->output_width, at.top, at.left, OUT);
    both_sides(spots, values, outputs, SIDE, OUT, 1);
  } else {
    struct tile at = inputs_at(g, run, index, copy);
    NAME(window)(values, x + input_plane(g, at.picture, block), g->height, g->width, at.top, at.left, SIDE);
    both_sides(spots, values, inputs, SIDE, SIDE, 0);
  }
}

// The spots of a run's tiles for channel blocks first ..< last at z[spot][tile][channel]; where tiles are added up, pairs lie together.
INLINE void NAME(spread)(step *z, size_t stride, size_t row, const element *x, const struct kernels_winograd *g, struct run run,
                         int copy, int first, int last, int of_outputs, int adds_tiles) {
  int by = adds_tiles ? PAIR : 1;
  for (int i = run.first; i < run.last; i += by, z += row)
    for (int block = first; block < last; block++) {
      lanes spots[SPOTS], next[SPOTS] = {0};
      NAME(spots)(spots, x, g, run, i, copy, block, of_outputs);
      if (by == 2 && i + 1 < run.last) NAME(spots)(next, x, g, run, i + 1, copy, block, of_outputs);
      NAME(save_spots)(z + (block - first) * LANES / (adds_tiles ? 1 : PAIR), stride, spots, by == 2 ? next : 0);
    }
}

// y = Aᵀ M A + bias, then max(·, 0) where relu is not 0.
INLINE void NAME(gather_outputs)(element *y, const float *m, size_t stride, size_t row, const float *bias, int relu,
                                 const struct kernels_winograd *g, struct run run, int first, int last) {
  for (int i = run.first; i < run.last; i++, m += row) {
    struct tile tile = tile_at(g, run, i);
    int height = g->output_height - tile.top, width = g->output_width - tile.left;
    for (int block = first; block < last; block++) {
      lanes spots[SPOTS], values[OUT * OUT], shift = {0};
      for (int l = 0; l < LANES && block * LANES + l < g->filters; l++) shift[l] = bias[block * LANES + l];
      load_spots(spots, m + (block - first) * LANES, stride);
      both_sides(values, spots, outputs, OUT, SIDE, 0);
      element *to = y + output_plane(g, tile.picture, block) + ((ptrdiff_t)tile.top * g->output_width + tile.left) * LANES;
      UNROLL for (int at = 0; at < OUT * OUT; at++) {
        if (at / OUT >= height || at % OUT >= width) continue;
        lanes value = values[at] + shift;
        if (relu) value = value < 0 ? (lanes){0} : value;
        NAME(save)(to + ((ptrdiff_t)(at / OUT) * g->output_width + at % OUT) * LANES, &value);
      }
    }
  }
}

TARGET static void NAME(forward)(element *restrict y, const element *restrict x, const step *restrict u, const float *restrict bias,
                                 int relu, const struct kernels_winograd *g, struct kernels_winograd_part part,
                                 float *restrict scratch) {
  int panel = kernels_winograd_panel(g->filters), all = g->copies * g->copies, channels = blocks(g->channels) * LANES / PAIR;
  int depth = all * channels;
  size_t u_stride = spot_stride(depth * panel), v_stride = spot_stride(TILES * depth), m_stride = spot_stride(TILES * COLUMNS);
  step *v = (step *)scratch;
  float *m = scratch + SPOTS * v_stride;
  EACH_RUN(g, part.first_picture, part.last_picture, {
    for (int copy = 0; copy < all; copy++)
      NAME(spread)(v + copy * channels, v_stride, (size_t)depth, x, g, run, copy, 0, blocks(g->channels), 0, 0);
    for (int from = part.first; from < part.last; from += COLUMNS) {
      int to = from + COLUMNS < part.last ? from + COLUMNS : part.last;
      for (size_t spot = 0; spot < SPOTS; spot++)
        for (int column = from; column < to; column += panel)
          NAME(product)(m + spot * m_stride + (column - from), COLUMNS, v + spot * v_stride, (size_t)depth, 1,
                        u + ((size_t)(column / panel) * SPOTS + spot) * u_stride, (size_t)panel, depth, 0, run.last - run.first,
                        panel);
      NAME(gather_outputs)(y, m, m_stride, COLUMNS, bias, relu, g, run, from / LANES, to / LANES);
    }
  })
}

// Where the gradient by channel block `block` of one of a run's pictures is added up, in float32.
INLINE float *NAME(sums)(element *dx, float *sums, const struct kernels_winograd *g, struct run run, int picture, int block) {
#if HALF
  (void)dx;
  return sums + input_plane(g, picture - run.picture, block);
#else
  (void)sums, (void)run;
  return dx + input_plane(g, picture, block);
#endif
}

// Adds B V Bᵀ where it lies inside.
INLINE void NAME(add_inputs)(element *dx, float *sums, const float *v, size_t stride, size_t row, const struct kernels_winograd *g,
                             struct run run, int copy, int first, int last) {
  for (int i = run.first; i < run.last; i++, v += row) {
    struct tile tile = inputs_at(g, run, i, copy);
    for (int block = first; block < last; block++) {
      lanes spots[SPOTS], values[SPOTS];
      load_spots(spots, v + (block - first) * LANES, stride);
      both_sides(values, spots, inputs, SIDE, SIDE, 1);
      float *plane = NAME(sums)(dx, sums, g, run, tile.picture, block);
      UNROLL for (int at = 0; at < SPOTS; at++) {
        int r = tile.top + at / SIDE, c = tile.left + at % SIDE;
        if (r >= 0 && r < g->height && c >= 0 && c < g->width)
          *(lanes *)(plane + ((ptrdiff_t)r * g->width + c) * LANES) += values[at];
      }
    }
  }
}

TARGET static void NAME(input_gradient)(element *restrict dx, const element *restrict dy, const step *restrict u,
                                        const struct kernels_winograd *g, struct kernels_winograd_part part,
                                        float *restrict scratch) {
  int panel = kernels_winograd_panel(g->channels), channels = blocks(g->channels) * LANES, depth = blocks(g->filters) * LANES / PAIR;
  size_t u_stride = spot_stride(depth * panel), m_stride = spot_stride(TILES * depth), v_stride = spot_stride(TILES * COLUMNS);
  size_t area = (size_t)(g->height * g->width * LANES);
  step *m = (step *)scratch;
  float *v = scratch + SPOTS * m_stride, *sums = v + SPOTS * v_stride;
  EACH_RUN(g, part.first_picture, part.last_picture, {
    for (int picture = n; picture < n + here && cut == 0; picture++)
      for (int block = part.first / LANES; block < part.last / LANES; block++)
        memset(NAME(sums)(dx, sums, g, run, picture, block), 0, sizeof(float) * area);
    NAME(spread)(m, m_stride, (size_t)depth, dy, g, run, 0, 0, blocks(g->filters), 1, 0);
    for (int copy = 0; copy < g->copies * g->copies; copy++)
      for (int from = part.first; from < part.last; from += COLUMNS) {
        int to = from + COLUMNS < part.last ? from + COLUMNS : part.last;
        for (size_t spot = 0; spot < SPOTS; spot++)
          for (int column = from; column < to; column += panel)
            NAME(product)(v + spot * v_stride + (column - from), COLUMNS, m + spot * m_stride, (size_t)depth, 1,
                          u + ((size_t)((copy * channels + column) / panel) * SPOTS + spot) * u_stride, (size_t)panel, depth, 0,
                          run.last - run.first, panel);
        NAME(add_inputs)(dx, sums, v, v_stride, COLUMNS, g, run, copy, from / LANES, to / LANES);
      }
#if HALF
    for (int picture = n; picture < n + here && cut == cuts - 1; picture++)
      for (int block = part.first / LANES; block < part.last / LANES; block++)
        for (size_t i = 0; i < area; i += LANES)
          NAME(save)(dx + input_plane(g, picture, block) + i,
                     (const lanes *)(NAME(sums)(dx, sums, g, run, picture, block) + i));
#endif
  })
}

TARGET static void NAME(weight_gradient)(float *restrict dw, const element *restrict x, const element *restrict dy, int pictures,
                                         const struct kernels_winograd *g, struct kernels_winograd_weights part,
                                         float *restrict scratch) {
  int channels = part.last_channel - part.first_channel, filters = part.last_filter - part.first_filter;
  int panel = kernels_winograd_panel(filters), add = 0;
  size_t v_stride = spot_stride(TILES / PAIR * channels), m_stride = spot_stride(TILES / PAIR * filters);
  size_t u_stride = spot_stride(channels * filters);
  step *v = (step *)scratch, *m = v + SPOTS * v_stride;
  float *u = scratch + SPOTS * (v_stride + m_stride);
  EACH_RUN(g, 0, pictures, {
    NAME(spread)(v, v_stride, (size_t)channels, x, g, run, part.copy, part.first_channel / LANES, part.last_channel / LANES, 0, 1);
    NAME(spread)(m, m_stride, (size_t)filters, dy, g, run, 0, part.first_filter / LANES, part.last_filter / LANES, 1, 1);
    for (size_t spot = 0; spot < SPOTS; spot++)
      for (int column = 0; column < filters; column += panel)
        NAME(product)(u + spot * u_stride + column, (size_t)filters, v + spot * v_stride, 1, (size_t)channels,
                      m + spot * m_stride + column, (size_t)filters, (run.last - run.first + PAIR - 1) / PAIR, add, channels, panel);
    add = 1;
  })
  for (int filter = 0; filter < filters; filter += LANES)
    for (int channel = 0; channel < channels; channel += LANES) {
      float block[LANES][AREA][LANES];
      for (int c = 0; c < LANES; c++) {
        lanes spots[SPOTS];
        load_spots(spots, u + (channel + c) * filters + filter, u_stride);
        both_sides((lanes *)block[c], spots, weights, TAPS, SIDE, 1);
      }
      copy_block(dw, block, g, part.copy, part.first_channel + channel, part.first_filter + filter, 1, 1);
    }
}

TARGET static void NAME(pack)(step *restrict u, const float *restrict w, const struct kernels_winograd *g, int transposed, int first,
                              int last) {
  int channels = blocks(g->channels) * LANES, filters = blocks(g->filters) * LANES;
  int rows = transposed ? filters : g->copies * g->copies * channels;
  int panel = kernels_winograd_panel(transposed ? g->channels : g->filters);
  size_t stride = spot_stride(rows / PAIR * panel);
  for (int column = first; column < last; column += LANES)
    for (int row = 0; row < rows; row += LANES) {
      float block[LANES][AREA][LANES];
      int input = transposed ? column : row, filter = transposed ? row : column;
      copy_block((float *)(uintptr_t)w, block, g, input / channels, input % channels, filter, !transposed, 0);
      step *to = u + (size_t)(column / panel) * SPOTS * stride + row / PAIR * panel + column % panel;
      for (int r = 0; r < LANES; r += PAIR, to += panel) {
        lanes spots[SPOTS], next[SPOTS];
        both_sides(spots, (const lanes *)block[r], weights, SIDE, TAPS, 0);
        if (PAIR == 2) both_sides(next, (const lanes *)block[r + 1], weights, SIDE, TAPS, 0);
        NAME(save_spots)(to, stride, spots, PAIR == 2 ? next : 0);
      }
    }
}

TARGET static void NAME(bias_gradient)(float *restrict db, const element *restrict dy, int pictures, const struct kernels_winograd *g,
                                       int block) {
  lanes all = {0};
  for (int n = 0; n < pictures; n++) {
    lanes picture = {0}, value;
    for (int i = 0; i < g->output_height * g->output_width; i++) {
      NAME(load)(&value, dy + output_plane(g, n, block) + (ptrdiff_t)i * LANES);
      picture += value;
    }
    all += picture;
  }
  for (int l = 0; l < LANES && block * LANES + l < g->filters; l++) db[block * LANES + l] = all[l];
}

#undef NAME
#undef element
#undef step
#undef PAIR
#undef TARGET
#undef PRODUCT
#undef HALF
