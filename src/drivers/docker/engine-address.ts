import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Where the engine listens: at the setting's address, else at DOCKER_HOST, else at one of the
 * sockets that engines usually have.
 */
export type EngineAddress =
  | { kind: 'socket'; socketPath: string }
  | { kind: 'tcp'; host: string; port: number; tls: boolean; ca?: Buffer; cert?: Buffer; key?: Buffer }

/** Throws with a readable text if the address is not valid. */
export function engineAddress(dockerHost: string | undefined, env: NodeJS.ProcessEnv = process.env): EngineAddress {
  const text = dockerHost || env.DOCKER_HOST
  if (!text) return { kind: 'socket', socketPath: defaultSocket(env) }
  if (text.startsWith('/')) return { kind: 'socket', socketPath: text }
  if (text.startsWith('unix://'))
    return { kind: 'socket', socketPath: text.slice('unix://'.length) || defaultSocket(env) }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['tcp:', 'http:', 'https:'].includes(url.protocol)) {
    throw new Error(
      `the engine's address ${JSON.stringify(text)} is none of unix://PATH, tcp://HOST:PORT, https://HOST:PORT`,
    )
  }
  const tls = url.protocol === 'https:' || url.port === '2376' || env.DOCKER_TLS_VERIFY === '1'
  const port = Number(url.port) || (tls ? 2376 : 2375)
  return { kind: 'tcp', host: url.hostname, port, tls, ...(tls ? certificates(env) : {}) }
}

function defaultSocket(env: NodeJS.ProcessEnv): string {
  const runtimeDir = env.XDG_RUNTIME_DIR
  const known = [
    '/var/run/docker.sock',
    join(homedir(), '.docker/run/docker.sock'),
    ...(runtimeDir ? [join(runtimeDir, 'docker.sock'), join(runtimeDir, 'podman/podman.sock')] : []),
    '/run/podman/podman.sock',
  ]
  return known.find((path) => existsSync(path)) ?? known[0]!
}

function certificates(env: NodeJS.ProcessEnv): { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  const folder = env.DOCKER_CERT_PATH
  if (!folder) return {}
  return {
    ca: readFileSync(join(folder, 'ca.pem')),
    cert: readFileSync(join(folder, 'cert.pem')),
    key: readFileSync(join(folder, 'key.pem')),
  }
}
