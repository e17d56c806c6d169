#include "CLanes.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define LANES __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,bmi,bmi2,popcnt")))
#define INLINE LANES static inline __attribute__((always_inline))

bool kf_lanes_available(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("bmi2");
}

LANES size_t kf_run_filter(const uint64_t *a, size_t count, unsigned shift, uint64_t base,
                           uint64_t *previous, uint32_t *tags, uint64_t *outside) {
  __m512i before = _mm512_set1_epi64((long long)*previous);
  const __m512i origin = _mm512_set1_epi64((long long)base), one = _mm512_set1_epi64(1);
  __m512i wide = _mm512_setzero_si512();
  const __m128i by = _mm_cvtsi32_si128((int)shift);
  uint64_t last = *previous, beyond = 0;
  size_t kept = 0, i = 0;
  for (; i + 8 <= count; i += 8) {
    __m512i page = _mm512_srl_epi64(_mm512_loadu_si512(a + i), by);
    __mmask8 fresh = _mm512_cmpneq_epi64_mask(page, _mm512_alignr_epi64(page, before, 7));
    __m512i tag = _mm512_sub_epi64(page, origin);
    wide = _mm512_or_si512(wide, _mm512_sub_epi64(tag, one));
    _mm256_storeu_si256((void *)(tags + kept),
                        _mm256_maskz_compress_epi32(fresh, _mm512_cvtepi64_epi32(tag)));
    kept += (unsigned)__builtin_popcount(fresh);
    before = page;
  }
  if (i) last = a[i - 1] >> shift;
  for (; i < count; i++) {
    uint64_t page = a[i] >> shift;
    beyond |= page - base - 1;
    tags[kept] = (uint32_t)(page - base);
    kept += page != last;
    last = page;
  }
  *previous = last;
  *outside |= beyond | (uint64_t)_mm512_reduce_or_epi64(wide);
  return kept;
}

LANES void kf_tags(const uint64_t *a, size_t count, unsigned shift, uint64_t base, uint32_t *tags,
                   uint64_t *outside) {
  const __m512i origin = _mm512_set1_epi64((long long)base), one = _mm512_set1_epi64(1);
  __m512i wide = _mm512_setzero_si512();
  const __m128i by = _mm_cvtsi32_si128((int)shift);
  uint64_t beyond = 0;
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    __m512i tag = _mm512_sub_epi64(_mm512_srl_epi64(_mm512_loadu_si512(a + i), by), origin);
    wide = _mm512_or_si512(wide, _mm512_sub_epi64(tag, one));
    _mm256_storeu_si256((void *)(tags + i), _mm512_cvtepi64_epi32(tag));
  }
  for (; i < count; i++) {
    uint64_t tag = (a[i] >> shift) - base;
    beyond |= tag - 1;
    tags[i] = (uint32_t)tag;
  }
  *outside |= beyond | (uint64_t)_mm512_reduce_or_epi64(wide);
}

// Sixteen sets at once: row k of the queue holds each set's k-th tag, a lane a set.
INLINE size_t step_lanes(uint32_t *state, const unsigned ways, const uint32_t *queue,
                         const uint32_t *lengths, uint32_t *misses) {
  uint32_t rows = 0;
  for (int l = 0; l < 16; l++) rows = lengths[l] > rows ? lengths[l] : rows;
  __m512i way[8];
#pragma clang loop unroll(full)
  for (unsigned w = 0; w < ways; w++) way[w] = _mm512_loadu_si512(state + w * 16);
  const __m512i length = _mm512_loadu_si512(lengths), one = _mm512_set1_epi32(1);
  __m512i row = _mm512_setzero_si512();
  size_t missed = 0;
  for (uint32_t k = 0; k < rows; k++) {
    __m512i tag = _mm512_loadu_si512(queue + k * 16), carried = tag;
    __mmask16 open = _mm512_cmpgt_epi32_mask(length, row);
    row = _mm512_add_epi32(row, one);
#pragma clang loop unroll(full)
    for (unsigned w = 0; w < ways; w++) {
      __m512i old = way[w];
      way[w] = _mm512_mask_mov_epi32(old, open, carried);
      open = _mm512_mask_cmpneq_epi32_mask(open, old, tag);
      carried = old;
    }
    _mm512_storeu_si512(misses + missed, _mm512_maskz_compress_epi32(open, tag));
    missed += (unsigned)__builtin_popcount(open);
  }
#pragma clang loop unroll(full)
  for (unsigned w = 0; w < ways; w++) _mm512_storeu_si512(state + w * 16, way[w]);
  return missed;
}

