// zlib for Swift: gzip, and the deflate streams inside of zip archives.
#pragma once
#include <zlib.h>
