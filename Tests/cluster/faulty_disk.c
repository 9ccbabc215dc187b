// A disk that is slow, fails, or never answers: preloaded into the program by Tests/cluster/faults.sh.
//
// The file that FAULTY_DISK names says what is wrong now; where there is none, or it is empty, nothing is:
//   slow MILLISECONDS TEXT    every fsync of a file whose path has the text in it takes that much longer; or one of several, as a|b
//   fail ERRNO TEXT           it fails with that number
//   hold 0 TEXT               it waits until the file says something else
//   hang TEXT                 the next read of such a file never returns; the first to meet it empties the file
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

struct fault {
  char kind[8];
  long number;
  char text[256];
};

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

static ssize_t plain_read(int descriptor, void *bytes, size_t count) {
  static ssize_t (*call)(int, void *, size_t);
  if (!call) call = (ssize_t(*)(int, void *, size_t))real("read");
  return call(descriptor, bytes, count);
}

// What is wrong now; 0 when nothing is.
static int present(struct fault *fault) {
  const char *path = getenv("FAULTY_DISK");
  if (!path) return 0;
  int before = errno, descriptor = open(path, O_RDONLY | O_CLOEXEC);
  char line[300] = "";
  if (descriptor >= 0) {
    ssize_t count = plain_read(descriptor, line, sizeof line - 1);
    line[count > 0 ? count : 0] = 0;
    close(descriptor);
  }
  errno = before;
  if (sscanf(line, "hang %255s", fault->text) == 1) return strcpy(fault->kind, "hang"), 1;
  return sscanf(line, "%7s %ld %255s", fault->kind, &fault->number, fault->text) == 3;
}

// Whether the file behind a descriptor is meant.
static int is_meant(int descriptor, const struct fault *fault) {
  char link[64], path[4096];
  int before = errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t count = readlink(link, path, sizeof path - 1);
  errno = before;
  if (count <= 0) return 0;
  path[count] = 0;
  char texts[sizeof fault->text], *rest = NULL;
  strcpy(texts, fault->text);
  for (char *text = strtok_r(texts, "|", &rest); text; text = strtok_r(NULL, "|", &rest)) {
    if (strstr(path, text)) return 1;
  }
  return 0;
}

// That a call has met the fault, as an empty file beside the one that says what is wrong.
static void note_a_hit(void) {
  char path[4096];
  snprintf(path, sizeof path, "%s.hit", getenv("FAULTY_DISK"));
  int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (file >= 0) close(file);
}

static int synchronize(int descriptor, const char *name) {
  struct fault fault;
  if (present(&fault) && is_meant(descriptor, &fault)) {
    if (!strcmp(fault.kind, "fail")) return note_a_hit(), errno = (int)fault.number, -1;
    if (!strcmp(fault.kind, "slow")) {
      struct timespec time = {fault.number / 1000, fault.number % 1000 * 1000000};
      while (nanosleep(&time, &time) != 0 && errno == EINTR) {
      }
    }
    if (!strcmp(fault.kind, "hold")) {
      note_a_hit();
      do {
        struct timespec time = {0, 10000000};
        nanosleep(&time, NULL);
      } while (present(&fault) && !strcmp(fault.kind, "hold") && is_meant(descriptor, &fault));
    }
  }
  return ((int (*)(int))real(name))(descriptor);
}

int fsync(int descriptor) { return synchronize(descriptor, "fsync"); }
int fdatasync(int descriptor) { return synchronize(descriptor, "fdatasync"); }

static void hang_if_meant(int descriptor) {
  struct fault fault;
  if (!present(&fault) || strcmp(fault.kind, "hang") || !is_meant(descriptor, &fault)) return;
  int emptied = open(getenv("FAULTY_DISK"), O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (emptied >= 0) close(emptied);
  // As a read from a dead server: no signal ends it but the one that can't be caught.
  for (;;) {
    struct timespec time = {3600, 0};
    nanosleep(&time, NULL);
  }
}

ssize_t read(int descriptor, void *bytes, size_t count) {
  hang_if_meant(descriptor);
  return plain_read(descriptor, bytes, count);
}

ssize_t pread64(int descriptor, void *bytes, size_t count, off64_t offset) {
  hang_if_meant(descriptor);
  return ((ssize_t(*)(int, void *, size_t, off64_t))real("pread64"))(descriptor, bytes, count, offset);
}

ssize_t pread(int descriptor, void *bytes, size_t count, off_t offset) {
  hang_if_meant(descriptor);
  return ((ssize_t(*)(int, void *, size_t, off_t))real("pread"))(descriptor, bytes, count, offset);
}
