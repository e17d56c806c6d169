#include "CLoops.h"

#include <string.h>

enum { block = 1024 };

static int move_to_front(uint64_t *row, int ways, uint64_t tag) {
  uint64_t carried = row[0];
  if (carried == tag) return 1;
  for (int w = 1; w < ways; w++) {
    uint64_t next = row[w];
    row[w] = carried;
    if (next == tag) {
      row[0] = tag;
      return 1;
    }
    carried = next;
  }
  row[0] = tag;
  return 0;
}

void kf_loop_scalar(const uint64_t *a, size_t n, uint64_t misses[2]) {
  static _Thread_local uint64_t first[16][4], second[128][12];
  memset(first, 0, sizeof first);
  memset(second, 0, sizeof second);
  uint64_t m0 = 0, m1 = 0;
  for (size_t i = 0; i < n; i++) {
    uint64_t tag = (a[i] >> 12) + 1, page = a[i] >> 12;
    if (move_to_front(first[page & 15], 4, tag)) continue;
    m0++;
    m1 += !move_to_front(second[page & 127], 12, tag);
  }
  misses[0] = m0;
  misses[1] = m1;
}

#if defined(__x86_64__)
#include <immintrin.h>

#define LANES __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,bmi,bmi2,popcnt")))

static _Thread_local uint32_t queue[(block + 16) * 16] __attribute__((aligned(64)));
static _Thread_local uint32_t lanes[4][16] __attribute__((aligned(64)));
static _Thread_local uint32_t rows[128][16] __attribute__((aligned(64)));
static _Thread_local uint32_t latest[16], kept[block + 64], missed[block + 64];
static _Thread_local uint32_t stacks[8][128][16] __attribute__((aligned(64)));
static _Thread_local uint64_t base;

bool kf_loops_available(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("bmi2");
}

LANES static size_t run_filter(const uint64_t *a, size_t n, uint64_t *before) {
  __m512i previous = _mm512_set1_epi64((long long)*before);
  const __m512i origin = _mm512_set1_epi64((long long)base);
  size_t k = 0, i = 0;
  for (; i + 8 <= n; i += 8) {
    __m512i page = _mm512_srli_epi64(_mm512_loadu_si512(a + i), 12);
    __mmask8 fresh = _mm512_cmpneq_epi64_mask(page, _mm512_alignr_epi64(page, previous, 7));
    __m256i tags = _mm512_cvtepi64_epi32(_mm512_sub_epi64(page, origin));
    _mm256_storeu_si256((void *)(kept + k), _mm256_maskz_compress_epi32(fresh, tags));
    k += (unsigned)__builtin_popcount(fresh);
    previous = page;
  }
  uint64_t last = i ? a[i - 1] >> 12 : *before;
  for (; i < n; i++) {
    uint64_t page = a[i] >> 12;
    kept[k] = (uint32_t)(page - base);
    k += page != last;
    last = page;
  }
  *before = last;
  return k;
}

LANES static size_t step_lanes(uint32_t **ends) {
  uint32_t lengths[16], most = 0;
  for (int l = 0; l < 16; l++) {
    lengths[l] = (uint32_t)((ends[l] - queue) >> 4);
    if (lengths[l] > most) most = lengths[l];
  }
  __m512i w0 = _mm512_load_si512(lanes[0]), w1 = _mm512_load_si512(lanes[1]);
  __m512i w2 = _mm512_load_si512(lanes[2]), w3 = _mm512_load_si512(lanes[3]);
  __m512i length = _mm512_loadu_si512(lengths), row = _mm512_setzero_si512();
  size_t k = 0;
  for (size_t i = 0; i < most; i++) {
    __m512i tag = _mm512_load_si512(queue + i * 16);
    __mmask16 open = _mm512_cmpgt_epi32_mask(length, row);
    row = _mm512_add_epi32(row, _mm512_set1_epi32(1));
    __mmask16 n0 = _mm512_mask_cmpneq_epi32_mask(open, w0, tag);
    __mmask16 n1 = _mm512_mask_cmpneq_epi32_mask(n0, w1, tag);
    __mmask16 n2 = _mm512_mask_cmpneq_epi32_mask(n1, w2, tag);
    __mmask16 n3 = _mm512_mask_cmpneq_epi32_mask(n2, w3, tag);
    w3 = _mm512_mask_mov_epi32(w3, n2, w2);
    w2 = _mm512_mask_mov_epi32(w2, n1, w1);
    w1 = _mm512_mask_mov_epi32(w1, n0, w0);
    w0 = _mm512_mask_mov_epi32(w0, open, tag);
    _mm512_storeu_si512(missed + k, _mm512_maskz_compress_epi32(n3, tag));
    k += (unsigned)__builtin_popcount(n3);
  }
  _mm512_store_si512(lanes[0], w0);
  _mm512_store_si512(lanes[1], w1);
  _mm512_store_si512(lanes[2], w2);
  _mm512_store_si512(lanes[3], w3);
  return k;
}

