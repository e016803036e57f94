import { chmodSync, closeSync, constants, mkdirSync, openSync } from 'node:fs'
import { realPath } from '../real-path.ts'

/** Opens a directory only to name it: it need not be readable. Not among Node's constants. */
const O_PATH = 0o10000000
const naming = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW

/**
 * Makes a missing directory of the host that a job mounts, as Docker would. It is for jobs of any
 * user, so its mode is 0755, although the server closes its own files to others. Links are followed
 * before anything is made, and none after that: a user who may write above it could put one there
 * meanwhile, and lead a server that is root elsewhere. Throws then.
 */
export function makeHostDirectory(path: string): void {
  const real = realPath(path)
  if (real === undefined) throw new Error(`${path} leads nowhere`)
  makeRealDirectory(real)
}

/** The same for a path without links. */
export function makeRealDirectory(path: string): void {
  let above = openSync('/', naming)
  try {
    for (const name of path.split('/').filter(Boolean)) {
      const place = `/proc/self/fd/${above}/${name}`
      const isNew = made(place)
      const opened = openSync(place, naming)
      closeSync(above)
      above = opened
      if (isNew) chmodSync(`/proc/self/fd/${above}`, 0o755)
    }
  } finally {
    closeSync(above)
  }
}

function made(place: string): boolean {
  try {
    mkdirSync(place)
    return true
  } catch (error) {
    // What is in the way and no directory is found when it is opened.
    if (['EEXIST', 'EROFS', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}
