// Element-wise and reduction loops, one clone an instruction set, and the team of threads that runs them.
//
// Sizes are in elements unless a name says otherwise. Pointers never alias unless a comment says that they may.
// Activations of one picture are [C, H, W] in C order; area = H·W.
#pragma once
#include <stddef.h>
#include <stdint.h>

// ---- The thread team ------------------------------------------------------------------------------------------------

typedef void (*kernels_worker)(intptr_t worker, const void *context);

/// Runs `body(worker, context)` for worker 0 ..< workers, one thread each where there are enough, and waits for all. The threads are
/// libgomp's, the same that OpenMP libraries in this process use: there is one team, never two.
void kernels_run_team(int32_t workers, kernels_worker body, const void *context);

/// The processors that this process may run on, as far as the quota of its control group goes.
int kernels_available_processors(void);

/// Bits of the widest vectors that this processor computes with, as far as AVX2 (256) and AVX-512 (512) go; else 0.
int kernels_vector_bits(void);

/// The processors that the quota of this process's control group, or of one above it, is worth, rounded up; 0 without any.
/// `root` stands before all paths that are read: "" but in tests. the launcher counts likewise (Sources/Launching/Processors.swift).
/// Source: cgroups(7), Linux's cgroup-v2.rst (cpu.max) and sched-bwc.rst (cpu.cfs_quota_us).
int kernels_quota_processors(const char *root);

// ---- Element-wise ---------------------------------------------------------------------------------------------------

/// y[c, i] += bias[c], then max(·, 0) where relu is not 0.
void kernels_bias(float *y, const float *bias, size_t channels, size_t area, int relu);

/// y[r, j] += bias[j] for rows of `columns` values that lie `stride` apart, then max(·, 0) where relu is not 0.
void kernels_bias_rows(float *y, const float *bias, size_t rows, size_t columns, size_t stride, int relu);

/// x = max(x, 0) in place.
void kernels_relu(float *x, size_t count);

enum kernels_gate { KERNELS_GATE_FORWARD = 1, KERNELS_GATE_BACKWARD = 2 };

/// Gates the signal of a ReLU's backward pass in place: kept where y > 0 (forward gate), signal > 0 (backward gate), or both.
void kernels_relu_gate(float *signal, const float *y, size_t count, int gates);

/// The same for bfloat16, as its bits.
void kernels_relu_bf16(uint16_t *x, size_t count);
void kernels_relu_gate_bf16(uint16_t *signal, const uint16_t *y, size_t count, int gates);

/// sum[i] += x[i].
void kernels_add(float *sum, const float *x, size_t count);

/// sums[c] = (accumulate ? sums[c] : 0) + Σ x[c, i].
void kernels_row_sums(float *sums, const float *x, size_t channels, size_t area, int accumulate);

/// Σ x² in double precision: finite exactly when every x is.
double kernels_sum_of_squares(const float *x, size_t count);

/// v ← momentum·v − rate·(g + decay·w), w ← w + v.
void kernels_sgd(float *w, float *v, const float *g, size_t count, float rate, float momentum, float decay);

/// The same, and half = w as bfloat16's bits.
void kernels_sgd_bf16(float *w, uint16_t *half, float *v, const float *g, size_t count, float rate, float momentum, float decay);

/// m ← beta1·m + rest1·g, s ← beta2·s + rest2·g², w ← keep·w − step·m / (root·√s + epsilon).
struct kernels_adamw_rule {
  float beta1, rest1, beta2, rest2, step, root, epsilon, keep;
};
void kernels_adamw(float *w, float *m, float *s, const float *g, size_t count, struct kernels_adamw_rule rule);

/// The same, and half = w as bfloat16's bits.
void kernels_adamw_bf16(float *w, uint16_t *half, float *m, float *s, const float *g, size_t count, struct kernels_adamw_rule rule);

/// average[i] += share·(x[i] − average[i]).
void kernels_average(float *average, const float *x, size_t count, float share);

/// x[i] *= factor.
void kernels_scale(float *x, size_t count, float factor);

