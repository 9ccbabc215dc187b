// OpenSSL's libcrypto for Swift: SHA-256 with the processor's own instructions.
#pragma once
#include <openssl/evp.h>
#include <openssl/sha.h>
