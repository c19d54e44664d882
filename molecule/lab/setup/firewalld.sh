# An administrator's firewalld, in its default zone public, with one rule of the administrator's own.
systemctl enable --quiet --now firewalld
firewall-cmd --quiet --permanent --add-rich-rule='rule family="ipv4" source address="198.51.100.64/26" port port="9100" protocol="tcp" accept'
firewall-cmd --quiet --reload