// Deals a block out to the queues of its sets, from tags or straight from addresses.
INLINE size_t lanes(uint32_t *state, const unsigned ways, const unsigned groups,
                    const uint32_t *tags, const uint64_t *addresses, unsigned shift, uint64_t base,
                    uint64_t *outside, size_t count, uint32_t *queue, uint32_t *last,
                    uint32_t *misses) {
  const size_t room = 16 * (count + 16);
  const uint32_t mask = groups * 16 - 1;
  uint32_t *end[64];
  uint32_t lengths[16];
  for (unsigned s = 0; s < groups * 16; s++) end[s] = queue + s / 16 * room + s % 16;
  if (addresses) {
    uint64_t beyond = 0;
    for (size_t i = 0; i < count; i++) {
      uint64_t page = (addresses[i] >> shift) - base;
      beyond |= page - 1;
      uint32_t tag = (uint32_t)page, set = tag & mask, *q = end[set];
      *q = tag;
      end[set] = q + 16;
    }
    *outside |= beyond;
    if (beyond >> 32) return 0;
  } else if (last) {
    for (size_t i = 0; i < count; i++) {
      uint32_t tag = tags[i], set = tag & mask, *q = end[set];
      *q = tag;
      end[set] = q + (tag != last[set] ? 16 : 0);
      last[set] = tag;
    }
  } else {
    for (size_t i = 0; i < count; i++) {
      uint32_t tag = tags[i], set = tag & mask, *q = end[set];
      *q = tag;
      end[set] = q + 16;
    }
  }
  size_t missed = 0;
  for (unsigned g = 0; g < groups; g++) {
    for (unsigned l = 0; l < 16; l++)
      lengths[l] = (uint32_t)((size_t)(end[g * 16 + l] - (queue + g * room)) / 16);
    missed += step_lanes(state + g * ways * 16, ways, queue + g * room, lengths, misses + missed);
  }
  return missed;
}

#define CASE(w) \
  case w: return lanes(state, w, groups, tags, addresses, shift, base, outside, count, queue, last, misses)

LANES size_t kf_lru_lanes(uint32_t *state, unsigned ways, unsigned groups, const uint32_t *tags,
                          const uint64_t *addresses, unsigned shift, uint64_t base,
                          uint64_t *outside, size_t count, uint32_t *queue, uint32_t *last,
                          uint32_t *misses) {
  if (ways == 4 && groups == 1 && addresses)
    return lanes(state, 4, 1, 0, addresses, shift, base, outside, count, queue, 0, misses);
  if (ways == 4 && groups == 1 && last)
    return lanes(state, 4, 1, tags, 0, 0, 0, 0, count, queue, last, misses);
  switch (ways) {
    CASE(1);
    CASE(2);
    CASE(3);
    CASE(4);
    CASE(5);
    CASE(6);
    CASE(7);
    default: return lanes(state, 8, groups, tags, addresses, shift, base, outside, count, queue, last, misses);
  }
}

INLINE size_t rows16(uint32_t *rows, const __mmask16 used, uint32_t set_mask, const unsigned fold,
                     const uint32_t fold_mask, const uint32_t *tags, size_t count,
                     uint32_t *misses) {
  size_t missed = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t tag = tags[i];
    uint32_t *row = rows + (size_t)((tag ^ (tag >> fold & fold_mask)) & set_mask) * 16;
    __m512i x = _mm512_load_si512(row), t = _mm512_set1_epi32((int)tag);
    unsigned hit = _mm512_mask_cmpeq_epi32_mask(used, x, t);
    _mm512_store_si512(row, _mm512_mask_alignr_epi32(x, (__mmask16)(hit ^ (hit - 1)), x, t, 15));
    misses[missed] = tag;
    missed += hit == 0;
  }
  return missed;
}

