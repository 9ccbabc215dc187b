#include "build_info.h"

#ifdef DEEPINSIDE_COMMIT
#define COMMIT " (" DEEPINSIDE_COMMIT ")"
#else
#define COMMIT ""
#endif

const char *build_version(void) { return "0.1.0" COMMIT; }
