#!/usr/bin/env bash
# Makes and starts a host that Ansible takes for Windows, or ends it: a root filesystem of Debian with sshd, PowerShell and the stand-in.
#   tests/windows/host.sh start DIRECTORY PWSH_HOME     prints nothing; DIRECTORY/inventory.yml and DIRECTORY/root/srv/windows are there then
#   tests/windows/host.sh stop DIRECTORY
# It needs root, mmdebstrap and gcc, and answers on 127.0.0.1, port 2222, alone.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
work=$(realpath -m "$2")
root=$work/root

stop() {
  if [ -f "$root/run/sshd.pid" ]; then kill "$(cat "$root/run/sshd.pid")" 2>/dev/null || true; rm -f "$root/run/sshd.pid"; fi
  for tree in proc dev ''; do while mountpoint -q "$root/$tree"; do umount -l "$root/$tree"; done; done
}

if [ "$1" = stop ]; then stop; exit; fi
stop
mkdir -p "$work"
if [ ! -f "$root/etc/ssh/sshd_config" ]; then
  mirror=$(awk '/^URIs:/{print $2; exit}' /etc/apt/sources.list.d/debian.sources)
  rm -rf "$root"
  mmdebstrap --quiet --mode=root --variant=minbase --format=directory --include=openssh-server,iproute2 trixie "$root" "deb $mirror trixie main"
fi
mount --bind "$root" "$root" # PowerShell finds no modules where / is not a mount point
for tree in proc dev; do mount --bind "/$tree" "$root/$tree"; done

rm -rf "$root/opt/powershell" "$root/srv/windows" "$root/usr/local/share/powershell"
mkdir -p "$root/opt" && cp -r "$3" "$root/opt/powershell"
for name in powershell PowerShell pwsh; do ln -sf /opt/powershell/run "$root/usr/local/bin/$name"; done
mkdir -p "$root/usr/local/share/powershell/Modules" "$root/srv/windows/ProgramFiles" "$root/root/.ssh" "$root/run/sshd"
cp -r "$here/WindowsStandIn" "$root/usr/local/share/powershell/Modules/"
cp "$here/WindowsStandIn/fresh.json" "$root/srv/windows/state.json"

[ -f "$work/key" ] || ssh-keygen -q -t ed25519 -N '' -f "$work/key"
cp "$work/key.pub" "$root/root/.ssh/authorized_keys"
chmod 700 "$root/root/.ssh"
cat > "$root/etc/ssh/sshd_config.d/windows.conf" <<'CONFIG'
Port 2222
ListenAddress 127.0.0.1
SetEnv STAND_IN=/srv/windows/state.json STAND_IN_LOG=/srv/windows/calls ProgramFiles=/srv/windows/ProgramFiles SystemRoot=/srv/windows PATH=/usr/local/bin:/usr/bin:/bin
CONFIG
cat > "$work/inventory.yml" <<INVENTORY
all:
  vars:
    connectivity_memberships:
      - {matrix: linksight, federation: north, roles: [data_station]}
  hosts:
    station:
      connectivity_platform: windows
      connectivity_addresses: [198.51.100.20, "2001:db8:1::20"]
      ansible_host: 127.0.0.1
      ansible_port: 2222
      ansible_user: root
      ansible_shell_type: powershell
      ansible_ssh_private_key_file: $work/key
      ansible_ssh_common_args: -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null
    institute:
      connectivity_managed: false
      connectivity_addresses: [203.0.113.200, "2001:db8:3::200"]
INVENTORY
chroot "$root" sh -c 'ssh-keygen -A >/dev/null && /usr/sbin/sshd'
