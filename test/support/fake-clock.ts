/**
 * A separate clock for a process and its children, which a test can set while the process runs
 * (libfaketime). Durations are not affected.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface FakeClock {
  /** For the environment of the process. */
  readonly env: Readonly<Record<string, string>>
  /** How far its clock is ahead of the machine's from now on. Visible within a second. */
  set(aheadSeconds: number): void
  /** Called after the end of the process with this id. */
  dispose(pid: number): void
}

export function fakeClock(aheadSeconds = 0): FakeClock {
  const directory = mkdtempSync(join(tmpdir(), 'openbatch-clock-'))
  const file = join(directory, 'ahead')
  const set = (seconds: number) => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}\n`)
  set(aheadSeconds)
  return {
    env: {
      LD_PRELOAD: library(),
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    },
    set,
    dispose(pid) {
      rmSync(directory, { recursive: true, force: true })
      // The library does not always remove what it made for the process.
      for (const name of [`faketime_shm_${pid}`, `sem.faketime_sem_${pid}`])
        rmSync(join('/dev/shm', name), { force: true })
    },
  }
}

/** Debian keeps it under the name of the machine's architecture. */
function library(): string {
  const found = readdirSync('/usr/lib')
    .map((name) => join('/usr/lib', name, 'faketime', 'libfaketime.so.1'))
    .find((path) => {
      try {
        return readdirSync(join(path, '..')).includes('libfaketime.so.1')
      } catch {
        return false
      }
    })
  if (!found) throw new Error('libfaketime is missing: install the Debian package faketime')
  return found
}
