// Preloaded into kfrag by FaultTests: makes the Nth call that changes files go wrong.
//   KFRAG_FAULT=MODE:N   MODE full, short, interrupt, kill, clock
// full       that call and all later ones fail with ENOSPC
// short      writes from that one on take at most half of what they are given
// interrupt  that call fails once with EINTR, where a write can
// kill       the process dies there; a write dies halfway
// clock      no call fails, but every look at a clock sees an earlier time than the one before
// With KFRAG_FAULT_LOG=PATH every path that is created, renamed to or made a folder is added there.
// With KFRAG_FAULT_COUNT=PATH the number of such calls is written there at the end.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static atomic_long calls;
static char mode;
static long target = -1;

__attribute__((constructor)) static void start(void) {
  const char *fault = getenv("KFRAG_FAULT");
  const char *colon = fault ? strchr(fault, ':') : NULL;
  if (!colon) return;
  mode = fault[0];
  target = atol(colon + 1);
}

__attribute__((destructor)) static void end(void) {
  const char *path = getenv("KFRAG_FAULT_COUNT");
  if (!path) return;
  int fd = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  char text[32];
  int count = snprintf(text, sizeof text, "%ld", (long)calls);
  syscall(SYS_write, fd, text, count);
  syscall(SYS_close, fd);
}

static void note(const char *path) {
  const char *log = getenv("KFRAG_FAULT_LOG");
  if (!log) return;
  int fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND, 0644);
  char line[4200];
  int count = snprintf(line, sizeof line, "%s\n", path);
  syscall(SYS_write, fd, line, count);
  syscall(SYS_close, fd);
}

// 0: go on; -1: fail with errno set.
static int fault(void) {
  long number = atomic_fetch_add(&calls, 1) + 1;
  if (mode == 'f' && number >= target) return errno = ENOSPC, -1;
  if (mode == 'k' && number == target) raise(SIGKILL);
  return 0;
}

static ssize_t put(int call, int fd, const void *bytes, size_t count, off_t at) {
  // Standard streams and pipes are no files.
  struct stat status;
  if (fd > 2 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
    long number = atomic_fetch_add(&calls, 1) + 1;
    if (mode == 'f' && number >= target) return errno = ENOSPC, -1;
    if (mode == 'i' && number == target) return errno = EINTR, -1;
    if (mode == 's' && number >= target && count > 1) count /= 2;
    if (mode == 'k' && number == target) {
      syscall(call, fd, bytes, count / 2, at);
      raise(SIGKILL);
    }
  }
  return syscall(call, fd, bytes, count, at);
}

ssize_t write(int fd, const void *bytes, size_t count) { return put(SYS_write, fd, bytes, count, 0); }
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
  return put(SYS_pwrite64, fd, bytes, count, at);
}
ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t at) {
  return put(SYS_pwrite64, fd, bytes, count, at);
}

static int opening(const char *path, int flags, int permissions) {
  if (flags & (O_CREAT | O_TRUNC)) note(path);
  if (flags & O_CREAT && fault()) return -1;
  return syscall(SYS_openat, AT_FDCWD, path, flags, permissions);
}
int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  int permissions = flags & O_CREAT ? va_arg(rest, int) : 0;
  va_end(rest);
  return opening(path, flags, permissions);
}
int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  int permissions = flags & O_CREAT ? va_arg(rest, int) : 0;
  va_end(rest);
  return opening(path, flags, permissions);
}
int fsync(int fd) { return fault() ? -1 : syscall(SYS_fsync, fd); }
int rename(const char *from, const char *to) {
  note(to);
  return fault() ? -1 : syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}
int mkdir(const char *path, mode_t permissions) {
  note(path);
  return fault() ? -1 : syscall(SYS_mkdirat, AT_FDCWD, path, permissions);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  static atomic_long back;
  int result = syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && mode == 'c') now->tv_sec -= 3 * atomic_fetch_add(&back, 1);
  return result;
}
