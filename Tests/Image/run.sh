#!/usr/bin/env bash
# ./launch.sh test --image: what Apptainer.def describes, put together in a bare Debian 13 without a container engine, and tried by chroot: its
# %files, %post, %environment and %test are taken from it, then a net is trained on two ranks and its class models are drawn. As root; five to
# ten minutes. What can't be made here is said, and is no failure.
set -euo pipefail
top=$(CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
definition=$top/Apptainer.def

folder=$(mktemp -d /var/tmp/image.XXXXXX)
trap 'rm -rf --one-file-system "$folder"' EXIT
root=$folder/root

section() { awk -v wanted="%$1" '/^%/ { inside = ($1 == wanted); next } inside' "$definition"; } # NAME

echo "== the program, built in a Debian 13"
code=0
"$top/scripts/on-debian.sh" 13 ./launch.sh build --static >"$folder/build.log" 2>&1 || code=$?
((code != 77)) || { tail -n 1 "$folder/build.log" >&2 && echo "the image is not tried: see above" >&2 && exit; }
((code == 0)) || { tail -n 20 "$folder/build.log" >&2 && exit 1; }

echo "== a bare Debian 13"
"$top/scripts/on-debian.sh" 13 --bare "$root"

echo "== its files"
while read -r from to; do
  [[ -n $from ]] || continue
  mkdir -p "$(dirname "$root$to")"
  if [[ $from == .build/* ]]; then
    "$top/scripts/on-debian.sh" 13 cat "$from" >"$root$to" && chmod +x "$root$to"
  else
    cp -r "$top/$from" "$root$to"
  fi
done < <(section files)

# In a namespace of its own: what is mounted ends with the command.
inside() { # SCRIPT
  # shellcheck disable=SC2016 # expanded there
  unshare --mount bash -c '
    mount --make-rprivate / && mount --rbind /proc "$1/proc" && mount --rbind /sys "$1/sys" && mount --rbind /dev "$1/dev"
    exec chroot "$1" /usr/bin/env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      DEBIAN_FRONTEND=noninteractive bash -euo pipefail -c "$2"' bash "$root" "$1"
}

echo "== %post"
inside "$(section post)" >"$folder/post.log" 2>&1 || { tail -n 20 "$folder/post.log" && exit 1; }
echo "== %test"
inside "$(section environment)
$(section test)"
echo "== a training on two ranks, and class models"
inside "$(section environment)
cd /root
deepinside synthesize --output data --classes 3 --images-per-class 10 --size 80 --quiet
/opt/deepinside/launch.sh --ranks 2 --threads 1 train --data data --run run --network cnn-f-64 --batch 8 --max-steps 4 --epochs 4 --quiet
/opt/deepinside/launch.sh --ranks 2 --threads 1 class-models --checkpoint run/checkpoints/latest.h5 --output models --iterations 3 --quiet
ls models/s00000001.png models/s00000003.h5 models/index.html >/dev/null"
echo "image tests passed"
