/**
 * Servers for measurements: each in a process of its own, on a directory of its own, ended by its
 * starter.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { administratorOf } from '../support/administrator.ts'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** Where a server is, for its clients. */
export interface ServerPlace {
  readonly endpoint: string
  readonly directory: string
}

export interface Serving extends ServerPlace {
  readonly pid: number
  /** Ends the process and keeps the directory; `resume` starts it again there. */
  pause(): Promise<void>
  resume(): Promise<Serving>
  stop(): Promise<void>
}

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export const bareCredentials = { accessKeyId: 'BENCH', secretAccessKey: 'only-for-measuring' }

export function serveBare(kind: 'edge' | 'plain'): Promise<Serving> {
  const directory = mkdtempSync(join(tmpdir(), 'openbatch-bench-'))
  return started(directory, 'node', [join(root, 'test/bench/bare-server.ts'), kind, join(directory, 'bare.db')], {})
}

/** One client sends more here than any at work. */
const unlimited = { OPENBATCH_REQUESTS_BURST_PER_USER: '1000000000' }

/** `env` sets what the configuration file would. Needs `npm run build`. */
export function serveOpenbatch(
  driver: string,
  env: Record<string, string> = {},
  parent: string = tmpdir(),
): Promise<Serving> {
  const directory = mkdtempSync(join(parent, 'openbatch-bench-'))
  const args = ['serve', '--data-dir', directory, '--port', '0', '--driver', driver]
  return started(directory, join(root, 'bin/openbatch'), args, { ...unlimited, OPENBATCH_LOG_LEVEL: 'warn', ...env })
}

export function administrator({ directory }: Pick<ServerPlace, 'directory'>): Credentials {
  return administratorOf(directory)
}

async function started(
  directory: string,
  command: string,
  args: string[],
  env: Record<string, string>,
): Promise<Serving> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } })
  const endpoint = await new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code} before it was ready`)))
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const ready = /^ready (\S+)$/.exec(line)
      if (ready) resolve(ready[1]!)
    })
  })
  return {
    endpoint,
    directory,
    pid: child.pid!,
    pause: () => end(child),
    resume: () => started(directory, command, args, env),
    async stop() {
      await end(child)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}

/** CPU time a process has used so far, user and system together, ms (Linux). */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  const ticksPerSecond = 100
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond
}
