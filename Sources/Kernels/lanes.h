// 16 values at a time, one of each channel of a block: vectors of whatever width the instruction set has.
#pragma once
#include <stdint.h>

typedef float lanes __attribute__((ext_vector_type(16), aligned(4), may_alias));
typedef uint32_t words __attribute__((ext_vector_type(16), aligned(4), may_alias));
typedef uint16_t halves __attribute__((ext_vector_type(16), aligned(2), may_alias));

enum { LANES = 16 };

// Loops over constants inside are unrolled, and tables folded, once the caller is compiled.
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

// Floats rounded to bfloat16, in the upper halves of words; the lower ones are zero. A NaN stays one.
INLINE void round_lanes(words *z, const lanes *x) {
  words bits = *(const words *)x, rounded = bits + 0x7FFF + ((bits >> 16) & 1);
  *z = ((bits & 0x7FFFFFFF) > 0x7F800000 ? bits | 0x400000 : rounded) & 0xFFFF0000;
}
