// HDF5 (serial) for Swift: the library's constants are macros with side effects, which Swift can't import.
#pragma once
#include <hdf5.h>

// Types (H5Tpublic.h).
static inline hid_t hdf5_native_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t hdf5_native_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t hdf5_native_int32(void) { return H5T_NATIVE_INT32; }
static inline hid_t hdf5_native_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t hdf5_float32_little_endian(void) { return H5T_IEEE_F32LE; }
static inline hid_t hdf5_float64_little_endian(void) { return H5T_IEEE_F64LE; }
static inline hid_t hdf5_int32_little_endian(void) { return H5T_STD_I32LE; }
static inline hid_t hdf5_int64_little_endian(void) { return H5T_STD_I64LE; }
static inline hid_t hdf5_c_string(void) { return H5T_C_S1; }
static inline size_t hdf5_variable_length(void) { return H5T_VARIABLE; }

// Property lists, spaces, file access (H5Ppublic.h, H5Spublic.h, H5Fpublic.h).
static inline hid_t hdf5_default(void) { return H5P_DEFAULT; }
static inline hid_t hdf5_file_access_class(void) { return H5P_FILE_ACCESS; }
static inline hid_t hdf5_file_creation_class(void) { return H5P_FILE_CREATE; }
static inline hid_t hdf5_group_creation_class(void) { return H5P_GROUP_CREATE; }
static inline hid_t hdf5_data_set_creation_class(void) { return H5P_DATASET_CREATE; }
static inline hid_t hdf5_link_creation_class(void) { return H5P_LINK_CREATE; }
static inline hid_t hdf5_whole_space(void) { return H5S_ALL; }
static inline haddr_t hdf5_undefined_address(void) { return HADDR_UNDEF; }
static inline unsigned hdf5_truncate(void) { return H5F_ACC_TRUNC; }
static inline unsigned hdf5_read_only(void) { return H5F_ACC_RDONLY; }

// The error stack of the calling thread (H5Epublic.h).
static inline hid_t hdf5_error_stack(void) { return H5E_DEFAULT; }

// The number of attributes of an object, or a negative number on failure. (H5Opublic.h: the name of the call is a versioned
// macro, and since 1.12 another call fills another struct.)
static inline long long hdf5_attribute_count(hid_t object) {
#if H5_VERSION_GE(1, 12, 0)
  H5O_info2_t info;
  return H5Oget_info3(object, &info, H5O_INFO_NUM_ATTRS) < 0 ? -1 : (long long)info.num_attrs;
#else
  H5O_info_t info;
  return H5Oget_info2(object, &info, H5O_INFO_NUM_ATTRS) < 0 ? -1 : (long long)info.num_attrs;
#endif
}
