// Blocks the signals that the program answers before anything else of it runs.
//
// OpenBLAS starts its threads while it is loaded, before main: a mask set in main would come too late for them. The functions of
// .preinit_array run before the constructors of all libraries.
//
// Source: System V ABI, "Initialization and Termination Functions".
#define _GNU_SOURCE
#include <string.h>
#include <sys/syscall.h>
#include "../CSignals/shim.h"

// By the bare system call: a sanitizer's version of pthread_sigmask isn't ready yet.
__attribute__((no_sanitize("address", "thread"))) static void block_signals(int count, char **arguments, char **environment) {
  (void)environment;
  // A test runner has the program linked in, and is not it.
  size_t length = count > 0 ? strlen(arguments[0]) : 0;
  if (length > 7 && strcmp(arguments[0] + length - 7, ".xctest") == 0) return;
  sigset_t set = csignals_answered();
  syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, (void *)0, 8);
}

__attribute__((section(".preinit_array"), used)) static void (*const entry)(int, char **, char **) = block_signals;
