// OpenBLAS for Swift: GEMM and the thread count of the library.
#pragma once
#include <cblas.h>
