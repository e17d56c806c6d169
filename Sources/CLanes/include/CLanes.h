// SIMD kernels of the replay engine, chosen at run time by CPU. Each has a pure-Swift twin in
// Sim/Replay that gives the same counts and leaves the same state; tests run both.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// True when this CPU runs the AVX-512 kernels (F, BW, DQ, VL).
bool kf_lanes_available(void);

/// Tags of a block of addresses: (address >> shift) - base, cut to 32 bits, runs of one page
/// reduced to their first address. `previous` is the last page number before the block and is
/// set to the block's last. Returns how many tags there are; ORs into `outside` what would not
/// fit: it stays below 2^32 while every tag is in 1...2^32-1.
size_t kf_run_filter(const uint64_t *addresses, size_t count, unsigned shift, uint64_t base,
                     uint64_t *previous, uint32_t *tags, uint64_t *outside);

/// The same without collapsing.
void kf_tags(const uint64_t *addresses, size_t count, unsigned shift, uint64_t base,
             uint32_t *tags, uint64_t *outside);

/// Runs tags (or, where `addresses` is given, the tags of addresses as `kf_tags` makes them)
/// through an LRU array of 16 * groups sets (groups 1, 2 or 4), at most 8 ways, held lane by lane:
/// word [(group * ways + way) * 16 + lane] is a way of set group * 16 + lane, way 0 the most
/// recent. `queue` holds 16 * (count + 16) words a group. Writes the misses' tags to `misses`
/// (room for count + 16), each set's in order, and returns how many there are. `last`: one word a
/// set for dropping repeats within a set, or null to drop none. When an address does not fit,
/// nothing is run and `outside` says so.
size_t kf_lru_lanes(uint32_t *ways_by_lane, unsigned ways, unsigned groups, const uint32_t *tags,
                    const uint64_t *addresses, unsigned shift, uint64_t base, uint64_t *outside,
                    size_t count, uint32_t *queue, uint32_t *last, uint32_t *misses);

/// Runs tags through an LRU array held row by row, `stride` (a multiple of 16) words a set, way 0
/// the most recent. Set of a tag: (tag ^ (tag >> fold & fold_mask)) & set_mask. Writes the misses'
/// tags to `misses` (may be `tags` itself) and returns how many there are.
size_t kf_lru_rows(uint32_t *rows, unsigned ways, unsigned stride, uint32_t set_mask,
                   unsigned fold, uint32_t fold_mask, const uint32_t *tags, size_t count,
                   uint32_t *misses);

/// Most tags a call of `kf_curve` takes.
enum { KF_CURVE_BLOCK = 4096 };

/// Runs tags through the 16 most recent tags of every set of arrays of 2^first ...
/// 2^(first + levels - 1) sets at once; no tag may follow itself. Level l's rows start at word
/// 16 * (2^(first+l) - 2^first), aligned to 64 bytes. Adds to found[16 * l + d] how many tags were
/// at depth d.
void kf_curve(uint32_t *rows, unsigned first, unsigned levels, const uint32_t *tags, size_t count,
              uint32_t *found);
