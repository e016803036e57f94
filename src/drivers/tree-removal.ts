import { constants } from 'node:fs'
import { chmod, lstat, open, opendir, rename, rmdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Removes what a job left. It touches nothing outside, whatever the job put there and whatever
 * still changes it: it follows no link, and empties nothing on another file system and nothing
 * mounted. One failure does not stop the rest. A large file is freed piece by piece, so that no
 * thread is held for long.
 */

/** Something is left where it was, or aside. Everything else is gone. */
export class TreeLeft extends Error {
  override readonly name = 'TreeLeft'
  /** Code of the first failure. */
  readonly code: string | undefined
  constructor(failures: readonly NodeJS.ErrnoException[]) {
    const more = failures.length > 1 ? `, and ${failures.length - 1} more` : ''
    super(`${failures[0]!.message}${more}`, { cause: failures[0] })
    this.code = failures[0]!.code
  }
}

const largeBytes = 64 * 1024 * 1024
/** Freeing this much takes some hundredths of a second. */
const pieceBytes = 32 * 1024 * 1024
const atOnce = 8
/** Names that are in memory at once: a job may leave millions of files in one directory. */
const usualNames = 10_000
const keptFailures = 100

/**
 * Removes `directory` and everything below it; returns at once if it does not exist. Nobody else
 * may write to the parent of `directory`, nor to `aside`, a directory on the same file system. Each
 * inner directory is moved there before it is read, so that nobody can replace it with a link
 * meanwhile. A directory with something mounted on it refuses to be moved. Throws `TreeLeft` after
 * everything else is gone.
 */
export async function removeTree(directory: string, aside: string, mostNames = usualNames): Promise<void> {
  const top = await lstat(directory).catch(unlessAbsent)
  if (top === undefined) return
  if (!top.isDirectory()) return unlink(directory)
  const failures: NodeJS.ErrnoException[] = []
  let failed = 0
  const attempted = async (work: () => Promise<unknown>) => {
    try {
      await work()
    } catch (error) {
      const failure = error as NodeJS.ErrnoException
      if (failure.code !== 'ENOENT') failed++
      if (failure.code !== 'ENOENT' && failures.length < keptFailures) failures.push(failure)
    }
  }
  const { dev } = await lstat(aside)
  const waiting = [directory]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const place = next
    await attempted(async () => {
      for (let names = await someNames(place, dev, mostNames); ; names = await someNames(place, dev, mostNames)) {
        const failedBefore = failed
        for (let first = 0; first < names.length; first += atOnce) {
          const some = names.slice(first, first + atOnce)
          await Promise.all(
            some.map((name) =>
              attempted(async () => {
                const inner = await takeOut(join(place, name), dev, aside)
                if (inner !== undefined) waiting.push(inner)
              }),
            ),
          )
        }
        // What cannot be removed would be read again and again.
        if (names.length < mostNames || failed - failedBefore === names.length) break
      }
    })
    await attempted(() => rmdir(place))
  }
  if (failures.length > 0) throw new TreeLeft(failures)
}

async function someNames(directory: string, dev: number, most: number): Promise<string[]> {
  const stat = await lstat(directory)
  if (stat.dev !== dev) throw isMounted(directory)
  // Some programs leave directories that even their owner may not write to (Go's module cache).
  if (process.getuid?.() !== 0 && (stat.mode & 0o700) !== 0o700) await chmod(directory, 0o700)
  const names: string[] = []
  for await (const { name } of await opendir(directory)) if (names.push(name) >= most) break
  return names
}

let serial = 0

/** Removes a file. Moves a directory aside and returns its new place. */
async function takeOut(path: string, dev: number, aside: string): Promise<string | undefined> {
  const stat = await lstat(path)
  if (stat.dev !== dev) throw isMounted(path)
  if (!stat.isDirectory()) {
    await removeFile(path, stat.isFile() && stat.size > largeBytes)
    return undefined
  }
  // Only root may move a directory that is not writable.
  if (process.getuid?.() !== 0 && (stat.mode & 0o700) !== 0o700) await chmod(path, 0o700)
  const place = join(aside, `${process.pid}-${Date.now().toString(36)}-tree-${serial++}`)
  await rename(path, place).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EBUSY' ? isMounted(path) : error
  })
  const moved = await lstat(place)
  if (moved.isDirectory()) return place
  await unlink(place)
  return undefined
}

async function removeFile(path: string, isLarge: boolean): Promise<void> {
  if (!isLarge) return unlink(path)
  const { O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants
  const file = await open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => undefined)
  try {
    // Unlinked first, because something mounted there refuses. If the file has another name, its
    // content stays whole.
    await unlink(path)
    const stat = await file?.stat()
    if (!file || !stat?.isFile() || stat.nlink > 0) return
    for (let bytes = stat.size - pieceBytes; bytes > 0; bytes -= pieceBytes) await file.truncate(bytes)
  } finally {
    await file?.close()
  }
}

function isMounted(path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`something is mounted at ${path}: it is left alone`), { code: 'EBUSY' })
}

function unlessAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