LANES size_t kf_lru_rows(uint32_t *rows, unsigned ways, unsigned stride, uint32_t set_mask,
                         unsigned fold, uint32_t fold_mask, const uint32_t *tags, size_t count,
                         uint32_t *misses) {
  size_t missed = 0;
  const unsigned words = (ways + 15) / 16, rest = ways - 16 * (words - 1);
  const __mmask16 tail = (__mmask16)((1u << rest) - 1);
  if (stride == 16) {
    if (!fold_mask) return rows16(rows, tail, set_mask, 0, 0, tags, count, misses);
    return rows16(rows, tail, set_mask, fold, fold_mask, tags, count, misses);
  }
  for (size_t i = 0; i < count; i++) {
    uint32_t tag = tags[i];
    uint32_t *row = rows + (size_t)((tag ^ (tag >> fold & fold_mask)) & set_mask) * stride;
    __m512i t = _mm512_set1_epi32((int)tag), carried = t;
    unsigned hit = 0;
    for (unsigned w = 0; w < words && !hit; w++) {
      __m512i x = _mm512_loadu_si512(row + 16 * w);
      hit = _mm512_mask_cmpeq_epi32_mask(w == words - 1 ? tail : 0xffff, x, t);
      _mm512_storeu_si512(row + 16 * w, _mm512_mask_alignr_epi32(x, (__mmask16)(hit ^ (hit - 1)), x,
                                                                 carried, 15));
      carried = x;
    }
    misses[missed] = tag;
    missed += hit == 0;
  }
  return missed;
}

// One reference to a set: its tag moves to the front. Returns the depth it was found at, as a bit.
INLINE __mmask16 to_front(__m512i *row, __m512i tag, __m512i *found) {
  // In mask registers all the way: the next reference to the set waits for this.
  __mmask16 hit = _mm512_cmpeq_epi32_mask(*row, tag);
  __mmask16 moved = _kxor_mask16(hit, _kadd_mask16(hit, 0xffff));
  *found = _mm512_mask_add_epi32(*found, hit, *found, _mm512_set1_epi32(1));
  *row = _mm512_mask_alignr_epi32(*row, moved, *row, tag, 15);
  return hit;
}

// One reference to arrays of `sets`, 2 * sets, … sets. Returns 0 when the last has it at the front
// already, and so have those with more sets.
INLINE unsigned descend(uint32_t *rows, const unsigned levels, uint32_t sets, uint32_t tag,
                        __m512i *found) {
  __m512i t = _mm512_set1_epi32((int)tag);
  __mmask16 hit = 0;
#pragma clang loop unroll(full)
  for (unsigned l = 0; l < levels; l++) {
    uint32_t *row = rows + 16 * (size_t)(tag & (sets - 1));
    __m512i x = _mm512_load_si512(row);
    hit = to_front(&x, t, found + l);
    _mm512_store_si512(row, x);
    rows += 16 * (size_t)sets;
    sets *= 2;
  }
  return ~(unsigned)hit & 1;
}

// Even and odd tags: from two sets on they share none, so that neither waits for the other.
typedef struct {
  uint32_t tags[2][KF_CURVE_BLOCK + 16];
  size_t count[2];
} halves_t;

LANES static void halve(halves_t *h, const uint32_t *tags, size_t count) {
  size_t even = 0, odd = 0;
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 open = count - i < 16 ? (__mmask16)((1u << (count - i)) - 1) : (__mmask16)0xffff;
    __m512i tag = _mm512_maskz_loadu_epi32(open, tags + i);
    __mmask16 own = _mm512_mask_test_epi32_mask(open, tag, _mm512_set1_epi32(1));
    _mm512_storeu_si512(h->tags[1] + odd, _mm512_maskz_compress_epi32(own, tag));
    _mm512_storeu_si512(h->tags[0] + even, _mm512_maskz_compress_epi32(open & ~own, tag));
    odd += (unsigned)__builtin_popcount(own);
    even += (unsigned)__builtin_popcount(open & ~own);
  }
  h->count[0] = even;
  h->count[1] = odd;
  for (int side = 0; side < 2; side++) {
    uint32_t *list = h->tags[side];
    __m512i before = _mm512_setzero_si512();
    size_t kept = 0;
    for (size_t i = 0; i < h->count[side]; i += 16) {
      size_t left = h->count[side] - i;
      __mmask16 open = left < 16 ? (__mmask16)((1u << left) - 1) : (__mmask16)0xffff;
      __m512i tag = _mm512_loadu_si512(list + i);
      open = _mm512_mask_cmpneq_epi32_mask(open, tag, _mm512_alignr_epi32(tag, before, 15));
      _mm512_storeu_si512(list + kept, _mm512_maskz_compress_epi32(open, tag));
      kept += (unsigned)__builtin_popcount(open);
      before = tag;
    }
    h->count[side] = kept;
  }
}

