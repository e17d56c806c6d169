// One of the C loops of Sources/CLoops over a trace: loops hierarchy|scalar|curve TRACE.u64
// Prints the misses. Build: cc -O3 -march=native -ISources/CLoops/include
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "../../Sources/CLoops/loops.c"

int main(int argc, char **argv) {
  int file = argc > 2 ? open(argv[2], O_RDONLY) : -1;
  struct stat status;
  if (file < 0 || fstat(file, &status)) return perror("loops KERNEL TRACE.u64"), 1;
  size_t n = (size_t)status.st_size / 8;
  const uint64_t *a = mmap(0, (size_t)status.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
  if (a == MAP_FAILED) return perror("mmap"), 1;
  uint64_t misses[2];
  if (!strcmp(argv[1], "scalar")) {
    kf_loop_scalar(a, n, misses);
  } else if (!kf_loops_available()) {
    return fprintf(stderr, "this loop needs AVX-512\n"), 3;
  } else if (!strcmp(argv[1], "hierarchy")) {
    kf_loop_hierarchy(a, n, misses);
  } else {
    kf_loop_curve(a, n, misses);
  }
  printf("%llu %llu\n", (unsigned long long)misses[0], (unsigned long long)misses[1]);
  return 0;
}
