# An administrator's ufw: incoming denied, SSH open, and one more rule of the administrator's own.
ufw --force default deny incoming
ufw allow 22/tcp comment 'administrator: SSH'
ufw allow from 198.51.100.0/26 to any port 9100 proto tcp comment 'administrator: monitoring'
ufw --force enable
systemctl enable --quiet --now ufw
