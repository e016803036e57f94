/**
 * Runs around every test run, as vitest's globalSetup of each project. Gives the run a temporary
 * directory of its own, and fails it if anything is left at the end, by name. Leftovers are still
 * removed or ended, so that no run meets those of an earlier one.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, end, findLeft, isSwept, type Left, onMachine } from './left-behind.ts'

const prefix = 'openbatch-run-'
/** Shims and engines end a moment after their starter. */
const patienceMs = 15_000

export default function setup(): (() => Promise<void>) | undefined {
  // With both projects at once, the first one's directory serves both.
  if (basename(tmpdir()).startsWith(prefix)) return undefined
  const before = process.env.TMPDIR
  const folder = mkdtempSync(join(tmpdir(), prefix))
  // The mode of /tmp itself, because some tests run jobs as another account.
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
    // A file in the temporary directory does not disappear by itself.
    if (left.every(({ kind }) => kind === 'file') || Date.now() > deadline) return left
    await delay(100)
  }
}
