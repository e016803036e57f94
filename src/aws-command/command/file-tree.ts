/** The files below a directory, in the order in which S3 lists their keys. */
import { access, constants, lstat, readdir, stat } from 'node:fs/promises'
import { inKeyOrder } from './places.ts'

export interface LocalFile {
  readonly path: string
  readonly size: number
  readonly modifiedAt: Date
}

/** Called for what is left out, with the CLI's words. */
export type Warn = (message: string) => void

export async function* filesBelow(directory: string, followsLinks: boolean, warn: Warn): AsyncGenerator<LocalFile> {
  const names: string[] = []
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = `${directory}${entry.name}`
    if (entry.isSymbolicLink() && !followsLinks) continue
    const isDirectory = entry.isDirectory() || (entry.isSymbolicLink() && (await leadsToDirectory(path)))
    // A directory sorts as its files do, whose keys have a slash there.
    names.push(isDirectory ? `${entry.name}/` : entry.name)
  }
  names.sort(inKeyOrder)
  for (const name of names) {
    const path = `${directory}${name}`
    const found = await fileAt(path, followsLinks, warn)
    if (!found) continue
    if (name.endsWith('/')) yield* filesBelow(path, followsLinks, warn)
    else yield found
  }
}

/** Undefined, after a warning, for what cannot be uploaded. */
export async function fileAt(path: string, followsLinks: boolean, warn: Warn): Promise<LocalFile | undefined> {
  if (!followsLinks && (await isLink(path.replace(/\/$/, '')))) return undefined
  const skip = (why: string) => {
    warn(`warning: Skipping file ${path}. ${why}`)
    return undefined
  }
  const found = await stat(path).catch(() => undefined)
  if (!found) return skip('File does not exist.')
  if (!found.isFile() && !found.isDirectory())
    return skip('File is character special device, block special device, FIFO, or socket.')
  const needed = found.isDirectory() ? constants.R_OK | constants.X_OK : constants.R_OK
  if (!(await may(path, needed))) return skip('File/Directory is not readable.')
  return { path, size: found.size, modifiedAt: found.mtime }
}

function may(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  )
}

function leadsToDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  )
}
