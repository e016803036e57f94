/** Joins parts to one file. */
import { constants } from 'node:fs'
import { closeFd, openFd, statFd, writeAt } from './descriptors.ts'
import { readGrowing } from './read-file.ts'

export interface PieceOfFile {
  readonly path: string
  /** Where the piece begins in its file. */
  readonly offset: number
  readonly size: number
}

export async function joinFiles(target: number, pieces: readonly PieceOfFile[]): Promise<void> {
  let position = 0
  for (const { path, offset, size } of pieces) {
    const fd = await openFd(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      const range = { first: offset, last: offset + size - 1 }
      for await (const bytes of readGrowing({ fd, stat: await statFd(fd) }, range)) {
        await writeAt(target, [bytes], position)
        position += bytes.length
      }
    } finally {
      await closeFd(fd)
    }
  }
}

/** Whether the pieces lie in one file as they are to lie in the joined one. */
export function isJoined(pieces: readonly PieceOfFile[]): boolean {
  let position = 0
  for (const { path, offset, size } of pieces) {
    if (path !== pieces[0]!.path || offset !== position) return false
    position += size
  }
  return true
}
