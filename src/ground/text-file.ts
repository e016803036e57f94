/** Reads a small text file that may not be there. */
import { readFileSync } from 'node:fs'

/**
 * Undefined if there is no such file. Throws the system's error if the file is there and cannot be
 * read.
 */
export function textIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Empty if the file is not there or cannot be read, as files of `/proc` and `/sys` may be. */
export function textOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
