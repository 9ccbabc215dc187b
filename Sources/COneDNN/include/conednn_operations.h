// The operations of layers, alike for oneDNN 2 and 3.
#pragma once
#include "conednn_layout.h"

// The operands of a layer; `biases` is NULL where there are none, and those that an operation doesn't have are ignored. In a backward
// operation each stands for the gradient by it where that is what the operation reads or writes.
typedef struct {
  conednn_layout_in source, weights, biases, target;
} conednn_operands;

// Of a convolution or a pooling, in rows and columns; a convolution ignores `kernel`.
typedef struct {
  int64_t strides[2], kernel[2], before[2], after[2];
} conednn_window;

// Of a local response normalisation; `alpha` is that of oneDNN, which divides it by `size`.
typedef struct {
  int64_t size;
  float alpha, beta, k;
} conednn_normalization;

// What all operations are made with: where, fused with what, and for backward ones the forward primitive that oneDNN wants to see.
typedef struct {
  dnnl_engine_t engine;
  const_dnnl_primitive_attr_t attributes;
  const_dnnl_primitive_desc_t hint;
} conednn_context;

#if DNNL_VERSION_MAJOR >= 3
static const int64_t conednn_none[2] = {0, 0};
#else
// Version 2 describes an operation first, whose type differs, and then finds a primitive for it.
#define CONEDNN_FIND(...)                                                                                                  \
  dnnl_status_t status = __VA_ARGS__;                                                                                      \
  return status != dnnl_success ? status                                                                                   \
                                : conednn.primitive_desc_create(found, &operation, in->attributes, in->engine, in->hint)
#endif

static inline dnnl_status_t conednn_convolution_forward(
    dnnl_primitive_desc_t *found, const conednn_context *in, dnnl_prop_kind_t kind, const conednn_operands *of,
    const conednn_window *window) {
#if DNNL_VERSION_MAJOR >= 3
  return conednn.convolution_forward_primitive_desc_create(
      found, in->engine, kind, dnnl_convolution_direct, of->source, of->weights, of->biases, of->target, window->strides, conednn_none,
      window->before, window->after, in->attributes);
#else
  dnnl_convolution_desc_t operation;
  CONEDNN_FIND(conednn.convolution_forward_desc_init(
      &operation, kind, dnnl_convolution_direct, of->source, of->weights, of->biases, of->target, window->strides, window->before,
      window->after));
#endif
}

static inline dnnl_status_t conednn_convolution_backward_weights(
    dnnl_primitive_desc_t *found, const conednn_context *in, const conednn_operands *of, const conednn_window *window) {
#if DNNL_VERSION_MAJOR >= 3
  return conednn.convolution_backward_weights_primitive_desc_create(
      found, in->engine, dnnl_convolution_direct, of->source, of->weights, of->biases, of->target, window->strides, conednn_none,
      window->before, window->after, in->hint, in->attributes);
#else
  dnnl_convolution_desc_t operation;
  CONEDNN_FIND(conednn.convolution_backward_weights_desc_init(
      &operation, dnnl_convolution_direct, of->source, of->weights, of->biases, of->target, window->strides, window->before,
      window->after));
#endif
}

static inline dnnl_status_t conednn_convolution_backward_data(
    dnnl_primitive_desc_t *found, const conednn_context *in, const conednn_operands *of, const conednn_window *window) {
#if DNNL_VERSION_MAJOR >= 3
  return conednn.convolution_backward_data_primitive_desc_create(
      found, in->engine, dnnl_convolution_direct, of->source, of->weights, of->target, window->strides, conednn_none, window->before,
      window->after, in->hint, in->attributes);
#else
  dnnl_convolution_desc_t operation;
  CONEDNN_FIND(conednn.convolution_backward_data_desc_init(
      &operation, dnnl_convolution_direct, of->source, of->weights, of->target, window->strides, window->before, window->after));
#endif
}

static inline dnnl_status_t conednn_inner_product_forward(
    dnnl_primitive_desc_t *found, const conednn_context *in, dnnl_prop_kind_t kind, const conednn_operands *of) {
#if DNNL_VERSION_MAJOR >= 3
  return conednn.inner_product_forward_primitive_desc_create(
      found, in->engine, kind, of->source, of->weights, of->biases, of->target, in->attributes);
#else
  dnnl_inner_product_desc_t operation;
  CONEDNN_FIND(
      conednn.inner_product_forward_desc_init(&operation, kind, of->source, of->weights, of->biases, of->target));
#endif
}

