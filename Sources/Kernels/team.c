#include "kernels.h"

// The entry point that compilers emit for `#pragma omp parallel` (GNU libgomp's public ABI). Calling it directly needs no
// compiler flag, and shares the team of threads with every OpenMP library in the process.
extern void GOMP_parallel(void (*fn)(void *), void *data, unsigned threads, unsigned flags);
extern int omp_get_thread_num(void);
extern int omp_get_num_threads(void);

// libgomp is compiled without ThreadSanitizer, which sees neither its waking nor its waiting: what goes before a parallel region has
// happened before its workers' parts, and those before what follows it.
#if __has_feature(thread_sanitizer)
extern void __tsan_acquire(void *address);
extern void __tsan_release(void *address);
#define HAPPENED(address) __tsan_acquire(address)
#define HAPPENS(address) __tsan_release(address)
#else
#define HAPPENED(address)
#define HAPPENS(address)
#endif

struct call {
  kernels_worker body;
  const void *context;
  int workers;
};

// OMP_THREAD_LIMIT, OMP_DYNAMIC or an enclosing team may give fewer threads than asked for: they take turns then.
static void enter(void *data) {
  struct call *call = data;
  HAPPENED(call);
  int threads = omp_get_num_threads();
  for (int worker = omp_get_thread_num(); worker < call->workers; worker += threads) call->body(worker, call->context);
  HAPPENS(call);
}

void kernels_run_team(int32_t workers, kernels_worker body, const void *context) {
  struct call call = {body, context, workers};
  HAPPENS(&call);
  GOMP_parallel(enter, &call, (unsigned)workers, 0);
  HAPPENED(&call);
}

// A Swift closure by Swift's own calling convention: two arguments, its function and its context, which the function finds in a
// register of its own.
#define SWIFT_CALL __attribute__((swiftcall))
typedef SWIFT_CALL void (*closure_function)(intptr_t worker, __attribute__((swift_context)) void *context);

struct closure {
  closure_function function;
  void *context;
};

static void call_closure(intptr_t worker, const void *context) {
  const struct closure *closure = context;
  closure->function(worker, closure->context);
}

// The same for a Swift closure. Not in the header: Swift declares it (ThreadTeam.swift), as C has no type for a closure.
SWIFT_CALL void kernels_run_closure(int32_t workers, closure_function function, void *context);

SWIFT_CALL void kernels_run_closure(int32_t workers, closure_function function, void *context) {
  struct closure closure = {function, context};
  kernels_run_team(workers, call_closure, &closure);
}
