/** What HAProxy and nginx are told: to keep connections on both sides, and to write no log. */
export function haproxyConfig(port: number, backendPort: number): string {
  return `
global
  nbthread 1
  maxconn 4000
defaults
  mode http
  timeout client 1h
  timeout server 1h
  timeout connect 5s
  http-reuse always
frontend proxy
  bind 127.0.0.1:${port}
  default_backend server
backend server
  server one 127.0.0.1:${backendPort}
`
}

/** Two hops in one process with mutual TLS between them: who calls and who answers show certificates of one authority. */
export function haproxyMtlsConfig(
  ports: { readonly port: number; readonly inboundPort: number; readonly backendPort: number },
  files: { readonly caller: string; readonly server: string; readonly root: string },
  between: 'http/1.1' | 'h2',
): string {
  return `
global
  nbthread 1
  maxconn 4000
defaults
  mode http
  timeout client 1h
  timeout server 1h
  timeout connect 5s
  http-reuse always
frontend outbound
  bind 127.0.0.1:${ports.port}
  default_backend mesh
backend mesh
  server cart 127.0.0.1:${ports.inboundPort} ssl verify required ca-file ${files.root} crt ${files.caller} alpn ${between}
frontend inbound
  bind 127.0.0.1:${ports.inboundPort} ssl crt ${files.server} ca-file ${files.root} verify required alpn ${between}
  default_backend server
backend server
  server one 127.0.0.1:${ports.backendPort}
`
}

export function nginxProxyConfig(folder: string, port: number, backendPort: number): string {
  return `${nginxBase(folder, 'proxy')}
  upstream server { server 127.0.0.1:${backendPort}; keepalive 256; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / { proxy_pass http://server; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`
}

/** Answers everything with one kilobyte. */
export function nginxBackendConfig(folder: string, port: number): string {
  return `${nginxBase(folder, 'backend')}
  server { listen 127.0.0.1:${port} backlog=4096; location / { return 200 "${'x'.repeat(1_024)}"; } }
}
`
}

function nginxBase(folder: string, name: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
daemon off;
worker_processes 1;
master_process off;
pid ${folder}/${name}.pid;
error_log /dev/null;
events { worker_connections 8192; }
http {
  access_log off;
  keepalive_requests 100000000;
  keepalive_timeout 1h;
  ${temporary.map((part) => `${part}_temp_path ${folder}/${name}-${part};`).join(' ')}`
}
