// Finds oneDNN where the dynamic loader looks, and its functions in it.
#include "COneDNN.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

conednn_functions conednn;

// A program that has a function of this name itself is asked instead of the library: the tests that count allocations.
#pragma weak dnnl_primitive_execute

static char reason[512];
static const char *refusal;

// The library under one of the names that distributions give it: libdnnl.so.2, libdnnl.so.3, libdnnl.so.3.6.
static void *open_library(void) {
  char name[32];
  snprintf(name, sizeof name, "libdnnl.so.%d", DNNL_VERSION_MAJOR);
  void *library = dlopen(name, RTLD_NOW | RTLD_GLOBAL);
  if (library) return library;
  // What is said in the end is about this name, unless a library that is there has an error of its own.
  snprintf(reason, sizeof reason, "%s", dlerror());
  for (int minor = 40; minor >= 0 && !library; minor--) {
    snprintf(name, sizeof name, "libdnnl.so.%d.%d", DNNL_VERSION_MAJOR, minor);
    library = dlopen(name, RTLD_NOW | RTLD_GLOBAL);
  }
  return library ? library : dlopen("libdnnl.so", RTLD_NOW | RTLD_GLOBAL);
}

static void load(void) {
  void *library = open_library();
  if (!library) {
    refusal = reason;
    return;
  }
#define CONEDNN_FIND_SYMBOL(name)                                                                                          \
  if (!(conednn.name = (__typeof__(conednn.name))dlsym(library, "dnnl_" #name))) {                                         \
    snprintf(reason, sizeof reason, "the library has no function dnnl_" #name);                                            \
    refusal = reason;                                                                                                      \
    return;                                                                                                                \
  }
  CONEDNN_FUNCTIONS(CONEDNN_FIND_SYMBOL)
  const dnnl_version_t *found = conednn.version();
  if (found->major != DNNL_VERSION_MAJOR) {
    snprintf(
        reason, sizeof reason, "the library is version %d.%d, the program was compiled for %d.%d", found->major, found->minor,
        DNNL_VERSION_MAJOR, DNNL_VERSION_MINOR);
    refusal = reason;
    return;
  }
  if (&dnnl_primitive_execute) conednn.primitive_execute = dnnl_primitive_execute;
}

const char *conednn_load(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return refusal;
}
