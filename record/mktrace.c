/* mktrace RAW TRACE.u32 PAGECOUNTS: the plugin's raw records -> compact stream and page totals.
 *
 * Keeps the steps (from a marker to the next marker or pause) and drops what lies between them.
 * Compact record, little-endian u32: bits 31..30 kind (0 instruction run, 1 data run of loads, 2
 * data run with a store, 3 special), 29..18 count 1..4095 (longer runs continue in the next
 * record), 17..0 page id. Special: 29..3 value, 2..0 subtype (1 step begins, 2 user-mode
 * instructions). Page totals, a line a page and step: step id page instructions load-run-accesses
 * store-run-accesses. A line of totals a step goes to standard output. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HASH = 1 << 22, PAGES = 1 << 18, BLOCK = 1 << 16 };
static uint64_t key[HASH], page[PAGES], count[PAGES][3];
static uint32_t value[HASH], pages;
static FILE *trace, *totals;
static uint32_t out[BLOCK];
static unsigned filled;
static uint64_t runs[2], accesses[2], gaps, user;

static void die(const char *what) {
  fprintf(stderr, "mktrace: %s\n", what);
  exit(1);
}

static uint32_t id_of(uint64_t p) {
  uint64_t h = (p * 0x9E3779B97F4A7C15ull) >> 42;
  for (;; h++) {
    h &= HASH - 1;
    if (key[h] == p + 1) return value[h];
    if (!key[h]) break;
  }
  if (pages == PAGES) die("more than 262144 pages; record fewer steps");
  key[h] = p + 1;
  value[h] = pages;
  page[pages] = p;
  return pages++;
}

static void flush(void) {
  if (fwrite(out, 4, filled, trace) != filled) die("cannot write the trace");
  filled = 0;
}

static void put(uint32_t word) {
  out[filled++] = word;
  if (filled == BLOCK) flush();
}

static void end_step(int step) {
  printf("%d,%lu,%lu,%lu,%lu,%lu,%lu\n", step, runs[0], accesses[0], runs[1], accesses[1], gaps,
         user);
  for (uint32_t i = 0; i < pages; i++) {
    if (!(count[i][0] | count[i][1] | count[i][2])) continue;
    fprintf(totals, "%d %u %012lx %lu %lu %lu\n", step, i, page[i], count[i][0], count[i][1],
            count[i][2]);
    memset(count[i], 0, sizeof count[i]);
  }
  memset(runs, 0, sizeof runs);
  memset(accesses, 0, sizeof accesses);
  gaps = user = 0;
}

static void record(uint64_t word, int *step) {
  uint64_t kind = word >> 62, n = (word >> 36) & 0x3ffffff, p = word & 0xfffffffffull;
  if (kind == 3 && p != 2) {
    if (*step >= 0) end_step(*step);
    *step = p == 1 ? (int)n : -1;
    if (p == 1) put(3u << 30 | (uint32_t)n << 3 | 1);
    return;
  }
  if (*step < 0) return;
  if (kind == 3) {
    put(3u << 30 | (uint32_t)n << 3 | 2);
    gaps++;
    user += n;
    return;
  }
  uint32_t id = id_of(p);
  count[id][kind] += n;
  runs[kind != 0]++;
  accesses[kind != 0] += n;
  while (n) {
    uint32_t part = n > 4095 ? 4095 : (uint32_t)n;
    put((uint32_t)(kind << 30) | part << 18 | id);
    n -= part;
  }
}

int main(int argc, char **argv) {
  if (argc != 4) die("usage: mktrace RAW TRACE.u32 PAGECOUNTS");
  FILE *raw = fopen(argv[1], "rb");
  trace = fopen(argv[2], "wb");
  totals = fopen(argv[3], "w");
  if (!raw || !trace || !totals) die("cannot open a file");
  static uint64_t block[BLOCK];
  size_t n;
  int step = -1;
  printf("segment,i_runs,instructions,d_runs,data_accesses,user_gaps,user_instructions\n");
  while ((n = fread(block, 8, BLOCK, raw)) > 0)
    for (size_t i = 0; i < n; i++) record(block[i], &step);
  if (step >= 0) end_step(step);
  flush();
  if (fclose(trace) || fclose(totals)) die("cannot write");
  return 0;
}
