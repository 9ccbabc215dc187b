// One small set of functions for oneDNN 2 and oneDNN 3, whose C interfaces differ. What differs stands in this folder alone.
#pragma once
#include "conednn_operations.h"
