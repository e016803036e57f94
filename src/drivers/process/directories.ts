import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { chmod, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/**
 * Makes attempts' directories and takes them away. A directory is filled aside and then appears under its name in one
 * step, complete; it goes the same way. So no crash leaves a half-made one, and one half taken away does not look like
 * an attempt that can still be started. Clean ones are used again, their files written over
 * in place: freeing what a directory or a truncated file had on the disk may wait for the disk (a file system mounted with
 * `discard`), and would cost more than all else the driver does for a small job.
 */
export interface AttemptDirectories {
  /** False if the attempt's directory was there already. */
  create(directory: string, files: AttemptFiles): boolean
  /** The attempt must have ended. Resolves when nothing of it is left; at once if there was nothing. */
  remove(directory: string): Promise<void>
  /** Takes away what earlier servers left aside. */
  sweep(): Promise<void>
}

export interface AttemptFiles {
  /** The text of the run file. */
  readonly run: string
  /** Of the file `group`; undefined for an attempt of no group. */
  readonly group: string | undefined
  /** Whether `run` holds values that must not outlive the attempt. */
  readonly isSecret: boolean
  /** The user the attempt runs as, if it is not the server's. */
  readonly owner: { uid: number; gid: number } | undefined
}

const keptSpare = 64
const ownDirectories = ['work', 'tmp']
const innerMode = 0o700
/** Secrets may stand in a run file: for the server's user alone. */
const runMode = 0o600
/** Of one whose directory is not used again. */
const lastRunMode = 0o400

/** `reuse` only where cgroups make sure that no process of an attempt is left that could write to the next one's files. */
export function createDirectories(base: string, reuse: boolean): AttemptDirectories {
  const aside = join(base, 'aside')
  mkdirSync(aside, { recursive: true, mode: 0o700 })
  const left = readdirSync(aside)
  const spare: string[] = []
  let serial = 0
  const fresh = () => join(aside, `${process.pid}-${Date.now().toString(36)}-${serial++}`)

  const make = () => {
    const directory = fresh()
    mkdirSync(directory, { mode: 0o700 })
    for (const inner of ownDirectories) mkdirSync(join(directory, inner), { mode: innerMode })
    return directory
  }

  const appear = (made: string, directory: string, run: string, isLast: boolean) => {
    overwrite(join(made, 'run'), run, 'pad')
    if (isLast) chmodSync(join(made, 'run'), lastRunMode)
    return moved(made, directory)
  }

  return {
    create(directory, { run, group, isSecret, owner }) {
      const isLast = isSecret || group !== undefined
      const used = owner === undefined && !isLast ? spare.pop() : undefined
      try {
        if (used !== undefined) {
          const appeared = appear(used, directory, run, false)
          if (!appeared) spare.push(used)
          return appeared
        }
      } catch {
        // Something happened to it aside: a new one tells whether the disk is at fault.
      }
      const made = make()
      if (group !== undefined) overwrite(join(made, 'group'), group)
      if (owner !== undefined) {
        for (const inner of ownDirectories) chownSync(join(made, inner), owner.uid, owner.gid)
        // The job's user passes through it, and reads nothing there.
        chmodSync(made, 0o711)
      }
      const appeared = appear(made, directory, run, isLast)
      if (!appeared) rmSync(made, { recursive: true })
      return appeared
    },

    async remove(directory) {
      const clean = isClean(directory)
      const taken = fresh()
      try {
        renameSync(directory, taken)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
        throw error
      }
      if (reuse && clean && spare.length < keptSpare && emptied(taken)) spare.push(taken)
      else await removeTree(taken)
    },

    async sweep() {
      for (const name of left) await removeTree(join(aside, name))
    },
  }
}

/** False if something is there already; it is complete then, for nothing appears that is not. */
function moved(from: string, to: string): boolean {
  try {
    return renamed(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    mkdirSync(dirname(to), { recursive: true })
    // Whatever the umask: a job with another user passes through it.
    chmodSync(dirname(to), 0o711)
    return renamed(from, to)
  }
}

function renamed(from: string, to: string): boolean {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false
    throw error
  }
}

/** Whether it may be used again: the job left nothing of its own, and its directories as they were given to it. */
function isClean(directory: string): boolean {
  try {
    const own = process.getuid?.()
    if ((statSync(join(directory, 'run')).mode & 0o7777) !== runMode) return false
    return ownDirectories.every((inner) => {
      const path = join(directory, inner)
      const { mode, uid } = statSync(path)
      return uid === own && (mode & 0o7777) === innerMode && readdirSync(path).length === 0
    })
  } catch {
    return false
  }
}

/** Makes it as new: no claim, no output, a `status` whose first line is empty. */
function emptied(directory: string): boolean {
  try {
    unlinkIfThere(join(directory, 'claim'))
    const output = join(directory, 'output')
    if ((statSync(output, { throwIfNoEntry: false })?.size ?? 0) > 0) unlinkSync(output)
    overwrite(join(directory, 'status'), '\n')
    return true
  } catch {
    return false
  }
}

/** Writes over the beginning of the file, or makes it; padded, nothing of what stood in it is left. */
function overwrite(file: string, text: string, pad?: 'pad'): void {
  const fd = openSync(file, constants.O_RDWR | constants.O_CREAT, runMode)
  try {
    const bytes = Buffer.from(text)
    const padding = pad ? fstatSync(fd).size - bytes.length : 0
    const all = padding > 0 ? Buffer.concat([bytes, Buffer.alloc(padding, ' ')]) : bytes
    if (writeSync(fd, all, 0, all.length, 0) < all.length) throw new Error(`${file} could be written only in part`)
  } finally {
    closeSync(fd)
  }
}

function unlinkIfThere(file: string): void {
  try {
    unlinkSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/** Also what its owner may not write to. */
export async function removeTree(directory: string): Promise<void> {
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