// Both halves through arrays of `sets`, 2 * sets, … sets, and all tags through one set at `top`
// beside them unless that is null. Leaves in the halves what arrays of more sets have to see.
INLINE void stretch(uint32_t *rows, const unsigned levels, uint32_t sets, halves_t *h,
                    uint32_t *found, uint32_t *top, uint32_t *found_top, const uint32_t *tags,
                    size_t count) {
  __m512i sums[4], sum = _mm512_setzero_si512(), x = sum;
  const size_t even = h->count[0], odd = h->count[1], pairs = even < odd ? even : odd;
  size_t kept[2] = {0, 0}, i = 0;
  if (top) x = _mm512_load_si512(top);
#pragma clang loop unroll(full)
  for (unsigned l = 0; l < levels; l++) sums[l] = _mm512_setzero_si512();
  for (; i < pairs; i++) {
    if (top) {
      to_front(&x, _mm512_set1_epi32((int)tags[2 * i]), &sum);
      to_front(&x, _mm512_set1_epi32((int)tags[2 * i + 1]), &sum);
    }
    uint32_t a = h->tags[0][i], b = h->tags[1][i];
    h->tags[0][kept[0]] = a;
    h->tags[1][kept[1]] = b;
    kept[0] += descend(rows, levels, sets, a, sums);
    kept[1] += descend(rows, levels, sets, b, sums);
  }
  for (int side = 0; side < 2; side++) {
    for (size_t k = i; k < h->count[side]; k++) {
      uint32_t tag = h->tags[side][k];
      h->tags[side][kept[side]] = tag;
      kept[side] += descend(rows, levels, sets, tag, sums);
    }
    h->count[side] = kept[side];
  }
  if (top) {
    for (i *= 2; i < count; i++) to_front(&x, _mm512_set1_epi32((int)tags[i]), &sum);
    _mm512_store_si512(top, x);
    _mm512_storeu_si512(found_top, _mm512_add_epi32(sum, _mm512_loadu_si512(found_top)));
  }
#pragma clang loop unroll(full)
  for (unsigned l = 0; l < levels; l++) {
    uint32_t *own = found + 16 * l;
    _mm512_storeu_si512(own, _mm512_add_epi32(sums[l], _mm512_loadu_si512(own)));
    own[0] += (uint32_t)(count - even - odd);
  }
}

LANES void kf_curve(uint32_t *rows, unsigned first, unsigned levels, const uint32_t *tags,
                    size_t count, uint32_t *found) {
  halves_t h;
  halve(&h, tags, count);
  unsigned done = 0;
  if (first == 0) {
    done = levels > 4 ? 5 : 1;
    if (done == 5) stretch(rows + 16, 4, 2, &h, found + 16, rows, found, tags, count);
    if (done == 1) {
      halves_t none = {.count = {0, 0}};
      stretch(rows, 0, 1, &none, 0, rows, found, tags, count);
    }
  }
  for (; done < levels; done += 3) {
    uint32_t sets = 1u << (first + done), *own = rows + 16 * ((size_t)sets - (1u << first));
    switch (levels - done) {
      case 1: stretch(own, 1, sets, &h, found + 16 * done, 0, 0, 0, count); break;
      case 2: stretch(own, 2, sets, &h, found + 16 * done, 0, 0, 0, count); break;
      default: stretch(own, 3, sets, &h, found + 16 * done, 0, 0, 0, count);
    }
  }
}

#else

bool kf_lanes_available(void) { return false; }

// Never called where the kernels are not available; here so that every platform links.
size_t kf_run_filter(const uint64_t *a, size_t n, unsigned s, uint64_t b, uint64_t *p, uint32_t *t,
                     uint64_t *o) { return 0; }
void kf_tags(const uint64_t *a, size_t n, unsigned s, uint64_t b, uint32_t *t, uint64_t *o) {}
size_t kf_lru_lanes(uint32_t *w, unsigned ways, unsigned g, const uint32_t *t, const uint64_t *a,
                    unsigned s, uint64_t b, uint64_t *o, size_t n, uint32_t *q, uint32_t *l,
                    uint32_t *m) { return 0; }
size_t kf_lru_rows(uint32_t *r, unsigned w, unsigned s, uint32_t sm, unsigned f, uint32_t fm,
                   const uint32_t *t, size_t n, uint32_t *m) { return 0; }
void kf_curve(uint32_t *r, unsigned f, unsigned l, const uint32_t *t, size_t n, uint32_t *d) {}
#endif
