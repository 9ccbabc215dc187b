// libpng for Swift: the simplified interface (its size bound is a macro that Swift can't import), and the zlib below it.
#pragma once
#include <png.h>
#include <zlib.h>

/// An upper bound of the bytes of the PNG file of `image` (PNG_IMAGE_PNG_SIZE_MAX).
static inline size_t cpng_size_bound(png_image image) { return PNG_IMAGE_PNG_SIZE_MAX(image); }
