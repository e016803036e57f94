/**
 * The demonstration's server: `openbatch serve` as a child process, and the key that `openbatch
 * env` prints.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'

export interface Serving {
  readonly endpoint: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  readonly child: ChildProcess
  /** Stops the server in an orderly way. Resolves when it has ended. */
  stop(): Promise<void>
}

const usualPort = 8642
const readyWithinMs = 60_000

/**
 * Serves on the usual port, or on a free one if that is taken. Rejects with a message for the user.
 */
export async function serve(
  command: string,
  dataDir: string,
  driver: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Serving> {
  const port = (await isFree(usualPort)) ? usualPort : 0
  const args = ['serve', '--data-dir', dataDir, '--port', String(port), '--driver', driver]
  // The demonstration itself reports what the server would warn of at its start.
  const env = { ...process.env, OPENBATCH_LOG_LEVEL: process.env.OPENBATCH_LOG_LEVEL ?? 'error', ...settings }
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env })
  const endpoint = await readyAt(child)
  return { endpoint, child, ...environmentOf(command, dataDir), stop: () => stop(child) }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

async function readyAt(child: ChildProcess): Promise<string> {
  const timer = setTimeout(() => child.kill('SIGKILL'), readyWithinMs)
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, signal) => reject(new Error(`the server ended with ${code ?? signal} at its start`)))
      createInterface({ input: child.stdout! }).on('line', (line) => {
        const ready = /^ready (https?:\/\/\S+)$/.exec(line)
        if (ready) resolve(ready[1]!)
      })
    })
  } finally {
    clearTimeout(timer)
  }
}

function environmentOf(command: string, dataDir: string): Pick<Serving, 'credentials' | 'region'> {
  const text = execFileSync(command, ['env', '--data-dir', dataDir], { encoding: 'utf8' })
  const value = (name: string) => new RegExp(`^export ${name}='?([^'\\n]+)'?$`, 'm').exec(text)?.[1] ?? ''
  return {
    region: value('AWS_DEFAULT_REGION'),
    credentials: { accessKeyId: value('AWS_ACCESS_KEY_ID'), secretAccessKey: value('AWS_SECRET_ACCESS_KEY') },
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}
