// Open MPI for Swift: the library's constants are casting macros, which Swift can't import.
#pragma once
#define OMPI_SKIP_MPICXX 1
#include <mpi.h>
