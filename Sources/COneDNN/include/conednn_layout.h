// Layouts of tensors and memory, alike for oneDNN 2 and 3.
#pragma once
#include "conednn_library.h"

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
