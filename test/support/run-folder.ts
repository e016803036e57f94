/**
 * Around every run of tests, as vitest's globalSetup of each project: gives the run a temporary directory
 * of its own, and fails it if anything is left at the end, by name. What is left there is removed or ended
 * all the same, so that no run meets what an earlier one left.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, end, findLeft, isSwept, type Left, onMachine } from './left-behind.ts'

const prefix = 'openbatch-run-'
/** Shims and engines end a moment after who started them. */
const patienceMs = 15_000

export default function setup(): (() => Promise<void>) | undefined {
  // Both projects at once: the first one's directory serves both.
  if (basename(tmpdir()).startsWith(prefix)) return undefined
  const before = process.env.TMPDIR
  const folder = mkdtempSync(join(tmpdir(), prefix))
  // As /tmp itself, because some tests run jobs as another account.
  chmodSync(folder, 0o1777)
  process.env.TMPDIR = folder
  const machine = onMachine()
  return async () => {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
    const left = await stillLeft(folder, machine)
    end(left)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    if (left.length > 0) throw new Error(`the tests left behind:\n${left.map(describe).join('\n')}`)
  }
}

async function stillLeft(folder: string, machine: ReadonlySet<string>): Promise<Left[]> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const left = findLeft(folder, machine).filter((each) => !isSwept(each))
    // A file in the temporary directory does not go by itself.
    if (left.every(({ kind }) => kind === 'file') || Date.now() > deadline) return left
    await delay(100)
  }
}
