/** Files that are being written, before they become objects or parts. */
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { isObjectRefusal, type ObjectRefusal } from '../object-refusal.ts'
import { closeFd, openFd, unlink } from './descriptors.ts'
import { refusedIfFull } from './free-space.ts'

const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants

/** What other accounts may do with an object's file is said by the directories above it. */
const fileMode = 0o644

/** New files that a restart recognises: delete markers, and second names of files that are there. */
export const markerPrefix = 'marker-'
export const secondNamePrefix = 'second-'

export function newName(): string {
  return randomUUID()
}

/** Opens a file that parts are written to side by side, and makes it if it is not there. */
export function openToJoin(path: string): Promise<number> {
  return openFd(path, O_RDWR | O_CREAT | O_NOFOLLOW, fileMode)
}

/**
 * Makes a file, and has it written. Closes and removes it if that is refused or fails. A full disk
 * is a refusal.
 */
export async function writeNewFile<T>(
  path: string,
  write: (fd: number) => Promise<T | ObjectRefusal>,
  whether: 'to be made' | 'there already' = 'to be made',
): Promise<{ readonly fd: number; readonly written: T } | ObjectRefusal> {
  let isWritten = false
  let fd: number | undefined
  try {
    fd = await openFd(path, O_RDWR | O_NOFOLLOW | (whether === 'to be made' ? O_CREAT | O_EXCL : 0), fileMode)
    const written = await write(fd)
    if (isObjectRefusal(written)) return written
    isWritten = true
    return { fd, written }
  } catch (error) {
    return refusedIfFull(error)
  } finally {
    if (fd !== undefined && !isWritten) {
      await closeFd(fd)
      await unlink(path).catch(() => {})
    }
  }
}
