# Sourced by the stand-ins of upload-artifact and download-artifact: a folder an artifact, as GitHub would show it.
set -euo pipefail

upload() { # name, paths (a line each), what to do if there is nothing
  local home="$STANDIN_ARTIFACTS/$1" path found=0
  test ! -e "$home" || { echo "::error::an artifact named $1 exists already in this run"; exit 1; }
  mkdir -p "$home"
  while IFS= read -r path; do
    path="${path%"${path##*[![:space:]]}"}"
    test -n "$path" || continue
    case "/$path/" in */.[!./]*) echo "::warning::$path is hidden and left out"; continue ;; esac
    if test -d "$path"; then cp -R "$path/." "$home/"; found=1; elif test -e "$path"; then cp "$path" "$home/"; found=1; fi
  done <<< "$2"
  find "$home" -mindepth 1 -name '.*' -prune -exec rm -rf {} +
  if test "$found" = 0; then
    rmdir "$home"
    test "${3:-warn}" != error || exit 1
    echo "::warning::nothing to upload for $1"
  fi
}

download() { # name, folder
  test -d "$STANDIN_ARTIFACTS/$1" || { echo "::error::there is no artifact named $1"; exit 1; }
  mkdir -p "${2:-.}"
  cp -R "$STANDIN_ARTIFACTS/$1/." "${2:-.}/"
}
