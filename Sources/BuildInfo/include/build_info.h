#ifndef BUILD_INFO_H
#define BUILD_INFO_H

/// The version of this build, and in brackets its commit where `./launch.sh build` said it (DEEPINSIDE_COMMIT in Package.swift); the commit
/// has a + where files had changed since.
const char *build_version(void);

#endif
