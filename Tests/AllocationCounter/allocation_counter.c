#define _GNU_SOURCE
#include "allocation_counter.h"
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *pointer, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *pointer);

static atomic_bool counts, executes;
static atomic_size_t own, primitives, inside_primitives, freed_inside_primitives;

#define DEPTH 24
#define STACKS 8
static void *stacks[STACKS][DEPTH];
static int depths[STACKS];

__attribute__((unused)) static void count(void) {
  if (!atomic_load(&counts)) return;
  if (atomic_load(&executes)) {
    atomic_fetch_add(&inside_primitives, 1);
    return;
  }
  // Taking a stack may allocate: it counts that as well, but takes no stack of it.
  static _Thread_local int takes;
  size_t index = atomic_fetch_add(&own, 1);
  if (index >= STACKS || takes) return;
  takes = 1;
  depths[index] = backtrace(stacks[index], DEPTH);
  takes = 0;
}

// A sanitizer replaces the same functions, before anything here could run: nothing is counted then.
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

void *malloc(size_t size) {
  count();
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count();
  return __libc_calloc(number, size);
}

void *realloc(void *pointer, size_t size) {
  count();
  return __libc_realloc(pointer, size);
}

void *memalign(size_t alignment, size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **pointer, size_t alignment, size_t size) {
  if (alignment % sizeof(void *) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
  count();
  void *found = __libc_memalign(alignment, size);
  if (found == NULL) return ENOMEM;
  *pointer = found;
  return 0;
}

void free(void *pointer) {
  if (pointer != NULL && atomic_load(&counts) && atomic_load(&executes)) atomic_fetch_add(&freed_inside_primitives, 1);
  __libc_free(pointer);
}

void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset) {
  static void *(*next)(void *, size_t, int, int, int, off_t);
  if (next == NULL) next = (void *(*)(void *, size_t, int, int, int, off_t))dlsym(RTLD_NEXT, "mmap");
  count();
  return next(address, length, protection, flags, file, offset);
}

// oneDNN's own allocations are told apart by their time: on the processor a primitive has ended when the call returns.
int dnnl_primitive_execute(const void *primitive, void *stream, int arguments, const void *values) {
  static int (*next)(const void *, void *, int, const void *);
  if (next == NULL) next = (int (*)(const void *, void *, int, const void *))dlsym(RTLD_NEXT, "dnnl_primitive_execute");
  if (atomic_load(&counts)) atomic_fetch_add(&primitives, 1);
  atomic_store(&executes, 1);
  int status = next(primitive, stream, arguments, values);
  atomic_store(&executes, 0);
  return status;
}

#endif

void allocation_counter_start(void) {
  // The first stack loads a library.
  void *stack[DEPTH];
  backtrace(stack, DEPTH);
  atomic_store(&own, 0);
  atomic_store(&primitives, 0);
  atomic_store(&inside_primitives, 0);
  atomic_store(&freed_inside_primitives, 0);
  atomic_store(&counts, 1);
}

struct allocation_counts allocation_counter_stop(void) {
  atomic_store(&counts, 0);
  return (struct allocation_counts){own, primitives, inside_primitives, freed_inside_primitives};
}

void allocation_counter_report(void) {
  for (size_t i = 0; i < STACKS && i < own; i++) {
    backtrace_symbols_fd(stacks[i], depths[i], STDERR_FILENO);
    if (write(STDERR_FILENO, "\n", 1) < 1) return;
  }
}
