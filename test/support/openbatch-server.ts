/**
 * A server for tests: the command `openbatch serve` itself, on a data directory and port of its
 * own. It can be killed and started again, and leaves nothing behind: `stop` also ends what its
 * jobs left running.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { sealingKeysPath } from '../../src/access/identities/sealing-keys.ts'
import { administratorOf } from './administrator.ts'
import { root } from './built.ts'
import { lastingPort } from './lasting-port.ts'
import { removeLeftovers } from './leftovers.ts'
import { needlesFor, type Secret, scanFiles, scanProcesses, scanText } from './secret-scan.ts'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface TestServer {
  /** `http://127.0.0.1:PORT`; the same after a restart. */
  readonly endpoint: string
  readonly dataDir: string
  readonly administrator: Credentials
  readonly pid: number
  /** A user with the role `user`, added by `openbatch user add` while the server runs. */
  addUser(name: string): Credentials
  /** Ends the server as a crash would. Its jobs run on. */
  kill9(): Promise<void>
  /** Starts it anew on the same directory and port, after an orderly stop if it still runs. */
  restart(): Promise<void>
  /** Notes that the test itself shows this secret to the server as something else: in a job's environment, for example. */
  showed(secret: string): void
  /** What the server has said on standard error so far. */
  log(): string
  /**
   * Stops the server in an orderly way and removes everything it left. Throws if it had ended by
   * itself or ends with an error, or if a secret is found where none may be (`secret-scan.ts`).
   */
  stop(): Promise<void>
}

export interface TestServerOptions {
  readonly driver: 'docker' | 'process' | 'scripted'
  /** Settings (`OPENBATCH_…`) and other variables of the server's environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Limits in prlimit(1)'s form, as in `--nofile=256`. */
  readonly limits?: readonly string[]
  /** Where its data directory is made. Default: the temporary directory. */
  readonly directory?: string
  /** An existing data directory, instead of a new one. */
  readonly dataDir?: string
  /** The command `openbatch` to run. Default: the checkout's own. */
  readonly command?: string
  /** Further arguments of `serve`. */
  readonly args?: readonly string[]
}

/** The passwords that tests give to users of a server. It may keep and show neither. */
export const testPasswords = ['correct horse', 'battery staple'] as const

export const openbatchCommand = join(root, 'bin', 'openbatch')

const readyWithinMs = 60_000
const stoppedWithinMs = 60_000

export async function startServer(options: TestServerOptions): Promise<TestServer> {
  const port = String(await lastingPort())
  const dataDir = options.dataDir ?? mkdtempSync(join(options.directory ?? tmpdir(), 'openbatch-test-'))
  let log = ''
  let child: ChildProcess
  let endpoint: string

  const start = async () => {
    const args = ['serve', '--data-dir', dataDir, '--port', port, '--driver', options.driver, ...(options.args ?? [])]
    const [file, ...words] = [
      ...(options.limits ? ['prlimit', ...options.limits, '--'] : []),
      options.command ?? openbatchCommand,
      ...args,
    ]
    child = spawn(file!, words, { stdio: ['ignore', 'pipe', 'pipe'], env: serverEnvironment(options.env) })
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      log += text
    })
    endpoint = await readyAt(child, () => log)
  }
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`the server had ended with ${child.exitCode ?? child.signalCode} before:\n${tail(log)}`)
    await endChild(child, signal)
    if (signal === 'SIGTERM' && child.exitCode !== 0)
      throw new Error(`the server ended with ${child.exitCode ?? child.signalCode}:\n${tail(log)}`)
  }

  try {
    await start()
  } catch (error) {
    removeLeftovers(dataDir)
    throw error
  }
  const administrator = administratorOf(dataDir)
  let secrets: Secret[] = [{ what: 'the secret of the administrator', value: administrator.secretAccessKey }]
  return {
    endpoint: endpoint!,
    dataDir,
    administrator,
    get pid() {
      return child.pid!
    },
    addUser(name) {
      const added = addUser(dataDir, name)
      secrets.push({ what: `the secret of ${name}`, value: added.secretAccessKey })
      return added
    },
    showed(secret) {
      secrets = secrets.filter(({ value }) => value !== secret)
    },
    kill9: () => end('SIGKILL'),
    async restart() {
      if (child.exitCode === null && child.signalCode === null) await end('SIGTERM')
      await start()
    },
    log: () => log,
    async stop() {
      const keys = needlesFor([...secrets, ...sealingKeysOf(dataDir)])
      const found = scanProcesses({ pid: child.pid!, dataDir }, keys)
      // Clients of tests have passwords in their arguments.
      const known = [...keys, ...needlesFor(testPasswords.map((value) => ({ what: 'a password', value })))]
      try {
        await end('SIGTERM')
        found.push(...scanFiles(dataDir, known), ...scanText(log, 'the log of the server', known))
      } finally {
        removeLeftovers(dataDir)
      }
      if (found.length > 0) throw new Error(`secrets where none may be:\n${found.join('\n')}`)
    },
  }
}

/** Contains none of the caller's own settings: a test states its own. */
function serverEnvironment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(OPENBATCH|AWS)_/.test(name))
  return {
    ...Object.fromEntries(kept),
    OPENBATCH_TEST_VALIDATE_RESPONSES: '1',
    OPENBATCH_LOG_LEVEL: 'info',
    ...more,
  }
}

async function readyAt(child: ChildProcess, log: () => string): Promise<string> {
  const timer = setTimeout(() => child.kill('SIGKILL'), readyWithinMs)
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, signal) =>
        reject(new Error(`the server ended with ${code ?? signal} before it was ready:\n${tail(log())}`)),
      )
      createInterface({ input: child.stdout! }).on('line', (line) => {
        const ready = /^ready (https?:\/\/\S+)$/.exec(line)
        if (ready) resolve(ready[1]!)
        else reject(new Error(`the server wrote to standard output: ${line}`))
      })
    })
  } finally {
    clearTimeout(timer)
  }
}

async function endChild(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const exited = once(child, 'exit')
  const timer = setTimeout(() => child.kill('SIGKILL'), stoppedWithinMs)
  child.kill(signal)
  await exited
  clearTimeout(timer)
}

/** They are in their own file, and nowhere else. */
function sealingKeysOf(dataDir: string): Secret[] {
  const path = sealingKeysPath(dataDir)
  if (!existsSync(path)) return []
  const { keys } = JSON.parse(readFileSync(path, 'utf8')) as { keys: readonly { readonly secret: string }[] }
  return keys.map(({ secret }) => ({ what: 'a sealing key', value: secret, keptIn: 'sealing-keys.json' }))
}

function addUser(dataDir: string, name: string): Credentials {
  const args = ['user', 'add', name, '--data-dir', dataDir]
  const text = execFileSync(openbatchCommand, args, { encoding: 'utf8', env: serverEnvironment() })
  const value = (variable: string) => new RegExp(`^${variable}=(.+)$`, 'm').exec(text)?.[1] ?? ''
  return { accessKeyId: value('AWS_ACCESS_KEY_ID'), secretAccessKey: value('AWS_SECRET_ACCESS_KEY') }
}

/** The end of a log, for a failure's message. */
export function tail(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .slice(-8)
    .map((line) => line.slice(0, 1000))
    .join('\n')
}
