// Blocks the signals that the program answers before anything else of it runs, and takes libraries' handlers of them away.
//
// OpenBLAS starts its threads while it is loaded, before main: a mask set in main would come too late for them. The functions of
// .preinit_array run before the constructors of all libraries, the constructors of the program itself after those.
//
// Source: System V ABI, "Initialization and Termination Functions".
#define _GNU_SOURCE
#include <string.h>
#include <sys/syscall.h>
#include "../CSignals/shim.h"

// Those that the parent has it ignore, as nohup does.
static sigset_t ignored;

// By bare system calls: a sanitizer's versions of pthread_sigmask and sigaction aren't ready yet.
__attribute__((no_sanitize("address", "thread"))) static void block_signals(int count, char **arguments, char **environment) {
  (void)environment;
  // A test runner has the program linked in, and is not it.
  size_t length = count > 0 ? strlen(arguments[0]) : 0;
  if (length > 7 && strcmp(arguments[0] + length - 7, ".xctest") == 0) return;
  sigset_t set = csignals_answered();
  syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, (void *)0, 8);
  sigemptyset(&ignored);
  for (int number = 1; number < 32; number++) {
    // What the kernel writes begins with the handler.
    void *action[8] = {0};
    if (sigismember(&set, number) == 1 && syscall(SYS_rt_sigaction, number, (void *)0, action, 8) == 0 && action[0] == (void *)SIG_IGN)
      sigaddset(&ignored, number);
  }
}

__attribute__((section(".preinit_array"), used)) static void (*const entry)(int, char **, char **) = block_signals;

// UCX, which Debian 13's Open MPI is linked with, handles SIGHUP to begin debugging (UCX_DEBUG_SIGNO), and asks for no leave: a run
// under nohup would be asked to stop when its terminal is closed.
__attribute__((constructor)) static void take_handlers_away(void) {
  sigset_t set = csignals_answered();
  for (int number = 1; number < 32; number++) {
    struct sigaction action;
    if (sigismember(&set, number) != 1 || sigaction(number, (void *)0, &action) != 0) continue;
    if (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN) continue;
    signal(number, sigismember(&ignored, number) == 1 ? SIG_IGN : SIG_DFL);
  }
}
