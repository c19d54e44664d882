#!/usr/bin/env bash
# Runs batch files by the cmd.exe of Wine 10 or later, in a root filesystem of Debian 13.
#   tests/windows/wine.sh DIRECTORY CASES
# CASES has a directory for each case with firewall.cmd, and perhaps argument and environment (a line NAME=value each). The case gets the files
# calls.txt (what netsh and fltmc were called with), said (what it printed), errors and code (its exit code). It needs root and mmdebstrap.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
root=$(realpath -m "$1")/root
cases=$(realpath "$2")

if [ ! -f "$root/ready" ]; then
  mirror=$(awk '/^URIs:/{print $2; exit}' /etc/apt/sources.list.d/debian.sources)
  rm -rf "$root" && mkdir -p "$(dirname "$root")"
  mmdebstrap --quiet --mode=root --variant=minbase --format=directory --include=wine,wine64,gcc-mingw-w64-x86-64-win32 trixie "$root" "deb $mirror trixie main"
  touch "$root/ready"
fi
mkdir -p "$root/srv/cases"
cp "$here/recorder.c" "$root/srv/"
# Everything that Wine starts ends with the namespace.
unshare --mount --pid --fork --kill-child bash -euo pipefail -s "$root" "$cases" <<'INSIDE'
root=$1
mount --bind "$2" "$root/srv/cases"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/bin:/bin:/usr/sbin:/sbin XDG_RUNTIME_DIR=/tmp WINEDEBUG=-all LANG=C.UTF-8 bash -euo pipefail <<'CHROOT'
cd /srv
for name in netsh fltmc; do x86_64-w64-mingw32-gcc -O1 -o "$name.exe" recorder.c; done
[ -f /root/.wine/system.reg ] || wineboot --init >/dev/null 2>&1
wine --version > cases/version
for case in cases/*/; do
  cd "/srv/$case"
  cp ../../netsh.exe ../../fltmc.exe .
  rm -f calls.txt
  code=0
  env $(cat environment 2>/dev/null || true) wine cmd /c "firewall.cmd $(cat argument 2>/dev/null || true)" > said 2> errors < /dev/null || code=$?
  echo "$code" > code
  rm -f netsh.exe fltmc.exe
  cd /srv
done
wineserver --kill || true
CHROOT
INSIDE
