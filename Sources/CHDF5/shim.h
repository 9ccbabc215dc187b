// HDF5 (serial) for Swift: the library's constants are macros with side effects, which Swift can't import.
#pragma once
#include <hdf5.h>