/// half = x rounded to the nearest bfloat16, to even in the middle, as bits.
void kernels_to_bf16(uint16_t *half, const float *x, size_t count);

/// x = half, and x += half.
void kernels_from_bf16(float *x, const uint16_t *half, size_t count);
void kernels_add_bf16(float *x, const uint16_t *half, size_t count);

// ---- Convolution ----------------------------------------------------------------------------------------------------

struct kernels_window {
  int channels, height, width;               // of the input
  int kernel, stride, padding;               // square
  int output_height, output_width;
};

/// columns[(c, u, v), (i, j)] = x[c, i·stride + u − padding, j·stride + v − padding], 0 outside the picture.
void kernels_im2col(float *columns, const float *x, struct kernels_window window);

/// The transpose: x[c, …] = Σ of the columns that came from there.
void kernels_col2im(float *x, const float *columns, struct kernels_window window);

/// A convolution's input rewritten for another one of stride 1; see ConvNet's `Unfolding` for the channels' order.
struct kernels_unfolding {
  int channels, height, width;               // of the input
  int stride, padding;                       // of the convolution
  int unfolded_channels;                     // filled up to whole blocks
  int unfolded_height, unfolded_width;
  int block;                                 // channels that lie together, innermost
};

/// Space to depth: z [Z/block, R, Q, block] from a plain picture x [C, H, W]; and the transpose, which writes all of x.
void kernels_space_to_depth(float *z, const float *x, struct kernels_unfolding unfolding);
void kernels_space_to_depth_bf16(uint16_t *z, const float *x, struct kernels_unfolding unfolding);
void kernels_depth_to_space(float *x, const float *z, struct kernels_unfolding unfolding);
void kernels_depth_to_space_bf16(float *x, const uint16_t *z, struct kernels_unfolding unfolding);

/// One filter's weights z [Z, taps, taps] from w [C, side, side], 0 where w has no tap; and the transpose, which writes all of w.
void kernels_unfold_weights(float *z, const float *w, int side, int taps, struct kernels_unfolding unfolding);
void kernels_fold_weights(float *w, const float *z, int side, int taps, struct kernels_unfolding unfolding);

// Winograd's convolution: 3×3 kernels of stride 1, and 5×5 and 6×6 ones as 3×3 over copies of the input that are shifted by 3.
// Activations are [N, C/16, H, W, 16], their last block filled up with zeros. A picture's values depend on no other picture.

struct kernels_winograd {
  int channels, height, width;               // of the input
  int filters, output_height, output_width;
  int kernel, padding, copies;               // copies in a dimension: 1, or 2
  int half;                                  // not 0: activations and factors are bfloat16, which the processor must know, not float
};

/// What one call computes: pictures, and channels or filters first ..< last, in whole panels.
struct kernels_winograd_part {
  int first_picture, last_picture, first, last;
};

/// What one call computes of the weights' gradient: those that one copy of the input meets, in whole blocks of 16.
struct kernels_winograd_weights {
  int copy, first_channel, last_channel, first_filter, last_filter;
};

/// The channels of a panel, 16 or 32: weights are packed panel by panel.
int kernels_winograd_panel(int channels);

/// Pictures that are computed together.
int kernels_winograd_pictures(struct kernels_winograd winograd);

/// Floats that the packed weights take, for the forward pass or (transposed) for the gradient by the input.
size_t kernels_winograd_packed(struct kernels_winograd winograd, int transposed);

/// Floats of `scratch` in a call for either pass, and for the gradient by so many of the weights.
size_t kernels_winograd_scratch(struct kernels_winograd winograd, int transposed);
size_t kernels_winograd_weight_scratch(struct kernels_winograd winograd, int channels, int filters);

/// Packs the weights w [K, C, kernel, kernel] for filters (transposed: for channels of all copies) first ..< last.
void kernels_winograd_pack(void *u, const float *w, struct kernels_winograd winograd, int transposed, int first, int last);

/// y = x ∗ w + bias, then max(·, 0) where relu is not 0.
void kernels_winograd_forward(void *y, const void *x, const void *u, const float *bias, int relu,
                              struct kernels_winograd winograd, struct kernels_winograd_part part, float *scratch);

