#define _GNU_SOURCE
#include "kernels.h"
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { line_bytes = 3 * PATH_MAX };

// Numbers at the start of a file; how many there were.
static int read_numbers(const char *path, long long *first, long long *second) {
  FILE *file = fopen(path, "re");
  if (!file) return 0;
  int found = second ? fscanf(file, "%lld %lld", first, second) : fscanf(file, "%lld", first);
  fclose(file);
  return found < 0 ? 0 : found;
}

// What the quota of one control group is worth, rounded up; 0 without any ("max", or -1).
static int quota_of(const char *folder) {
  char path[line_bytes + 32];
  long long quota = 0, period = 0;
  snprintf(path, sizeof path, "%s/cpu.max", folder);
  if (read_numbers(path, &quota, &period) < 2) {
    snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", folder);
    if (read_numbers(path, &quota, 0) < 1) return 0;
    snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
    if (read_numbers(path, &period, 0) < 1) return 0;
  }
  if (quota <= 0 || period <= 0) return 0;
  long long processors = (quota - 1) / period + 1;
  return processors < INT_MAX ? (int)processors : INT_MAX;
}

// Whether a list with commas between its items has one of that name.
static int lists(const char *list, const char *item) {
  size_t length = strlen(item);
  for (const char *at = list; (at = strstr(at, item)); at += length)
    if ((at == list || at[-1] == ',') && (at[length] == ',' || at[length] == 0)) return 1;
  return 0;
}

// The paths of this process's groups: in the unified hierarchy, and in the classic one of the processor.
static void own_groups(const char *root, char *unified, char *classic) {
  char line[line_bytes];
  snprintf(line, sizeof line, "%s/proc/self/cgroup", root);
  FILE *file = fopen(line, "re");
  if (!file) return;
  while (fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = 0;
    char *controllers = strchr(line, ':');
    char *path = controllers ? strchr(controllers + 1, ':') : 0;
    if (!path) continue;
    *path++ = 0;
    if (controllers[1] == 0) snprintf(unified, PATH_MAX, "%s", path);
    if (lists(controllers + 1, "cpu")) snprintf(classic, PATH_MAX, "%s", path);
  }
  fclose(file);
}

int kernels_quota_processors(const char *root) {
  char unified[PATH_MAX] = "", classic[PATH_MAX] = "", line[line_bytes];
  own_groups(root, unified, classic);
  snprintf(line, sizeof line, "%s/proc/self/mounts", root);
  FILE *file = fopen(line, "re");
  if (!file) return 0;
  int least = 0;
  while (fgets(line, sizeof line, file)) {
    char place[PATH_MAX], path[PATH_MAX], kind[64], options[1024], folder[line_bytes];
    if (sscanf(line, "%*s %4095s %63s %1023s", place, kind, options) != 3) continue;
    int is_unified = strcmp(kind, "cgroup2") == 0;
    if (!is_unified && (strcmp(kind, "cgroup") != 0 || !lists(options, "cpu"))) continue;
    // From the own group up to the root. In a container the path may be the host's, of which only the root is to be seen.
    snprintf(path, sizeof path, "%s", is_unified ? unified : classic);
    while (1) {
      if (strcmp(path, "/") == 0) path[0] = 0;
      snprintf(folder, sizeof folder, "%s%s%s", root, place, path);
      int quota = quota_of(folder);
      if (quota > 0 && (least == 0 || quota < least)) least = quota;
      char *end = strrchr(path, '/');
      if (!end) break;
      *end = 0;
    }
  }
  fclose(file);
  return least;
}

int kernels_available_processors(void) {
  int processors = 0;
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) processors = CPU_COUNT(&set);
  if (processors < 1) {
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    processors = online > 0 ? (int)online : 1;
  }
  int quota = kernels_quota_processors("");
  return quota > 0 && quota < processors ? quota : processors;
}

int kernels_vector_bits(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  // What oneDNN calls avx512_core.
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq"))
    return 512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 256;
#endif
  return 0;
}
