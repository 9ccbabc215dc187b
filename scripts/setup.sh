# Installs what is missing for building, or for running what was built elsewhere. Sourced by launch.sh, which sets `program`.
# shellcheck shell=bash

check_swift() {
  local version
  command -v swift >/dev/null || fail 3 "there is no Swift: install 6.2 or later, https://www.swift.org/install/linux"
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
  if ((${version%.*} < 6 || (${version%.*} == 6 && ${version#*.} < 2))); then
    fail 3 "Swift $version is too old: install 6.2 or later, https://www.swift.org/install/linux"
  fi
}

# Nothing has to be compiled: the program is there, and no Swift.
is_built() { [[ -x $program ]] && ! command -v swift >/dev/null; }

# What is needed and isn't there; `wanted` is what the program can do without.
needed() { if is_built; then missing_for_running "$program"; else missing_for_building; fi; }
wanted() {
  [[ -n ${DEEPINSIDE_WITHOUT_ONEDNN:-} ]] || if is_built; then missing_by_choice_for_running; else missing_by_choice; fi
}

setup() {
  local missing=() _round
  # A second time: without pkg-config it can't be seen what else is missing.
  for _round in 1 2; do
    mapfile -t missing < <(needed)
    ((${#missing[@]})) || break
    mapfile -t missing < <(packages_of "${missing[@]}")
    install_packages "${missing[@]}" || fail 3 "$(ask_for "${missing[@]}")"
  done
  mapfile -t missing < <(needed)
  ((${#missing[@]} == 0)) || fail 3 "still missing after that: ${missing[*]}"
  mapfile -t missing < <(wanted)
  ((${#missing[@]} == 0)) || mapfile -t missing < <(packages_of "${missing[@]}")
  ((${#missing[@]} == 0)) || install_packages "${missing[@]}" >/dev/null 2>&1 ||
    say "oneDNN (${missing[*]}) could not be installed: OpenBLAS will compute, more slowly and in float32 alone"
  if ! is_built; then
    check_swift
  elif [[ -n $(missing_libraries "$program") ]]; then
    fail 3 "$program lacks $(missing_libraries "$program" | xargs): where it was built, ./launch.sh build --static puts Swift's own into it"
  fi
}

install_packages() { # PACKAGE ...
  local as_root=() install
  install=$(install_command)
  [[ -n $install ]] || return 1
  if ((EUID != 0)); then
    sudo -n true 2>/dev/null || return 1
    as_root=(sudo -n)
  fi
  say "installing $*"
  # shellcheck disable=SC2086  # several words each
  if { [[ $install != *apt-get* ]] || compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null; } && "${as_root[@]}" $install "$@"; then
    return
  fi
  # shellcheck disable=SC2086
  "${as_root[@]}" sh -c "$(refresh_command)" && "${as_root[@]}" $install "$@"
}