/// The gradient by x, of weights packed transposed.
void kernels_winograd_input_gradient(void *dx, const void *dy, const void *u, struct kernels_winograd winograd,
                                     struct kernels_winograd_part part, float *scratch);

/// The gradient by some of the weights w [K, C, kernel, kernel].
void kernels_winograd_weight_gradient(float *dw, const void *x, const void *dy, int pictures, struct kernels_winograd winograd,
                                      struct kernels_winograd_weights part, float *scratch);

/// The gradient by the biases of one block of filters.
void kernels_winograd_bias_gradient(float *db, const void *dy, int pictures, struct kernels_winograd winograd, int block);

// ---- Pooling and normalisation --------------------------------------------------------------------------------------

/// Maxima of windows clipped to the picture; `switches` gets each maximum's index in its input plane (the first where
/// several are largest; a NaN wins).
void kernels_max_pool(float *y, int32_t *switches, const float *x, struct kernels_window window);

/// dx = 0, then dx[switch] += dy.
void kernels_max_pool_backward(float *dx, const float *dy, const int32_t *switches, struct kernels_window window);

struct kernels_lrn_geometry {
  int channels, area, size;
  float k, alpha, beta;
};

/// scale = k + alpha·Σ x² over `size` neighbouring channels; y = x·scale^−beta.
void kernels_lrn(float *y, float *scale, const float *x, struct kernels_lrn_geometry lrn);

/// dx[c] = dy[c]·scale[c]^−beta − 2·alpha·beta·x[c]·Σ dy[c′]·x[c′]·scale[c′]^(−beta−1) over the channels c′ that c feeds.
/// `scratch` holds channels × 64 values.
void kernels_lrn_backward(float *dx, const float *dy, const float *x, const float *scale, float *scratch,
                          struct kernels_lrn_geometry lrn);

// ---- Pictures -------------------------------------------------------------------------------------------------------

enum { KERNELS_RESAMPLING_PRECISION = 22 };

/// One dimension of a resize: output o is Σ weights[o·taps + t]·input[starts[o] + t] in fixed point, rounded to 8 bits.
/// All inputs lie in first ..< end.
struct kernels_resampling {
  int outputs, taps;
  int first, end;
  const int32_t *starts, *weights;
};

/// The horizontal pass, from interleaved RGB rows that lie `row_bytes` apart to planar ones: [rows, 3, outputs]. `planar` has
/// place for rows and outputs up to the next multiples of 16, `scratch` for 48·(end − first) + 256 bytes.
void kernels_resample_rows(uint8_t *planar, const uint8_t *rgb, size_t row_bytes, int rows,
                           const struct kernels_resampling *filter, uint8_t *scratch);

/// One row of the vertical pass: y[i] = Σ weights[t]·x[t·count + i], as above; count is a multiple of 16.
void kernels_resample_columns(uint8_t *y, const uint8_t *x, size_t count, const int32_t *weights, int taps);

/// y = x + shift − mean; a null mean is 0.
void kernels_centre(float *y, const uint8_t *x, const float *mean, float shift, size_t count);

// ---- Randomness -----------------------------------------------------------------------------------------------------

/// y *= mask / (1 − probability) in place; mask[i] = 1 where the (first + i)-th 32-bit number of the Philox4x32-10 stream (key;
/// counter word 1 = stream, words 2 and 3 = sample) is at least probability·2³², else 0.
void kernels_dropout(float *y, uint8_t *mask, size_t first, size_t count, float probability, uint64_t key, uint32_t stream,
                     uint64_t sample);

/// The same on bfloat16 values, with the same mask.
void kernels_dropout_bf16(uint16_t *y, uint8_t *mask, size_t first, size_t count, float probability, uint64_t key,
                          uint32_t stream, uint64_t sample);

/// g *= mask·scale in place.
void kernels_mask(float *g, const uint8_t *mask, size_t count, float scale);
void kernels_mask_bf16(uint16_t *g, const uint8_t *mask, size_t count, float scale);
