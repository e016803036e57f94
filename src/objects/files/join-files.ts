/** Joins files to one. */
import { constants } from 'node:fs'
import { closeFd, openFd, statFd, writeAt } from './descriptors.ts'
import { readFile } from './read-file.ts'

export interface FileToJoin {
  readonly path: string
  readonly size: number
}

export async function joinFiles(target: number, files: readonly FileToJoin[]): Promise<void> {
  let position = 0
  for (const { path, size } of files) {
    const fd = await openFd(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      for await (const piece of readFile({ fd, stat: await statFd(fd) }, { first: 0, last: size - 1 })) {
        await writeAt(target, [piece], position)
        position += piece.length
      }
    } finally {
      await closeFd(fd)
    }
  }
}
