// Counts what a process allocates: an executable that links this target has its malloc and its siblings replaced by ones that
// count and forward to glibc's, for itself and every library it loads.
#pragma once
#include <stddef.h>

struct allocation_counts {
  size_t own;                       // of malloc and its siblings and mmap, but for those inside primitives
  size_t primitives;                // calls of dnnl_primitive_execute
  size_t inside_primitives;         // allocations while one ran, on any thread
  size_t freed_inside_primitives;   // and what was freed meanwhile
};

/// Starts to count, from zero.
void allocation_counter_start(void);

/// Stops, and says what was counted.
struct allocation_counts allocation_counter_stop(void);

/// Writes where the first of its own allocations came from on standard error, as addresses in object files.
void allocation_counter_report(void);