LANES static size_t second_level(size_t n) {
  size_t k = 0;
  for (size_t i = 0; i < n; i++) {
    uint32_t *row = rows[missed[i] & 127];
    __m512i x = _mm512_load_si512(row), tag = _mm512_set1_epi32((int)missed[i]);
    __mmask16 hit = _mm512_mask_cmpeq_epi32_mask(0xfff, x, tag);
    __mmask16 up = (__mmask16)(hit ^ (hit - 1));
    _mm512_store_si512(row, _mm512_mask_alignr_epi32(x, up, x, tag, 15));
    k += !hit;
  }
  return k;
}

LANES void kf_loop_hierarchy(const uint64_t *a, size_t n, uint64_t misses[2]) {
  uint64_t before = ~0ull;
  base = n ? (a[0] >> 12) & ~0xffffffull : 0;
  memset(lanes, 0xff, sizeof lanes);
  memset(rows, 0xff, sizeof rows);
  memset(latest, 0xff, sizeof latest);
  misses[0] = misses[1] = 0;
  int filters = 1, tries = 0;
  for (size_t i = 0; i < n; i += block) {
    size_t count = n - i < block ? n - i : block;
    uint32_t *ends[16];
    for (int l = 0; l < 16; l++) ends[l] = queue + l;
    if (filters || (++tries & 15) == 0) {
      size_t k = run_filter(a + i, count, &before);
      filters = k * 5 < count * 4;
      for (size_t j = 0; j < k; j++) {
        uint32_t tag = kept[j], set = tag & 15, *end = ends[set];
        *end = tag;
        ends[set] = end + (tag != latest[set] ? 16 : 0);
        latest[set] = tag;
      }
    } else {
      for (size_t j = 0; j < count; j++) {
        uint32_t tag = (uint32_t)((a[i + j] >> 12) - base), set = tag & 15, *end = ends[set];
        *end = tag;
        ends[set] = end + 16;
      }
      before = a[i + count - 1] >> 12;
      memset(latest, 0xff, sizeof latest);
    }
    size_t k = step_lanes(ends);
    misses[0] += k;
    misses[1] += second_level(k);
  }
}

LANES void kf_loop_curve(const uint64_t *a, size_t n, uint64_t misses[2]) {
  uint64_t deeper[8][16] = {0};
  uint64_t before = ~0ull;
  base = n ? (a[0] >> 12) & ~0xffffffull : 0;
  misses[0] = misses[1] = 0;
  memset(stacks, 0xff, sizeof stacks);
  __m512i top = _mm512_load_si512(stacks[0][0]);
  const __m512i one = _mm512_set1_epi32(1);
  for (size_t i = 0; i < n; i += block) {
    size_t k = run_filter(a + i, n - i < block ? n - i : block, &before);
    __m512i sums[8];
    for (int s = 0; s < 8; s++) sums[s] = _mm512_setzero_si512();
    for (size_t j = 0; j < k; j++) {
      __m512i tag = _mm512_set1_epi32((int)kept[j]);
      __mmask16 other = _mm512_cmpneq_epi32_mask(top, tag);
      sums[0] = _mm512_mask_add_epi32(sums[0], other, sums[0], one);
      top = _mm512_alignr_epi32(_mm512_maskz_compress_epi32(other, top), tag, 15);
#pragma GCC unroll 7
      for (int s = 1; s < 8; s++) {
        uint32_t *row = stacks[s][kept[j] & ((1u << s) - 1)];
        __m512i x = _mm512_load_si512(row);
        other = _mm512_cmpneq_epi32_mask(x, tag);
        sums[s] = _mm512_mask_add_epi32(sums[s], other, sums[s], one);
        x = _mm512_alignr_epi32(_mm512_maskz_compress_epi32(other, x), tag, 15);
        _mm512_store_si512(row, x);
      }
    }
    for (int s = 0; s < 8; s++) {
      uint32_t part[16];
      _mm512_storeu_si512(part, sums[s]);
      for (int d = 0; d < 16; d++) deeper[s][d] += k - part[d];
    }
    misses[0] += k;
  }
  misses[1] = misses[0];
  for (int d = 0; d < 4; d++) misses[0] -= deeper[4][d];
  for (int d = 0; d < 12; d++) misses[1] -= deeper[7][d];
}
#else
bool kf_loops_available(void) { return false; }
void kf_loop_hierarchy(const uint64_t *a, size_t n, uint64_t m[2]) { m[0] = m[1] = 0; }
void kf_loop_curve(const uint64_t *a, size_t n, uint64_t m[2]) { m[0] = m[1] = 0; }
#endif

uint64_t kf_loop_sum(const uint64_t *a, size_t n) {
  uint64_t sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i];
  return sum;
}
