# Shared by the benches in this folder: after scripts/lib.sh, sourced and never run. A bench sets `usage_lines`,
# `packages` and `play`, which finds its arguments in $arguments, the programs in $programs and a server in
# $room/postgres.
# shellcheck shell=bash disable=SC2034,SC2154

# The files of a bench take room and time: they are in a folder that ends with it.
build_release() {
  cd "$SLUICE_TREE"
  mkdir -p build
  heading "Build: release" >&2
  cmake --preset release -DCMAKE_COMPILE_WARNING_AS_ERROR=OFF >build/configure.log 2>&1 ||
    { cat build/configure.log; fail "cmake --preset release failed"; }
  cmake --build --preset release -j "$(nproc)" --target sluiced sluicectl >&2
  programs=$SLUICE_TREE/build/release/daemon
}

start_server() {
  unset SLUICE_SOCKET RUNTIME_DIRECTORY NOTIFY_SOCKET PGHOST PGPORT PGUSER PGDATABASE PGSERVICE
  mkdir -m 700 "$room/postgres" "$room/files"
  start_postgres "$room/postgres"
}

# bench SCRIPT: installs, makes a room, and calls play() in it, as nobody where root has called.
bench() {
  local script=$1
  if [ -n "${SLUICE_ROOM:-}" ]; then
    room=$SLUICE_ROOM
    build_release
    start_server
    play
    return
  fi
  need_packages "${build_packages[@]}" "${run_packages[@]}" "${packages[@]}"
  make_room
  trap remove_room EXIT
  trap 'exit 130' INT TERM HUP
  if [ "$(id -u)" = 0 ]; then
    run_as_nobody "$script" "${arguments[@]}"
  else
    build_release
    start_server
    play
  fi
}
