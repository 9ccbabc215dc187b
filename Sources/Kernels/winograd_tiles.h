// The transforms of Winograd's F(4×4, 3×3), and where a picture's tiles lie.
//
// With the interpolation points p = 0, ±3/4, ±3/2 and ∞ the outputs are Y = Aᵀ[(G w Gᵀ) ⊙ (Bᵀ d B)]A; the gradients are the
// transposed maps: ∂w = Gᵀ[(A ∂Y Aᵀ) ⊙ (Bᵀ d B)]G and ∂d = B[(G w Gᵀ) ⊙ (A ∂Y Aᵀ)]Bᵀ, added up where tiles overlap. These points
// round less than 0, ±1, ±2 and ∞, by half in bfloat16.
// Source: Lavin and Gray, *Fast Algorithms for Convolutional Neural Networks*, 2015.
#pragma once
#include "kernels.h"
#include "lanes.h"

enum {
  OUT = 4,            // outputs of a tile in a dimension
  TAPS = 3,           // of the kernel
  SIDE = 6,           // inputs
  SPOTS = 36,         // products
  AREA = TAPS * TAPS,
  TILES = 64,         // that are transformed before they are multiplied
  COLUMNS = 128,      // of a product that are transformed back at once
};

#define P 0.75f
#define Q 1.5f
#define PP (P * P)
#define QQ (Q * Q)
#define AT_P (1 / (2 * PP * (PP - QQ)))
#define AT_Q (1 / (2 * QQ * (QQ - PP)))

// Bᵀ: row i is the product of x − p over all other points, in powers of x.
static const float inputs[SIDE * SIDE] = {
    PP * QQ, 0,       -PP - QQ, 0,        1, 0,  //
    0,       -P * QQ, -QQ,      P,        1, 0,  //
    0,       P * QQ,  -QQ,      -P,       1, 0,  //
    0,       -PP * Q, -PP,      Q,        1, 0,  //
    0,       PP * Q,  -PP,      -Q,       1, 0,  //
    0,       PP * QQ, 0,        -PP - QQ, 0, 1,
};
// G: powers of the point over that product at the point.
static const float weights[SIDE * TAPS] = {
    1 / (PP * QQ), 0,         0,          //
    AT_P,          P * AT_P,  PP * AT_P,  //
    AT_P,          -P * AT_P, PP * AT_P,  //
    AT_Q,          Q * AT_Q,  QQ * AT_Q,  //
    AT_Q,          -Q * AT_Q, QQ * AT_Q,  //
    0,             0,         1,
};
// Aᵀ: powers of the points.
static const float outputs[OUT * SIDE] = {
    1, 1,      1,       1,      1,       0,  //
    0, P,      -P,      Q,      -Q,      0,  //
    0, PP,     PP,      QQ,     QQ,      0,  //
    0, P * PP, -P * PP, Q * QQ, -Q * QQ, 1,
};

// z = M x Mᵀ for the rows×columns matrix M, which is the table or its transpose.
INLINE void both_sides(lanes *z, const lanes *x, const float *table, int rows, int columns, int transposed) {
  lanes half[SIDE * SIDE];
  UNROLL for (int pass = 0; pass < 2; pass++) {
    // First each row of x, into a column of `half`; then each row of `half` (of x's rows), into a column of z.
    const lanes *from = pass ? half : x;
    lanes *to = pass ? z : half;
    UNROLL for (int r = 0; r < (pass ? rows : columns); r++) UNROLL for (int i = 0; i < rows; i++) {
      lanes sum = {0};
      UNROLL for (int j = 0; j < columns; j++) {
        float m = transposed ? table[j * rows + i] : table[i * columns + j];
        if (m != 0) sum += m * from[r * columns + j];
      }
      to[i * (pass ? rows : columns) + r] = sum;
    }
  }
}

static inline int blocks(int channels) { return (channels + LANES - 1) / LANES; }

// From one spot to the next: a line more than the values, so that 36 of them don't fall on one set of the cache.
static inline size_t spot_stride(int values) { return (size_t)values + LANES; }

static inline int tiles_across(const struct kernels_winograd *g) { return (g->output_width + OUT - 1) / OUT; }
static inline int tiles_of_picture(const struct kernels_winograd *g) {
  return tiles_across(g) * ((g->output_height + OUT - 1) / OUT);
}

// Tiles first ..< last of `pictures` pictures, counted from those of the first.
struct run {
  int picture, pictures, first, last;
};

// Cuts the tiles of pictures into runs, of several whole pictures or of a part of one, and does what follows for each. Where they are
// cut within a picture doesn't depend on which pictures there are.
#define EACH_RUN(g, first_picture, last_picture, ...)                                                        \
  for (int group = kernels_winograd_pictures(*(g)), n = first_picture; n < last_picture; n += group) {          \
    int here = last_picture - n < group ? last_picture - n : group;                                          \
    int total = here * tiles_of_picture(g), cuts = (total + TILES - 1) / TILES;                              \
    for (int cut = 0; cut < cuts; cut++) {                                                                   \
      struct run run = {n, here, total * cut / cuts, total * (cut + 1) / cuts};                              \
      __VA_ARGS__                                                                                            \
    }                                                                                                        \
  }

struct tile {
  int picture, top, left;  // of its first output
};

static inline struct tile tile_at(const struct kernels_winograd *g, struct run run, int index) {
  int per = tiles_of_picture(g), across = tiles_across(g), within = index % per;
  return (struct tile){run.picture + index / per, within / across * OUT, within % across * OUT};
}

// The tile's first input in a copy.
static inline struct tile inputs_at(const struct kernels_winograd *g, struct run run, int index, int copy) {
  struct tile tile = tile_at(g, run, index);
  return (struct tile){
      tile.picture, tile.top - g->padding + TAPS * (copy / g->copies), tile.left - g->padding + TAPS * (copy % g->copies)};
}

static inline ptrdiff_t input_plane(const struct kernels_winograd *g, int picture, int block) {
  return ((ptrdiff_t)picture * blocks(g->channels) + block) * g->height * g->width * LANES;
}
static inline ptrdiff_t output_plane(const struct kernels_winograd *g, int picture, int block) {
  return ((ptrdiff_t)picture * blocks(g->filters) + block) * g->output_height * g->output_width * LANES;
}
