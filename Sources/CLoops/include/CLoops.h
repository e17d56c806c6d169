// The C loops kfrag is measured against, by `kfrag bench` and by Tests/Performance/peers.sh. They
// run 8-byte addresses on pages of 4 KiB; misses are those of both levels.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// 64 x 4 and 1536 x 12, LRU, as two arrays moved to the front: 64-bit tags, no SIMD.
void kf_loop_scalar(const uint64_t *addresses, size_t count, uint64_t misses[2]);

/// True when this CPU runs the loops below (AVX-512 F, BW, DQ, VL).
bool kf_loops_available(void);

/// The same levels: a run filter where it pays, sixteen sets in sixteen lanes, their misses into
/// rows kept in order of use. Addresses span less than 2^32 pages from the first one's 2^24 on.
void kf_loop_hierarchy(const uint64_t *addresses, size_t count, uint64_t misses[2]);

/// Every power of two of sets from 1 to 128 with 1 to 16 ways in one pass; misses of 16 x 4 and of
/// 128 x 12.
void kf_loop_curve(const uint64_t *addresses, size_t count, uint64_t misses[2]);

/// Reads every address: what the memory bus allows.
uint64_t kf_loop_sum(const uint64_t *addresses, size_t count);
