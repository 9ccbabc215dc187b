// One small set of functions for oneDNN 2 and oneDNN 3, whose C interfaces differ. What differs stands in this file alone.
// The library itself is loaded when it is first used, not linked: the program runs, on OpenBLAS, where it isn't there.
#pragma once
#if !__has_include(<oneapi/dnnl/dnnl.h>)
#error "oneDNN's headers are gone since Package.swift was last looked at: swift build --manifest-cache none"
#endif
#include <oneapi/dnnl/dnnl.h>
#include <oneapi/dnnl/dnnl_debug.h>
#include <stdlib.h>
#include <string.h>
#pragma clang diagnostic ignored "-Wnullability-completeness"

// oneDNN sizes its loops by OpenMP's thread count of the calling thread; it is libgomp's own function.
extern void omp_set_num_threads(int threads);

// The functions of the library that are called, without their prefix dnnl_.
#define CONEDNN_COMMON(each)                                                                                          \
  each(engine_create) each(get_effective_cpu_isa) each(memory_create) each(memory_desc_equal)                         \
  each(memory_desc_get_size) each(memory_destroy) each(memory_set_data_handle) each(post_ops_append_eltwise)          \
  each(post_ops_create) each(post_ops_destroy) each(primitive_attr_create) each(primitive_attr_destroy)               \
  each(primitive_attr_set_post_ops) each(primitive_attr_set_scratchpad_mode) each(primitive_create)                   \
  each(primitive_desc_destroy) each(primitive_desc_query) each(primitive_desc_query_md) each(primitive_destroy)       \
  each(primitive_execute) each(reorder_primitive_desc_create) each(status2str) each(stream_create)                    \
  each(stream_destroy) each(version)
#if DNNL_VERSION_MAJOR >= 3
#define CONEDNN_FUNCTIONS(each)                                                                                       \
  CONEDNN_COMMON(each) each(convolution_backward_data_primitive_desc_create)                                          \
  each(convolution_backward_weights_primitive_desc_create) each(convolution_forward_primitive_desc_create)            \
  each(inner_product_backward_data_primitive_desc_create)                                                             \
  each(inner_product_backward_weights_primitive_desc_create) each(inner_product_forward_primitive_desc_create)        \
  each(lrn_backward_primitive_desc_create) each(lrn_forward_primitive_desc_create)                                    \
  each(matmul_primitive_desc_create) each(memory_desc_clone) each(memory_desc_create_with_tag)                        \
  each(memory_desc_destroy) each(memory_desc_query) each(pooling_backward_primitive_desc_create)                      \
  each(pooling_forward_primitive_desc_create)
#else
#define CONEDNN_FUNCTIONS(each)                                                                                       \
  CONEDNN_COMMON(each) each(convolution_backward_data_desc_init) each(convolution_backward_weights_desc_init)         \
  each(convolution_forward_desc_init) each(inner_product_backward_data_desc_init)                                     \
  each(inner_product_backward_weights_desc_init) each(inner_product_forward_desc_init)                                \
  each(lrn_backward_desc_init) each(lrn_forward_desc_init) each(matmul_desc_init) each(memory_desc_init_by_tag)       \
  each(pooling_backward_desc_init) each(pooling_forward_desc_init) each(primitive_desc_create)
#endif

// Where each of them is: `conednn.engine_create` is dnnl_engine_create.
typedef struct {
#define CONEDNN_POINTER(name) __typeof__(&dnnl_##name) _Nonnull name;
  CONEDNN_FUNCTIONS(CONEDNN_POINTER)
#undef CONEDNN_POINTER
} conednn_functions;
extern conednn_functions conednn;

// Loads the library, once a process and before anything else here. Returns NULL, or why it can't be used.
const char *_Nullable conednn_load(void);

// The functions, once the library is loaded: Swift may not read a variable of C.
static inline conednn_functions conednn_loaded(void) { return conednn; }

// Dimensions, element type and layout of a tensor: a pointer that its owner frees by conednn_layout_destroy. In version 2 it points to
// a struct that this file allocates, in version 3 to one of oneDNN's.
#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t conednn_layout;
typedef const_dnnl_memory_desc_t conednn_layout_in;
#else
typedef dnnl_memory_desc_t *conednn_layout;
typedef const dnnl_memory_desc_t *conednn_layout_in;
#endif

// For calls that only read it; a Swift initialiser of that name exists for one version alone.
static inline conednn_layout_in conednn_layout_reading(conednn_layout layout) { return layout; }

static inline dnnl_status_t conednn_layout_create(
    conednn_layout *layout, int dimensions, const int64_t *sizes, dnnl_data_type_t type, dnnl_format_tag_t tag) {
#if DNNL_VERSION_MAJOR >= 3
  return conednn.memory_desc_create_with_tag(layout, dimensions, sizes, type, tag);
#else
  *layout = (conednn_layout)calloc(1, sizeof(dnnl_memory_desc_t));
  return *layout ? conednn.memory_desc_init_by_tag(*layout, dimensions, sizes, type, tag) : dnnl_out_of_memory;
#endif
}

static inline void conednn_layout_destroy(conednn_layout layout) {
#if DNNL_VERSION_MAJOR >= 3
  conednn.memory_desc_destroy(layout);
#else
  free(layout);
#endif
}

static inline dnnl_data_type_t conednn_layout_type(conednn_layout_in layout) {
#if DNNL_VERSION_MAJOR >= 3
  dnnl_data_type_t type = dnnl_data_type_undef;
  conednn.memory_desc_query(layout, dnnl_query_data_type, &type);
  return type;
#else
  return layout->data_type;
#endif
}

static inline int conednn_layout_dimensions(conednn_layout_in layout) {
#if DNNL_VERSION_MAJOR >= 3
  int32_t dimensions = 0;
  conednn.memory_desc_query(layout, dnnl_query_ndims_s32, &dimensions);
  return dimensions;
#else
  return layout->ndims;
#endif
}

// What a primitive wants of an argument: a copy that the caller owns; NULL where it has no such argument.
static inline conednn_layout conednn_wanted_layout(const_dnnl_primitive_desc_t primitive, dnnl_query_t argument) {
  conednn_layout_in found = conednn.primitive_desc_query_md(primitive, argument, 0);
  conednn_layout copy = NULL;
  if (!found) return NULL;
#if DNNL_VERSION_MAJOR >= 3
  return conednn.memory_desc_clone(&copy, found) == dnnl_success ? copy : NULL;
#else
  copy = (conednn_layout)malloc(sizeof *copy);
  if (copy) memcpy(copy, found, sizeof *copy);
  return copy;
#endif
}

// DNNL_MEMORY_NONE is a cast, which Swift can't import: a memory without a buffer yet.
static inline dnnl_status_t conednn_memory_create(dnnl_memory_t *memory, conednn_layout_in layout, dnnl_engine_t engine) {
  return conednn.memory_create(memory, layout, engine, DNNL_MEMORY_NONE);
}

static inline dnnl_status_t conednn_append_relu(dnnl_post_ops_t operations) {
#if DNNL_VERSION_MAJOR >= 3
  return conednn.post_ops_append_eltwise(operations, dnnl_eltwise_relu, 0, 0);
#else
  return conednn.post_ops_append_eltwise(operations, 1, dnnl_eltwise_relu, 0, 0);
#endif
}

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
