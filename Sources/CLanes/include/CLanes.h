// SIMD kernels of the replay engine, chosen at run time by CPU. Each has a pure-Swift twin in
// Sim/Replay that gives the same counts; tests run both.
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// True when this CPU runs the AVX-512 kernels (F, BW, DQ, VL).
bool kf_lanes_available(void);
