import { mkdirSync, readdirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs'
import { chmod, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readCgroups } from './attempt-files.ts'
import { type Cgroups, processesIn, removeCgroups } from './cgroups.ts'
import { pause } from './change.ts'

/**
 * Taking away what ended attempts leave. A directory is first moved aside, in one step: a removal cut off halfway must
 * not look like an attempt that can still be started.
 */
export interface Removing {
  /** The attempt must have ended. */
  remove(directory: string): Promise<void>
  /** Finishes removals that were cut off, and takes away cgroups whose attempt is gone. */
  sweep(names: ReadonlySet<string>): Promise<void>
}

const ownFiles = ['claim', 'run', 'job', 'exit', 'output']
const ownDirectories = ['work', 'tmp']
const cgroupTries = 50
const cgroupPauseMs = 10

export function createRemoving(base: string, cgroups: Cgroups): Removing {
  const aside = join(base, 'removed')
  mkdirSync(aside, { recursive: true })
  let serial = 0

  return {
    async remove(directory) {
      const directories = readCgroups(directory)
      const moved = join(aside, `${process.pid}-${Date.now()}-${serial++}`)
      try {
        renameSync(directory, moved)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
        return
      }
      if (!removeSmall(moved)) await removeTree(moved)
      // The kernel lets go of a process a moment after its parent was told of its end.
      for (let tries = 0; !removeCgroups(directories) && tries < cgroupTries; tries++) await pause(cgroupPauseMs)
    },

    async sweep(names) {
      for (const left of readdirSync(aside)) await removeTree(join(aside, left))
      for (const name of cgroups.list()) {
        const directories = cgroups.directoriesOf(name)
        if (!names.has(name) && processesIn(directories).length === 0) removeCgroups(directories)
      }
    },
  }
}

/** The usual case, a job that left no files of its own, in a few quick calls. False when there is more to do. */
function removeSmall(directory: string): boolean {
  try {
    for (const file of ownFiles) unlinkIfThere(join(directory, file))
    for (const inner of ownDirectories) rmdirSync(join(directory, inner))
    rmdirSync(directory)
    return true
  } catch {
    return false
  }
}

function unlinkIfThere(file: string): void {
  try {
    unlinkSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

async function removeTree(directory: string): Promise<void> {
  try {
    await rm(directory, { recursive: true, force: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error
    // Some programs leave directories that even their owner may not write to (Go's module cache).
    await makeWritable(directory)
    await rm(directory, { recursive: true, force: true })
  }
}

async function makeWritable(directory: string): Promise<void> {
  await chmod(directory, 0o700)
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(directory, entry.name))
  }
}
