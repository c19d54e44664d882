# The rest of the world: a name server to which every name is this host's, and the services behind these names.
unit() { # NAME COMMAND
    printf '[Unit]\nDescription=%s\n[Service]\nExecStart=%s\nRestart=always\n[Install]\nWantedBy=multi-user.target\n' "$1" "$2" >"/etc/systemd/system/lab-$1.service"
    systemctl enable --quiet --now "lab-$1"
}
unit names '/usr/sbin/dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --address=/#/203.0.113.53 --address=/#/2001:db8:3::53'
unit services '/usr/local/bin/lab-listen tcp 80'
unit tls '/usr/local/bin/lab-tls 443'
