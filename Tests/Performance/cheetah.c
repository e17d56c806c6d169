// Drives libcheetah (Sugumar and Abraham's all-associativity simulation, of SimpleScalar) over a
// trace: cheetah TRACE.u64. Prints the misses of 16 x 4 and of 128 x 12, from one pass over 1 to 128
// sets and 1 to 16 ways. Its sources are not ours to ship: see peers.sh.
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

void cheetah_init(int argc, char **argv);
void cheetah_access(unsigned address);
void cheetah_stats(FILE *out, int mid);
extern unsigned **sac_hits;

int main(int argc, char **argv) {
  int file = argc > 1 ? open(argv[1], O_RDONLY) : -1;
  struct stat status;
  if (file < 0 || fstat(file, &status)) return perror("cheetah TRACE.u64"), 1;
  size_t n = (size_t)status.st_size / 8;
  const uint64_t *a = mmap(0, (size_t)status.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
  if (a == MAP_FAILED) return perror("mmap"), 1;
  char *options[] = {"-Rlru", "-Csa", "-a0", "-b7", "-l4", "-n4"};
  cheetah_init(6, options);
  // Addresses are 32 bits there: the page number over a line of 16 bytes.
  for (size_t i = 0; i < n; i++) cheetah_access((unsigned)(a[i] >> 12 << 4));
  cheetah_stats(fopen("/dev/null", "w"), 0);
  unsigned long long small = n, large = n;
  for (int d = 0; d < 4; d++) small -= sac_hits[d][4];
  for (int d = 0; d < 12; d++) large -= sac_hits[d][7];
  printf("%llu %llu\n", small, large);
  return 0;
}
