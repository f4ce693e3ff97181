/*
 * Loaded before libc (LD_PRELOAD), it shifts the wall clock of one process by the
 * nanoseconds in the file that PUSHSTREAM_CLOCK names: an int64 in the machine's own
 * order, mapped, so that the process sees a change at once. Monotonic clocks, by which
 * programs measure and wait, stay as they are.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const int64_t second = 1000000000;
static volatile int64_t *shift; /* NULL: the clock is not shifted */

__attribute__((constructor)) static void map_shift(void) {
  const char *path = getenv("PUSHSTREAM_CLOCK");
  if (!path) return;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  void *at = mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (at != MAP_FAILED) shift = at;
}

int clock_gettime(clockid_t clock, struct timespec *ts) {
  int result = (int)syscall(SYS_clock_gettime, clock, ts); /* by the kernel: libc's is this function */
  if (result != 0 || !shift || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return result;
  int64_t ns = (int64_t)ts->tv_sec * second + ts->tv_nsec + __atomic_load_n(shift, __ATOMIC_RELAXED);
  ts->tv_sec = ns / second;
  ts->tv_nsec = ns % second;
  return 0;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone) {
  (void)zone; /* obsolete */
  struct timespec ts;
  if (clock_gettime(CLOCK_REALTIME, &ts) != 0) return -1;
  tv->tv_sec = ts.tv_sec;
  tv->tv_usec = ts.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *t) {
  struct timespec ts;
  if (clock_gettime(CLOCK_REALTIME, &ts) != 0) return (time_t)-1;
  if (t) *t = ts.tv_sec;
  return ts.tv_sec;
}
