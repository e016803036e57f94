import { mkdirSync, readdirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs'
import { chmod, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Taking away what ended attempts leave. */
export interface Removing {
  /** The attempt must have ended. */
  remove(directory: string): Promise<void>
  /** Finishes removals that were cut off. */
  sweep(): Promise<void>
}

const ownDirectories = ['work', 'tmp']
/** `claim` last: without it, what a crash leaves of a removal would look like an attempt that can still be started. */
const ownFiles = ['output', 'run', 'exit', 'claim']

export function createRemoving(base: string): Removing {
  const aside = join(base, 'removed')
  mkdirSync(aside, { recursive: true })
  let serial = 0

  return {
    async remove(directory) {
      if (removeSmall(directory)) return
      // Long work is not cut in half by a crash: the attempt is moved away in one step, then taken apart.
      const moved = join(aside, `${process.pid}-${Date.now()}-${serial++}`)
      try {
        renameSync(directory, moved)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
        return
      }
      await removeTree(moved)
    },

    async sweep() {
      for (const left of readdirSync(aside)) await removeTree(join(aside, left))
    },
  }
}

/** The usual case, a job that left no files of its own, in a few quick calls. False when there is more to do. */
function removeSmall(directory: string): boolean {
  try {
    for (const inner of ownDirectories) rmdirSync(join(directory, inner))
    for (const file of ownFiles) unlinkIfThere(join(directory, file))
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
