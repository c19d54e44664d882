# Docker, and two images: `docker run -d -p 8443:8443 lab/echo 8443` answers HTTP with "lab/echo", lab/tls shakes hands as lab-tls does.
. /etc/os-release
if [ "$VERSION_CODENAME" != bookworm ]; then
    # From 26 on Docker filters published ports on IPv6 like those on IPv4; 20.10 hands IPv6 to docker-proxy, a listening process.
    mkdir -p /etc/docker
    echo '{"experimental": true, "ip6tables": true, "ipv6": true, "fixed-cidr-v6": "2001:db8:d::/64"}' >/etc/docker/daemon.json
fi
systemctl enable --quiet --now docker
tree=$(mktemp -d)
mkdir "$tree/bin" "$tree/www"
cp /bin/busybox "$tree/bin/"
echo lab/echo >"$tree/www/index.html"
tar -C "$tree" -c . | docker import \
    --change 'ENTRYPOINT ["/bin/busybox", "httpd", "-f", "-h", "/www", "-p"]' --change 'CMD ["8080"]' - lab/echo >/dev/null
mkdir "$tree/run"
cp --parents -t "$tree" /usr/local/bin/lab-tls /usr/lib/ssl/openssl.cnf /usr/bin/openssl $(ldd /usr/bin/openssl | grep -o '/[^ ]*')
tar -C "$tree" -c . | docker import --change 'ENTRYPOINT ["/bin/busybox", "sh", "/usr/local/bin/lab-tls"]' - lab/tls >/dev/null
rm -r "$tree"
