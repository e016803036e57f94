/** How a file is known again: a file that was written or replaced has another identity. */
import { hash } from 'node:crypto'
import type { FileStat } from './descriptors.ts'

/** A file's inode, size and time of change. Renaming the file keeps it. */
export function identityOf({ ino, size, mtimeNs }: Pick<FileStat, 'ino' | 'size' | 'mtimeNs'>): string {
  return `${ino.toString(36)}.${size.toString(36)}.${mtimeNs.toString(36)}`
}

/** Changes also when somebody sets the time of a changed file back. */
export function changeMark({ ctimeNs }: Pick<FileStat, 'ctimeNs'>): string {
  return ctimeNs.toString(36)
}

/** Another one after every change of the file, of its content or not. */
export function markOf(stat: Pick<FileStat, 'ino' | 'size' | 'mtimeNs' | 'ctimeNs'>): string {
  return `${identityOf(stat)} ${changeMark(stat)}`
}

/**
 * The entity tag of a file that nobody has read yet. Its form is that of an object in parts, which
 * clients do not take for an MD5.
 */
export function provisionalEtag(stat: Pick<FileStat, 'ino' | 'size' | 'mtimeNs' | 'ctimeNs'>): string {
  // A listing makes thousands of these: an object of the engine for each would take its memory.
  return `${hash('sha256', `${identityOf(stat)} ${changeMark(stat)}`).slice(0, 32)}-0`
}
