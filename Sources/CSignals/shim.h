#pragma once
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

// The signals that the program answers: blocked in all of its threads, and read by one.
static inline sigset_t csignals_answered(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  return set;
}

// Blocks them in the calling thread, or lets them through again; threads that it starts inherit that.
static inline int csignals_block(void) {
  sigset_t set = csignals_answered();
  return pthread_sigmask(SIG_BLOCK, &set, 0);
}
static inline int csignals_unblock(void) {
  sigset_t set = csignals_answered();
  return pthread_sigmask(SIG_UNBLOCK, &set, 0);
}

// A descriptor that they can be read from while they are blocked, -1 with errno set on failure.
static inline int csignals_open(void) {
  sigset_t set = csignals_answered();
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

// The next signal; 0 when none has come within `milliseconds` (-1: wait for one), or after an interruption; -1 on failure.
static inline int csignals_next(int descriptor, int milliseconds) {
  struct pollfd waited = {descriptor, POLLIN, 0};
  if (poll(&waited, 1, milliseconds) < 0) return errno == EINTR ? 0 : -1;
  struct signalfd_siginfo info;
  if (read(descriptor, &info, sizeof info) == (ssize_t)sizeof info) return (int)info.ssi_signo;
  return errno == EAGAIN || errno == EINTR ? 0 : -1;
}
