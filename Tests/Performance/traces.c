// Makes the traces of `kfrag bench` as files: traces PATTERN COUNT OUT [dinb]
//   zipf  Zipf(1.0) over 100,000 pages, shuffled, 8-byte aligned offsets
//   mix   bursts over a stream of 64-byte strides, a loop of pages of changing length, a stack
//   unif  uniform over 20,000 pages
// Written as 8-byte little-endian addresses; with `dinb` as Dinero's binary records, whose 32-bit
// addresses keep the low 28 bits and a number for the rest.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state[4];

static uint64_t rotate(uint64_t x, int by) { return x << by | x >> (64 - by); }

static uint64_t next(void) {
  uint64_t result = rotate(state[1] * 5, 7) * 9, t = state[1] << 17;
  state[2] ^= state[0];
  state[3] ^= state[1];
  state[1] ^= state[2];
  state[0] ^= state[3];
  state[2] ^= t;
  state[3] = rotate(state[3], 45);
  return result;
}

static void seed(uint64_t x) {
  for (int i = 0; i < 4; i++) {
    uint64_t z = x += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    state[i] = z ^ (z >> 31);
  }
}

static uint64_t below(uint64_t n) { return (uint64_t)((__uint128_t)next() * n >> 64); }

static FILE *out;
static int dinb;
static uint64_t highs[16], known;

static void put(uint64_t address) {
  uint64_t record = address;
  if (dinb) {
    uint64_t i = 0;
    while (i < known && highs[i] != address >> 28) i++;
    if (i == 15) exit((fprintf(stderr, "addresses too far apart for 32 bits\n"), 1));
    if (i == known) highs[known++] = address >> 28;
    record = (i + 1) << 28 | (address & 0xfffffff) | 8ull << 32;
  }
  fwrite(&record, 8, 1, out);
}

static const uint64_t base = 0x7f3a00000000ull;

static void zipf(uint64_t count) {
  enum { pages = 100000 };
  static double share[pages];
  static int alias[pages], small[pages], large[pages], order[pages];
  double sum = 0;
  int smalls = 0, larges = 0;
  seed(20240601);
  for (int i = 0; i < pages; i++) sum += 1.0 / (i + 1);
  for (int i = 0; i < pages; i++) {
    share[i] = 1.0 / (i + 1) / sum * pages;
    if (share[i] < 1) small[smalls++] = i;
    else large[larges++] = i;
    alias[i] = order[i] = i;
  }
  while (smalls && larges) {
    int a = small[--smalls], g = large[--larges];
    alias[a] = g;
    share[g] = share[g] + share[a] - 1;
    if (share[g] < 1) small[smalls++] = g;
    else large[larges++] = g;
  }
  while (smalls) share[small[--smalls]] = 1;
  while (larges) share[large[--larges]] = 1;
  for (int i = pages - 1; i > 0; i--) {
    int j = (int)below(i + 1), t = order[i];
    order[i] = order[j];
    order[j] = t;
  }
  for (uint64_t i = 0; i < count; i++) {
    int rank = (int)below(pages);
    if ((next() >> 11) * 0x1p-53 >= share[rank]) rank = alias[rank];
    put(base + ((uint64_t)order[rank] << 12) + (next() & 0xff8));
  }
}

static void mix(uint64_t count) {
  static const int lengths[] = {16, 48, 96, 512, 1200, 3000};
  uint64_t stream = 0, loop = 0, i = 0;
  seed(20240602);
  while (i < count) {
    int length = lengths[i / 1000000 % 6];
    uint64_t kind = below(10), burst = 1;
    while (burst < 64 && (next() & 3)) burst++;
    for (uint64_t j = 0; j < burst && i < count; j++, i++) {
      if (kind < 4) {
        put(base + (stream & ((1ull << 30) - 1)));
        stream += 64;
      } else if (kind < 8) {
        put(base + 0x100000000ull + ((loop >> 3) % length << 12) + ((loop & 7) << 9));
        loop++;
      } else {
        uint64_t offset = next() & 0xff8;
        put(0x7ffffffde000ull - (below(4) << 12) + offset);
      }
    }
  }
}

static void unif(uint64_t count) {
  seed(20240603);
  for (uint64_t i = 0; i < count; i++) {
    uint64_t page = below(20000);
    put(base + (page << 12) + (next() & 0xff8));
  }
}

int main(int argc, char **argv) {
  if (argc < 4) return fprintf(stderr, "traces zipf|mix|unif COUNT OUT [dinb]\n"), 2;
  uint64_t count = strtoull(argv[2], 0, 0);
  dinb = argc > 4 && !strcmp(argv[4], "dinb");
  out = fopen(argv[3], "wb");
  if (!out) return perror(argv[3]), 1;
  // In large pieces: the kernel then keeps the file in large folios, as it does one read ahead from
  // a disk, and whoever reads it next pays less for each page.
  static char piece[1 << 22];
  setvbuf(out, piece, _IOFBF, sizeof piece);
  if (!strcmp(argv[1], "zipf")) zipf(count);
  else if (!strcmp(argv[1], "mix")) mix(count);
  else unif(count);
  return fclose(out) != 0;
}
