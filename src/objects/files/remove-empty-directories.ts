/** Removes the empty directories below a directory. */
import fs from 'node:fs'
import { promisify } from 'node:util'
import { removeDirectory } from './descriptors.ts'

const read = promisify(fs.readdir) as (path: string, how: { withFileTypes: true }) => Promise<fs.Dirent[]>

export async function removeEmptyDirectories(path: string, except?: string): Promise<void> {
  for (const entry of await read(path, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === except) continue
    const own = `${path}/${entry.name}`
    await removeEmptyDirectories(own)
    await removeDirectory(own).catch(() => {})
  }
}
