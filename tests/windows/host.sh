#!/usr/bin/env bash
# Makes and starts two hosts that Ansible takes for Windows, or ends them: a root filesystem of Debian with PowerShell and the stand-in, and
# an sshd for each host in a network namespace of its own.
#   tests/windows/host.sh start DIRECTORY PWSH_HOME     prints nothing; DIRECTORY/inventory.yml and DIRECTORY/root/srv/HOST are there then
#   tests/windows/host.sh stop DIRECTORY
# It needs root, mmdebstrap and iproute2. The hosts answer at 10.77.21.20 and .30, and fd77:21::20 and ::30, on a bridge fcwin.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
work=$(realpath -m "$2")
root=$work/root

stop() {
  for host in station clinic; do
    if [ -e "/run/netns/fcwin-$host" ]; then
      for process in $(ip netns pids "fcwin-$host"); do kill "$process" 2>/dev/null || true; done
      ip netns del "fcwin-$host"
    fi
  done
  if ip link show fcwin >/dev/null 2>&1; then ip link del fcwin; fi
  # The root first, with all that is mounted in it: it may cover a /proc that mmdebstrap has left behind, which cannot be reached until then.
  for tree in '' proc dev; do while mountpoint -q "$root/$tree"; do umount -l "$root/$tree"; done; done
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

rm -rf "$root/opt/powershell" "$root/srv" "$root/usr/local/share/powershell"
mkdir -p "$root/opt" && cp -r "$3" "$root/opt/powershell"
for name in powershell PowerShell pwsh; do ln -sf /opt/powershell/run "$root/usr/local/bin/$name"; done
mkdir -p "$root/usr/local/share/powershell/Modules" "$root/root/.ssh" "$root/run/sshd"
cp -r "$here/WindowsStandIn" "$root/usr/local/share/powershell/Modules/"

[ -f "$work/key" ] || ssh-keygen -q -t ed25519 -N '' -f "$work/key"
cp "$work/key.pub" "$root/root/.ssh/authorized_keys"
chmod 700 "$root/root/.ssh"
chroot "$root" ssh-keygen -A >/dev/null
ip link add fcwin type bridge
ip link set fcwin up
ip addr add 10.77.21.1/24 dev fcwin
ip -6 addr add fd77:21::1/64 dev fcwin nodad

# start_host NAME NUMBER
start_host() {
  mkdir -p "$root/srv/$1/ProgramFiles"
  cp "$here/WindowsStandIn/fresh.json" "$root/srv/$1/state.json"
  cat > "$root/etc/ssh/$1.conf" <<CONFIG
PermitRootLogin prohibit-password
PidFile /run/sshd-$1.pid
SetEnv STAND_IN=/srv/$1/state.json STAND_IN_LOG=/srv/$1/calls STAND_IN_SOCKETS=1 ProgramFiles=/srv/$1/ProgramFiles ProgramData=/srv/$1/ProgramData SystemRoot=/srv/$1 PATH=/usr/local/bin:/usr/bin:/bin
CONFIG
  ip netns add "fcwin-$1"
  ip link add "fcwin$2" type veth peer name eth0 netns "fcwin-$1"
  ip link set "fcwin$2" master fcwin up
  ip -n "fcwin-$1" link set lo up
  ip -n "fcwin-$1" link set eth0 up
  ip -n "fcwin-$1" addr add "10.77.21.$2/24" dev eth0
  ip -n "fcwin-$1" -6 addr add "fd77:21::$2/64" dev eth0 nodad
  ip netns exec "fcwin-$1" chroot "$root" /usr/sbin/sshd -f "/etc/ssh/$1.conf"
}
start_host station 20
start_host clinic 30

cat > "$work/inventory.yml" <<INVENTORY
all:
  vars:
    connectivity_memberships:
      - {matrix: linksight, federation: north, roles: [data_station]}
    firewall_confirm_timeout: 900 # the machine may be busy
    ansible_user: root
    ansible_shell_type: powershell
    ansible_ssh_private_key_file: $work/key
    ansible_ssh_common_args: -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null
  hosts:
    station:
      connectivity_platform: windows
      connectivity_addresses: [10.77.21.20, "fd77:21::20"]
      ansible_host: 10.77.21.20
    clinic:
      connectivity_platform: windows
      connectivity_addresses: [10.77.21.30, "fd77:21::30"]
      ansible_host: 10.77.21.30
    institute:
      connectivity_managed: false
      connectivity_addresses: [203.0.113.200, "2001:db8:3::200"]
INVENTORY
