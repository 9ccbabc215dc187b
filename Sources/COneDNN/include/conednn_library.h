// The functions of oneDNN that are called. The library is loaded when it is first used, not linked: the program runs, on OpenBLAS, where
// it isn't there.
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
