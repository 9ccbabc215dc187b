#include "bfloat16.h"
#include "clones.h"
#include "kernels.h"

CLONES void kernels_bias(float *restrict y, const float *restrict bias, size_t channels, size_t area, int relu) {
  for (size_t c = 0; c < channels; c++, y += area) {
    float b = bias[c];
    if (relu) {
      for (size_t i = 0; i < area; i++) {
        float value = y[i] + b;
        y[i] = value < 0 ? 0 : value;
      }
    } else {
      for (size_t i = 0; i < area; i++) y[i] += b;
    }
  }
}

CLONES void kernels_bias_rows(float *restrict y, const float *restrict bias, size_t rows, size_t columns, size_t stride,
                              int relu) {
  for (size_t r = 0; r < rows; r++, y += stride) {
    for (size_t j = 0; j < columns; j++) {
      float value = y[j] + bias[j];
      y[j] = relu && value < 0 ? 0 : value;
    }
  }
}

CLONES void kernels_relu(float *x, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = x[i] < 0 ? 0 : x[i];
}

CLONES void kernels_relu_gate(float *restrict signal, const float *restrict y, size_t count, int gates) {
  if (gates == KERNELS_GATE_FORWARD) {
    for (size_t i = 0; i < count; i++) signal[i] = y[i] > 0 ? signal[i] : 0;
  } else if (gates == KERNELS_GATE_BACKWARD) {
    for (size_t i = 0; i < count; i++) signal[i] = signal[i] > 0 ? signal[i] : 0;
  } else {
    for (size_t i = 0; i < count; i++) signal[i] = ((y[i] > 0) & (signal[i] > 0)) ? signal[i] : 0;
  }
}

CLONES void kernels_add(float *restrict sum, const float *restrict x, size_t count) {
  for (size_t i = 0; i < count; i++) sum[i] += x[i];
}

CLONES double kernels_sum_of_squares(const float *x, size_t count) {
#pragma clang fp reassociate(on)
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += (double)x[i] * x[i];
  return sum;
}

CLONES void kernels_row_sums(float *restrict sums, const float *restrict x, size_t channels, size_t area, int accumulate) {
#pragma clang fp reassociate(on)
  for (size_t c = 0; c < channels; c++, x += area) {
    float sum = 0;
    for (size_t i = 0; i < area; i++) sum += x[i];
    sums[c] = (accumulate ? sums[c] : 0) + sum;
  }
}

CLONES void kernels_sgd(float *restrict w, float *restrict v, const float *restrict g, size_t count, float rate, float momentum,
                        float decay) {
  for (size_t i = 0; i < count; i++) {
    float velocity = momentum * v[i] - rate * (g[i] + decay * w[i]);
    v[i] = velocity;
    w[i] += velocity;
  }
}

CLONES void kernels_sgd_bf16(float *restrict w, uint16_t *restrict half, float *restrict v, const float *restrict g, size_t count,
                             float rate, float momentum, float decay) {
  for (size_t i = 0; i < count; i++) {
    float velocity = momentum * v[i] - rate * (g[i] + decay * w[i]);
    float value = w[i] + velocity;
    v[i] = velocity;
    w[i] = value;
    half[i] = to_bf16(value);
  }
}

static inline __attribute__((always_inline)) float adamw(float w, float *m, float *s, float g, struct kernels_adamw_rule rule) {
  float first = rule.beta1 * *m + rule.rest1 * g;
  float second = rule.beta2 * *s + rule.rest2 * (g * g);
  *m = first;
  *s = second;
  return rule.keep * w - rule.step * first / (__builtin_elementwise_sqrt(second) * rule.root + rule.epsilon);
}

CLONES void kernels_adamw(float *restrict w, float *restrict m, float *restrict s, const float *restrict g, size_t count,
                          struct kernels_adamw_rule rule) {
  for (size_t i = 0; i < count; i++) w[i] = adamw(w[i], m + i, s + i, g[i], rule);
}

CLONES void kernels_adamw_bf16(float *restrict w, uint16_t *restrict half, float *restrict m, float *restrict s,
                               const float *restrict g, size_t count, struct kernels_adamw_rule rule) {
  for (size_t i = 0; i < count; i++) {
    float value = adamw(w[i], m + i, s + i, g[i], rule);
    w[i] = value;
    half[i] = to_bf16(value);
  }
}

CLONES void kernels_average(float *restrict average, const float *restrict x, size_t count, float share) {
  for (size_t i = 0; i < count; i++) average[i] += share * (x[i] - average[i]);
}

CLONES void kernels_scale(float *x, size_t count, float factor) {
  for (size_t i = 0; i < count; i++) x[i] *= factor;
}

CLONES void kernels_to_bf16(uint16_t *restrict half, const float *restrict x, size_t count) {
  for (size_t i = 0; i < count; i++) half[i] = to_bf16(x[i]);
}

CLONES void kernels_from_bf16(float *restrict x, const uint16_t *restrict half, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = from_bf16(half[i]);
}

CLONES void kernels_add_bf16(float *restrict x, const uint16_t *restrict half, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] += from_bf16(half[i]);
}

CLONES void kernels_mask(float *restrict g, const uint8_t *restrict mask, size_t count, float scale) {
  for (size_t i = 0; i < count; i++) g[i] = mask[i] ? g[i] * scale : 0;
}

// A negative value's bits are a negative integer; those of a negative NaN, which stays, are the largest of all.
CLONES void kernels_relu_bf16(uint16_t *x, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = ((x[i] >= 0x8000) & (x[i] <= 0xFF80)) ? 0 : x[i];
}

CLONES void kernels_relu_gate_bf16(uint16_t *restrict signal, const uint16_t *restrict y, size_t count, int gates) {
  // As integers the bits have the sign of the value.
  if (gates == KERNELS_GATE_FORWARD) {
    for (size_t i = 0; i < count; i++) signal[i] = (int16_t)y[i] > 0 ? signal[i] : 0;
  } else if (gates == KERNELS_GATE_BACKWARD) {
    for (size_t i = 0; i < count; i++) signal[i] = (int16_t)signal[i] > 0 ? signal[i] : 0;
  } else {
    for (size_t i = 0; i < count; i++) signal[i] = (((int16_t)y[i] > 0) & ((int16_t)signal[i] > 0)) ? signal[i] : 0;
  }
}

CLONES void kernels_mask_bf16(uint16_t *restrict g, const uint8_t *restrict mask, size_t count, float scale) {
  for (size_t i = 0; i < count; i++) g[i] = mask[i] ? to_bf16(from_bf16(g[i]) * scale) : 0;
}
