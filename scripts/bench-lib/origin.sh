# What the benches share; it is sourced, after scripts/common.sh.

work=$(mktemp -d)
chmod 755 "$work"
origin=
tidy() {
    if [ -n "$origin" ]; then kill "$origin" 2> /dev/null || true; wait "$origin" 2> /dev/null || true; fi
    rm -rf "$work"
}
trap tidy EXIT

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# Starts nginx, one process, on loopback: $port in the clear, $tls_port behind TLS with $work/ca.pem; what is in $work is
# served. More of the server's configuration is the argument.
start_origin() {
    port=$(free_port) tls_port=$(free_port)
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' \
        -keyout "$work/key.pem" -out "$work/ca.pem" 2> /dev/null
    cat > "$work/nginx.conf" << CONF
daemon off; worker_processes 1; pid $work/nginx.pid; error_log $work/error.log;

events { worker_connections 12000; multi_accept on; }
http {
    access_log off; sendfile on; tcp_nodelay on; open_file_cache max=100 inactive=1h; open_file_cache_valid 1h; keepalive_requests 1000000000; keepalive_timeout 600s;
    client_body_temp_path $work/body; proxy_temp_path $work/proxy; fastcgi_temp_path $work/fastcgi;
    uwsgi_temp_path $work/uwsgi; scgi_temp_path $work/scgi;
    server {
        listen 127.0.0.1:$port backlog=16384; listen 127.0.0.1:$tls_port ssl; root $work;
        ssl_certificate $work/ca.pem; ssl_certificate_key $work/key.pem;
        $1
    }
}
CONF
    (ulimit -n "$(ulimit -H -n)"; exec nginx -p "$work" -c "$work/nginx.conf" 2> /dev/null) &
    origin=$!
    for _ in $(seq 100); do curl -sfI "http://127.0.0.1:$port/ca.pem" > /dev/null && return; sleep 0.1; done
    fail "nginx did not come up"
}
