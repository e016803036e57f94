/** The content of an open file, in pieces. */

import { ContentChanged } from '../content-changed.ts'
import type { ByteRange } from '../object-store.ts'
import type { OpenFile } from './bucket-tree.ts'
import { readAt, statFd } from './descriptors.ts'
import { identityOf } from './file-identity.ts'
import { pieces } from './pieces.ts'

interface Piece {
  readonly memory: Buffer
  readonly bytes: Uint8Array
}

/**
 * One piece is read while the one before is used. A piece is used again once the next one is asked
 * for. Throws `ContentChanged` instead of the last piece if another program wrote to the file
 * meanwhile: pieces of two contents are no content, and the entity tag is of the first one.
 */
export async function* readFile(file: OpenFile, range?: ByteRange): AsyncGenerator<Uint8Array> {
  const end = range ? range.last + 1 : Number(file.stat.size)
  let at = range?.first ?? 0
  for await (const bytes of readGrowing(file, range)) {
    at += bytes.length
    if (at >= end && identityOf(await statFd(file.fd)) !== identityOf(file.stat)) throw new ContentChanged()
    yield bytes
  }
}

/** The same of a file that others may write to elsewhere. */
export async function* readGrowing({ fd, stat }: OpenFile, range?: ByteRange): AsyncGenerator<Uint8Array> {
  const end = range ? range.last + 1 : Number(stat.size)
  let at = range?.first ?? 0
  let reading: Promise<Piece> | undefined
  try {
    while (at < end) {
      const { memory, bytes } = await (reading ?? readPiece(fd, at, end))
      reading = undefined
      try {
        at += bytes.length
        if (at < end && pieces.isAmple) {
          reading = readPiece(fd, at, end)
          // It is awaited in the next turn, if there is one.
          reading.catch(() => {})
        }
        yield bytes
      } finally {
        pieces.give(memory)
      }
    }
  } finally {
    // The file may be closed only when nothing is read from it.
    await reading?.then(({ memory }) => pieces.give(memory)).catch(() => {})
  }
}

async function readPiece(fd: number, at: number, end: number): Promise<Piece> {
  const memory = pieces.take()
  try {
    const bytes = end - at < memory.length ? memory.subarray(0, end - at) : memory
    const read = await readAt(fd, bytes, at)
    if (read === 0) throw new ContentChanged()
    return { memory, bytes: read === bytes.length ? bytes : bytes.subarray(0, read) }
  } catch (error) {
    pieces.give(memory)
    throw error
  }
}
