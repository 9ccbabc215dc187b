# The packages that hold the libraries, by distribution, and how they are installed. Sourced by launch.sh.
#
# Tried: debian-12, debian-13. Not tried, the names are from the distributions' own package lists: ubuntu-22.04, ubuntu-24.04, fedora,
# rocky-9 (with EPEL and CRB; also for Alma, CentOS Stream and RHEL 9). A dash: there is none, or it comes with another.
# The rows "run" are what a program that was built elsewhere needs.
# shellcheck shell=bash
package_table='
what           debian-12           debian-13           ubuntu-22.04        ubuntu-24.04        fedora              rocky-9
pkg-config     pkg-config          pkg-config          pkg-config          pkg-config          pkgconf-pkg-config  pkgconf-pkg-config
mpirun         openmpi-bin         openmpi-bin         openmpi-bin         openmpi-bin         openmpi             openmpi
mpi            libopenmpi-dev      libopenmpi-dev      libopenmpi-dev      libopenmpi-dev      openmpi-devel       openmpi-devel
openblas       libopenblas-dev     libopenblas-dev     libopenblas-dev     libopenblas-dev     openblas-devel      openblas-devel
hdf5           libhdf5-dev         libhdf5-dev         libhdf5-dev         libhdf5-dev         hdf5-devel          hdf5-devel
png            libpng-dev          libpng-dev          libpng-dev          libpng-dev          libpng-devel        libpng-devel
turbojpeg      libturbojpeg0-dev   libturbojpeg0-dev   libturbojpeg0-dev   libturbojpeg0-dev   turbojpeg-devel     turbojpeg-devel
zlib           zlib1g-dev          zlib1g-dev          zlib1g-dev          zlib1g-dev          zlib-devel          zlib-devel
crypto         libssl-dev          libssl-dev          libssl-dev          libssl-dev          openssl-devel       openssl-devel
dnnl           libdnnl-dev         libdnnl-dev         libdnnl-dev         libdnnl-dev         onednn-devel        onednn-devel
gomp           gcc                 gcc                 gcc                 gcc                 gcc                 gcc
run-mpi        libopenmpi3         libopenmpi40        libopenmpi3         libopenmpi3t64      openmpi             openmpi
run-openblas   libopenblas0-pthread libopenblas0-pthread libopenblas0-pthread libopenblas0-pthread openblas        openblas
run-dnnl       libdnnl2            libdnnl3.6          libdnnl2            libdnnl3            onednn              onednn
run-hdf5       libhdf5-103-1       libhdf5-310         libhdf5-103-1       libhdf5-103-1t64    hdf5                hdf5
run-png        libpng16-16         libpng16-16t64      libpng16-16         libpng16-16t64      libpng              libpng
run-turbojpeg  libturbojpeg0       libturbojpeg0       libturbojpeg        libturbojpeg        turbojpeg           turbojpeg
run-zlib       zlib1g              zlib1g              zlib1g              zlib1g              zlib                zlib
run-crypto     libssl3             libssl3t64          libssl3             libssl3t64          openssl-libs        openssl-libs
run-gomp       libgomp1            libgomp1            libgomp1            libgomp1            libgomp             libgomp
'

# The column of the table for this machine; empty for a system that it doesn't have.
distribution() {
  (
    ID='' ID_LIKE='' VERSION_ID=''
    # shellcheck disable=SC1090
    source "${DEEPINSIDE_OS_RELEASE:-/etc/os-release}" 2>/dev/null || true
    case $ID:$VERSION_ID in
      debian:12 | debian:13 | ubuntu:22.04 | ubuntu:24.04) echo "$ID-$VERSION_ID" ;;
      # Debian before a release has no number.
      debian:*) echo debian-13 ;;
      ubuntu:*) echo ubuntu-24.04 ;;
      fedora:*) echo fedora ;;
      rocky:9* | almalinux:9* | rhel:9* | centos:9* | ol:9*) echo rocky-9 ;;
      *) case " $ID_LIKE " in *" ubuntu "*) echo ubuntu-24.04 ;; *" debian "*) echo debian-13 ;; *" fedora "*) echo fedora ;; esac ;;
    esac
  )
}

