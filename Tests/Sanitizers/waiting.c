// Makes known to ThreadSanitizer how threads wait for each other in libraries that are compiled without it: preloaded by
// Tests/Sanitizers/run.sh. Every call does what it always does; around it stands what it means, "all that was done before this has
// happened".
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

static void happened(void *address) {
  if (__tsan_acquire) __tsan_acquire(address);
}

static void happens(void *address) {
  if (__tsan_release) __tsan_release(address);
}

static void *real(const char *name) {
  void *function = dlsym(RTLD_NEXT, name);
  if (!function) abort();
  return function;
}

// ---- Swift's Mutex ---------------------------------------------------------------------------------------------------
// Its fast ways are inlined into our code and seen; taking a lock that another thread holds is a call into the standard library.
// Source: swift/stdlib/public/Synchronization/Mutex/LinuxImpl.swift

#define SWIFT_CALL __attribute__((swiftcall))
#define SELF __attribute__((swift_context))
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef SWIFT_CALL void (*lock_call)(uint32_t thread, SELF void *mutex);
typedef SWIFT_CALL void (*unlock_call)(SELF void *mutex);

SWIFT_CALL void lock_slowly(uint32_t thread, SELF void *mutex) __asm__(LOCK);
SWIFT_CALL void unlock_slowly(SELF void *mutex) __asm__(UNLOCK);

SWIFT_CALL void lock_slowly(uint32_t thread, SELF void *mutex) {
  ((lock_call)real(LOCK))(thread, mutex);
  happened(mutex);
}

SWIFT_CALL void unlock_slowly(SELF void *mutex) {
  happens(mutex);
  ((unlock_call)real(UNLOCK))(mutex);
}

// ---- libdispatch -----------------------------------------------------------------------------------------------------

intptr_t dispatch_semaphore_signal(void *semaphore) {
  happens(semaphore);
  return ((intptr_t(*)(void *))real(__func__))(semaphore);
}

intptr_t dispatch_semaphore_wait(void *semaphore, uint64_t deadline) {
  intptr_t result = ((intptr_t(*)(void *, uint64_t))real(__func__))(semaphore, deadline);
  if (result == 0) happened(semaphore);
  return result;
}

void dispatch_group_leave(void *group) {
  happens(group);
  ((void (*)(void *))real(__func__))(group);
}

intptr_t dispatch_group_wait(void *group, uint64_t deadline) {
  intptr_t result = ((intptr_t(*)(void *, uint64_t))real(__func__))(group, deadline);
  if (result == 0) happened(group);
  return result;
}

void dispatch_apply(size_t count, void *queue, void (^body)(size_t)) {
  char start, end;
  char *before = &start, *after = &end;
  happens(before);
  ((void (*)(size_t, void *, void (^)(size_t)))real(__func__))(count, queue, ^(size_t index) {
    happened(before);
    body(index);
    happens(after);
  });
  happened(after);
}
