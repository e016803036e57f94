/**
 * `openbatch serve` for tests that kill it: it may die at any moment, even before it is ready, and
 * is started again.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { lastingPort } from '../support/lasting-port.ts'
import { openbatchCommand, tail } from '../support/openbatch-server.ts'
import type { DriverName } from './workload.ts'

export interface MortalServer {
  /**
   * Resolves when it serves, or was killed before that. With a failpoint it kills itself there.
   * Throws if it ended in any other way.
   */
  start(failpoint?: string): Promise<'ready' | 'killed'>
  /**
   * Resolves when the process of the last `start` has been killed. Throws if it ended otherwise.
   */
  killed(): Promise<void>
  kill9(): void
  /** Stops the process for that long, as a sleeping machine would. */
  pause(ms: number): Promise<void>
  /** An orderly stop. */
  stop(): Promise<void>
  /** `http://127.0.0.1:PORT`, the same for every start. */
  readonly endpoint: string
  readonly pid: number
  /** The process ids of every start so far. */
  readonly pids: readonly number[]
  /** How long each start took until it served. */
  readonly readyMs: readonly number[]
  log(): string
}

const readyWithinMs = 90_000
const stoppedWithinMs = 60_000

export function mortalServer(options: {
  driver: DriverName
  dataDir: string
  env: Readonly<Record<string, string>>
}): MortalServer {
  const { driver, dataDir } = options
  const readyMs: number[] = []
  const pids: number[] = []
  let log = ''
  let endpoint = ''
  let port: string | undefined
  let child: ChildProcess | undefined
  let death: Promise<{ code: number | null; signal: NodeJS.Signals | null }> | undefined

  const start: MortalServer['start'] = async (failpoint) => {
    port ??= String(await lastingPort())
    const startedAt = performance.now()
    const args = ['serve', '--data-dir', dataDir, '--port', port, '--driver', driver]
    const env = { ...inherited(), ...options.env, ...(failpoint ? { OPENBATCH_FAILPOINT: failpoint } : {}) }
    const born = spawn(openbatchCommand, args, { stdio: ['ignore', 'pipe', 'pipe'], env })
    child = born
    if (born.pid !== undefined) pids.push(born.pid)
    born.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text
    })
    death = new Promise((resolve, reject) => {
      born.once('error', reject)
      born.once('exit', (code, signal) => resolve({ code, signal }))
    })
    const ready = new Promise<'ready'>((resolve) => {
      createInterface({ input: born.stdout }).on('line', (line) => {
        const match = /^ready (https?:\/\/\S+)$/.exec(line)
        if (!match) return
        endpoint = match[1]!
        readyMs.push(performance.now() - startedAt)
        resolve('ready')
      })
    })
    // Not SIGKILL, which would count as an intended death.
    const timer = setTimeout(() => born.kill('SIGABRT'), readyWithinMs)
    try {
      return await Promise.race([ready, killed().then(() => 'killed' as const)])
    } finally {
      clearTimeout(timer)
    }
  }

  const killed = async () => {
    const { code, signal } = await death!
    if (signal !== 'SIGKILL') throw new Error(`the server ended by itself with ${code ?? signal}:\n${tail(log)}`)
  }

  return {
    start,
    killed,
    kill9: () => void child?.kill('SIGKILL'),
    async pause(ms) {
      child?.kill('SIGSTOP')
      await delay(ms)
      child?.kill('SIGCONT')
    },
    async stop() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return
      const timer = setTimeout(() => child?.kill('SIGABRT'), stoppedWithinMs)
      child.kill('SIGTERM')
      const { code, signal } = await death!
      clearTimeout(timer)
      if (code !== 0) throw new Error(`the server ended with ${code ?? signal}:\n${tail(log)}`)
    },
    get endpoint() {
      return endpoint
    },
    get pid() {
      return child!.pid!
    },
    readyMs,
    pids,
    log: () => log,
  }
}

function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(OPENBATCH|AWS)_/.test(name)))
}
