// Open MPI for Swift: the library's constants are casting macros, which Swift can't import.
// Every function here only names one of them, or one call whose arguments Swift can't spell.
#pragma once
#define OMPI_SKIP_MPICXX 1
#include <mpi.h>

static inline MPI_Comm cmpi_comm_world(void) { return MPI_COMM_WORLD; }
static inline MPI_Comm cmpi_comm_self(void) { return MPI_COMM_SELF; }
static inline MPI_Comm cmpi_comm_null(void) { return MPI_COMM_NULL; }
static inline MPI_Info cmpi_info_null(void) { return MPI_INFO_NULL; }
static inline MPI_Errhandler cmpi_errors_return(void) { return MPI_ERRORS_RETURN; }
static inline MPI_Status *cmpi_status_ignore(void) { return MPI_STATUS_IGNORE; }
static inline MPI_Request cmpi_request_null(void) { return MPI_REQUEST_NULL; }
static inline const void *cmpi_in_place(void) { return MPI_IN_PLACE; }

static inline MPI_Datatype cmpi_float(void) { return MPI_FLOAT; }
static inline MPI_Datatype cmpi_double(void) { return MPI_DOUBLE; }
static inline MPI_Datatype cmpi_int64(void) { return MPI_INT64_T; }
static inline MPI_Datatype cmpi_uint16(void) { return MPI_UINT16_T; }
static inline MPI_Datatype cmpi_uint8(void) { return MPI_UINT8_T; }

static inline MPI_Op cmpi_sum(void) { return MPI_SUM; }
static inline MPI_Op cmpi_max(void) { return MPI_MAX; }
static inline MPI_Op cmpi_min(void) { return MPI_MIN; }

// Ends every rank of the job with `code`.
//
// MPI_Abort (MPI-3.1 section 8.7) does so too, but Open MPI prints nine lines around it that bury the program's own message.
// ompi_mpi_abort is the half of it that ends the job; where a library hasn't got it the symbol is null and MPI_Abort is called.
extern int ompi_mpi_abort(MPI_Comm communicator, int code) __attribute__((weak));
static inline int cmpi_abort(MPI_Comm communicator, int code) {
  return ompi_mpi_abort ? ompi_mpi_abort(communicator, code) : MPI_Abort(communicator, code);
}
