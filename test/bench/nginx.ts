/**
 * nginx as a store of files: it gives them by sendfile, and takes them by WebDAV's PUT. It runs on
 * loopback, with a directory, a configuration and a port of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { cpuMs } from './serving.ts'

const program = '/usr/sbin/nginx'

export interface Nginx {
  readonly port: number
  /** Where files are that were PUT below `/stored/`. */
  readonly stored: string
  /** Of all its processes. */
  cpuMs(): number
  stop(): Promise<void>
}

/** Serves the files of a directory below `/files/`. `directory` is nginx's own, on the same file system. */
export async function serveNginx(directory: string, files: string): Promise<Nginx> {
  for (const name of ['new', 'root/stored', 'other']) mkdirSync(join(directory, name), { recursive: true })
  if (!existsSync(program)) throw new Error('nginx is not installed (Debian: nginx-light)')
  const port = await freePort()
  const configuration = join(directory, 'nginx.conf')
  writeFileSync(configuration, settings(directory, files, port))
  const child = spawn(program, ['-p', directory, '-e', 'stderr', '-c', configuration], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  await Promise.race([answering(port), ended(child)])
  return {
    port,
    stored: join(directory, 'root/stored'),
    cpuMs: () => processesOf(child.pid!).reduce((sum, pid) => sum + cpuMs(pid), 0),
    async stop() {
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
    },
  }
}

/** As Debian's, with what helps it here: no log, and larger pieces of bodies. */
function settings(directory: string, files: string, port: number): string {
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  const others = ['proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${directory}/other/${name};`)
  return `
    ${user}
    daemon off;
    worker_processes auto;
    pid ${directory}/nginx.pid;
    events { worker_connections 768; }
    http {
      access_log off;
      sendfile on;
      tcp_nopush on;
      keepalive_requests 1000000000;
      client_max_body_size 0;
      client_body_buffer_size 1m;
      client_body_temp_path ${directory}/new;
      ${others.join(' ')}
      server {
        listen 127.0.0.1:${port};
        location /files/ { alias ${files}/; }
        location /stored/ { root ${directory}/root; dav_methods PUT; }
      }
    }`
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function answering(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const outcome = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    if (outcome) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function ended(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit')
  throw new Error(`nginx ended with ${code}`)
}

function processesOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return [pid, ...(children === '' ? [] : children.split(' ').map(Number))]
}