static inline dnnl_status_t conednn_inner_product_backward_weights(
    dnnl_primitive_desc_t *found, const conednn_context *in, const conednn_operands *of) {
#if DNNL_VERSION_MAJOR >= 3
  return conednn.inner_product_backward_weights_primitive_desc_create(
      found, in->engine, of->source, of->weights, of->biases, of->target, in->hint, in->attributes);
#else
  dnnl_inner_product_desc_t operation;
  CONEDNN_FIND(
      conednn.inner_product_backward_weights_desc_init(&operation, of->source, of->weights, of->biases, of->target));
#endif
}

static inline dnnl_status_t conednn_inner_product_backward_data(
    dnnl_primitive_desc_t *found, const conednn_context *in, const conednn_operands *of) {
#if DNNL_VERSION_MAJOR >= 3
  return conednn.inner_product_backward_data_primitive_desc_create(
      found, in->engine, of->source, of->weights, of->target, in->hint, in->attributes);
#else
  dnnl_inner_product_desc_t operation;
  CONEDNN_FIND(conednn.inner_product_backward_data_desc_init(&operation, of->source, of->weights, of->target));
#endif
}

static inline dnnl_status_t conednn_matmul(
    dnnl_primitive_desc_t *found, const conednn_context *in, const conednn_operands *of) {
#if DNNL_VERSION_MAJOR >= 3
  return conednn.matmul_primitive_desc_create(
      found, in->engine, of->source, of->weights, of->biases, of->target, in->attributes);
#else
  dnnl_matmul_desc_t operation;
  CONEDNN_FIND(conednn.matmul_desc_init(&operation, of->source, of->weights, of->biases, of->target));
#endif
}

static inline dnnl_status_t conednn_max_pooling_forward(
    dnnl_primitive_desc_t *found, const conednn_context *in, dnnl_prop_kind_t kind, const conednn_operands *of,
    const conednn_window *window) {
#if DNNL_VERSION_MAJOR >= 3
  return conednn.pooling_forward_primitive_desc_create(
      found, in->engine, kind, dnnl_pooling_max, of->source, of->target, window->strides, window->kernel, conednn_none,
      window->before, window->after, in->attributes);
#else
  dnnl_pooling_desc_t operation;
  CONEDNN_FIND(conednn.pooling_forward_desc_init(
      &operation, kind, dnnl_pooling_max, of->source, of->target, window->strides, window->kernel, window->before,
      window->after));
#endif
}

static inline dnnl_status_t conednn_max_pooling_backward(
    dnnl_primitive_desc_t *found, const conednn_context *in, const conednn_operands *of, const conednn_window *window) {
#if DNNL_VERSION_MAJOR >= 3
  return conednn.pooling_backward_primitive_desc_create(
      found, in->engine, dnnl_pooling_max, of->source, of->target, window->strides, window->kernel, conednn_none,
      window->before, window->after, in->hint, in->attributes);
#else
  dnnl_pooling_desc_t operation;
  CONEDNN_FIND(conednn.pooling_backward_desc_init(
      &operation, dnnl_pooling_max, of->source, of->target, window->strides, window->kernel, window->before, window->after));
#endif
}

// Source and target have one layout.
static inline dnnl_status_t conednn_normalization_forward(
    dnnl_primitive_desc_t *found, const conednn_context *in, dnnl_prop_kind_t kind, conednn_layout_in data,
    const conednn_normalization *layer) {
#if DNNL_VERSION_MAJOR >= 3
  return conednn.lrn_forward_primitive_desc_create(
      found, in->engine, kind, dnnl_lrn_across_channels, data, data, layer->size, layer->alpha, layer->beta, layer->k,
      in->attributes);
#else
  dnnl_lrn_desc_t operation;
  CONEDNN_FIND(conednn.lrn_forward_desc_init(
      &operation, kind, dnnl_lrn_across_channels, data, layer->size, layer->alpha, layer->beta, layer->k));
#endif
}

// Source, target and the gradients by them have one layout.
static inline dnnl_status_t conednn_normalization_backward(
    dnnl_primitive_desc_t *found, const conednn_context *in, conednn_layout_in data, const conednn_normalization *layer) {
#if DNNL_VERSION_MAJOR >= 3
  return conednn.lrn_backward_primitive_desc_create(
      found, in->engine, dnnl_lrn_across_channels, data, data, data, layer->size, layer->alpha, layer->beta, layer->k,
      in->hint, in->attributes);
#else
  dnnl_lrn_desc_t operation;
  CONEDNN_FIND(conednn.lrn_backward_desc_init(
      &operation, dnnl_lrn_across_channels, data, data, layer->size, layer->alpha, layer->beta, layer->k));
#endif
}

static inline dnnl_status_t conednn_reorder(
    dnnl_primitive_desc_t *found, const conednn_context *in, conednn_layout_in from, conednn_layout_in to) {
  return conednn.reorder_primitive_desc_create(found, from, in->engine, to, in->engine, in->attributes);
}
