// oneDNN (the v2 C API of Debian's libdnnl-dev) for Swift.
#pragma once
#include <oneapi/dnnl/dnnl.h>
#include <oneapi/dnnl/dnnl_debug.h>

// oneDNN sizes its loops by OpenMP's thread count of the calling thread; it is libgomp's own function.
extern void omp_set_num_threads(int threads);

// DNNL_MEMORY_NONE is a cast, which Swift can't import: a memory without a buffer yet.
static inline dnnl_status_t conednn_memory_create(dnnl_memory_t *memory, const dnnl_memory_desc_t *descriptor, dnnl_engine_t engine) {
  return dnnl_memory_create(memory, descriptor, engine, DNNL_MEMORY_NONE);
}
