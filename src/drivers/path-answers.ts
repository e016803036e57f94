/**
 * Whether the file systems behind some paths answer. A look at a path of a network file system that
 * hangs never returns, so it is taken in a process of its own: neither the thread of the server nor
 * those that read files for it wait there. A path that answered is taken to answer for the moment
 * that the start of an attempt needs.
 */
import { spawn } from 'node:child_process'

export interface AnswerOptions {
  readonly shell: string
  readonly signal?: AbortSignal
  /** Tests wait for less. */
  readonly withinMs?: number
}

/** A network file system that is merely slow answers long before. */
const answersWithinMs = 30_000

/** Prints the place of each path before it is looked at, links included. */
const script = 'at=0; for path; do echo "$at"; [ -e "$path" ]; at=$((at + 1)); done'

/** Resolves with the first path that does not answer in time, if there is one. Never rejects. */
export function silentPath(
  paths: readonly string[],
  { shell, signal, withinMs = answersWithinMs }: AnswerOptions,
): Promise<string | undefined> {
  if (paths.length === 0) return Promise.resolve(undefined)
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const child = spawn(shell, ['-c', script, 'look', ...paths], {
    ...{ cwd: '/', env: {}, stdio: ['ignore', 'pipe', 'ignore'] },
  })
  let told = ''
  child.stdout?.setEncoding('latin1').on('data', (text: string) => {
    told += text
  })
  const over = (silent?: string) => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', giveUp)
    resolve(silent)
  }
  const giveUp = () => {
    // A process in the kernel's hands may end only when its file system answers. Nobody waits for it.
    child.kill('SIGKILL')
    child.stdout?.destroy()
    child.unref()
    over(paths[told.trimEnd().split('\n').length - 1])
  }
  const timer = setTimeout(giveUp, withinMs)
  signal?.addEventListener('abort', giveUp, { once: true })
  child.on('exit', () => over())
  // Without a process nothing is known, and the start finds the same trouble.
  child.on('error', () => over())
  return promise
}