# The packages of what is missing, a line each; the library's own name where the system's packages aren't known.
packages_of() { # WHAT ...
  local what
  for what in "$@"; do
    awk -v what="$what" -v column="$(distribution)" '
      NF && !columns { for (columns = 1; columns <= NF; columns++) at[$columns] = columns; next }
      $1 == what { name = (column in at) ? $at[column] : "" ; found = 1; if (name != "-") print name == "" ? what : name }
      END { if (!found) print what }' <<<"$package_table"
  done | sort -u
}

# Whether the compiler finds a header, where it looks itself and where CPATH sends it.
has_header() { # NAME
  local folder folders=()
  IFS=: read -ra folders <<<"${CPATH:-}:${C_INCLUDE_PATH:-}:/usr/include:/usr/local/include"
  for folder in "${folders[@]}"; do
    [[ -z $folder || ! -e $folder/$1 ]] || return 0
  done
  return 1
}

# What isn't there for building. What is looked for is the library itself: it may have come another way, such as `module load`.
missing_for_building() {
  command -v pkg-config >/dev/null || echo pkg-config
  local pair
  for pair in ompi-c:mpi openblas:openblas libpng:png libturbojpeg:turbojpeg zlib:zlib libcrypto:crypto; do
    pkg-config --exists "${pair%%:*}" 2>/dev/null || echo "${pair#*:}"
  done
  # Only Debian's relatives have hdf5-serial; elsewhere it is hdf5, or a header without a description.
  pkg-config --exists hdf5-serial 2>/dev/null || pkg-config --exists hdf5 2>/dev/null || has_header hdf5.h || echo hdf5
  command -v mpirun >/dev/null || echo mpirun
  # The linker finds libgomp.so in gcc's own folder.
  compgen -G '/usr/lib/gcc/*/*/libgomp.so' >/dev/null || echo gomp
}

# oneDNN alone may be absent: it has no pkg-config file.
missing_by_choice() { has_header oneapi/dnnl/dnnl.h || echo dnnl; }

# What isn't there for running a program that was built elsewhere.
missing_for_running() { # PROGRAM
  local pair libraries
  command -v mpirun >/dev/null || echo mpirun
  libraries=$(missing_libraries "$1")
  for pair in libmpi.so:mpi libopenblas.so:openblas libhdf5:hdf5 libpng16.so:png libturbojpeg.so:turbojpeg libz.so:zlib \
    libcrypto.so:crypto libgomp.so:gomp; do
    [[ $libraries != *"${pair%%:*}"* ]] || echo "run-${pair#*:}"
  done
}

# oneDNN is no library that the program is linked with: it is loaded when there is one.
missing_by_choice_for_running() { ldconfig -p 2>/dev/null | grep -q 'libdnnl\.so\.' || echo run-dnnl; }

missing_libraries() { ldd "$1" 2>/dev/null | sed -n 's/ => not found//p' || true; } # PROGRAM

# How packages are installed here; empty where nobody knows.
install_command() {
  if command -v apt-get >/dev/null; then
    echo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends
  elif command -v dnf >/dev/null; then
    echo dnf install -y --setopt=install_weak_deps=False
  fi
}

# The line of sh that makes the packages known: apt's lists; on Rocky, Alma and RHEL 9 the repositories EPEL and CRB.
refresh_command() {
  if command -v apt-get >/dev/null; then
    echo apt-get update -q
  elif [[ $(distribution) == rocky-9 ]]; then
    echo 'dnf install -y epel-release dnf-plugins-core && dnf config-manager --set-enabled crb'
  else
    echo true
  fi
}

# What to do without root, in a few lines.
ask_for() { # PACKAGE ...
  cat <<END
libraries are missing. With root: $(install_command) $*
Without root: ask the administrator for these packages, or load modules that bring the libraries (module load openmpi openblas hdf5 …):
what they put into PKG_CONFIG_PATH, CPATH, LIBRARY_PATH and LD_LIBRARY_PATH is found here and counts for the build. oneDNN may be left out:
without it OpenBLAS computes, more slowly and in float32 alone.
END
}
