import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { engineJson } from './engine-http.ts'
import { endProcess } from './leftovers.ts'
import { installEnginePackages } from './packages.ts'

/**
 * A real image registry on 127.0.0.1 (Debian's docker-registry), which engines trust without TLS.
 */
export interface TestRegistry {
  /** `127.0.0.1:PORT`, with which its images' names begin. */
  readonly address: string
  /**
   * Pushes an image of the engine to the registry as `ADDRESS/NAME`, removes it from the engine,
   * and returns that reference.
   */
  push(socketPath: string, image: string, name: string): Promise<string>
  stop(): Promise<void>
}

const startTimeoutMs = 30_000

/** The only user who may read and write. The hash is bcrypt's, as `htpasswd -B` makes it. */
export interface RegistryUser {
  readonly username: string
  readonly password: string
  readonly passwordHash: string
}

export async function startRegistry(user?: RegistryUser): Promise<TestRegistry> {
  await installEnginePackages()
  const folder = await mkdtemp(join(tmpdir(), 'openbatch-registry-'))
  const port = await freePort()
  const config = {
    version: '0.1',
    storage: { filesystem: { rootdirectory: folder } },
    http: { addr: `127.0.0.1:${port}` },
    ...(user === undefined ? {} : { auth: { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } } }),
  }
  if (user !== undefined) await writeFile(join(folder, 'htpasswd'), `${user.username}:${user.passwordHash}\n`)
  // YAML reads JSON.
  await writeFile(join(folder, 'config.yml'), JSON.stringify(config))
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', 'docker-registry', 'serve', join(folder, 'config.yml')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4000)
  })
  const ended = once(child, 'exit').then(() => 'ended' as const)
  const deadline = Date.now() + startTimeoutMs
  while (!(await answers(port))) {
    if ((await Promise.race([ended, delay(50)])) === 'ended' || Date.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`docker-registry does not answer: ${said}`)
    }
  }
  return {
    address: `127.0.0.1:${port}`,
    async push(socketPath, image, name) {
      const repo = `127.0.0.1:${port}/${name.split(':')[0]}`
      const tag = name.split(':')[1] ?? 'latest'
      await engineJson(socketPath, 'POST', `/images/${image}/tag?${new URLSearchParams({ repo, tag })}`)
      // Docker expects the URL's alphabet. The text here is the same in both alphabets.
      const credentials = user === undefined ? {} : { username: user.username, password: user.password }
      const auth = { 'X-Registry-Auth': Buffer.from(JSON.stringify(credentials)).toString('base64') }
      const lines = await engineJson(socketPath, 'POST', `/images/${repo}/push?tag=${tag}`, undefined, auth)
      if (String(lines).includes('"error"')) throw new Error(`the push of ${repo}:${tag} failed: ${lines}`)
      await engineJson(socketPath, 'DELETE', `/images/${repo}:${tag}`)
      return `${repo}:${tag}`
    },
    async stop() {
      await endProcess(child, 'SIGTERM')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const outgoing = request({ host: '127.0.0.1', port, path: '/v2/', agent: false }, (incoming) => {
      incoming.resume()
      resolve(incoming.statusCode === 200 || incoming.statusCode === 401)
    })
    outgoing.on('error', () => resolve(false))
    outgoing.end()
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
