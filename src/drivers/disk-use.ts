import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'

/** The size and the free space of the disk that a directory is on, or will be. In MiB. */
export async function diskOf(directory: string): Promise<{ totalMib: number; freeMib: number }> {
  for (let path = directory; ; path = dirname(path)) {
    try {
      const { blocks, bavail, bsize } = await statfs(path)
      return { totalMib: toMib(blocks * bsize), freeMib: toMib(bavail * bsize) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || path === dirname(path)) throw error
    }
  }
}

function toMib(bytes: number): number {
  return Math.floor(bytes / 1_048_576)
}
