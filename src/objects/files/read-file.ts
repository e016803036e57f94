/** The content of an open file, in pieces. */

import type { ByteRange } from '../object-store.ts'
import type { OpenFile } from './bucket-tree.ts'
import { readAt } from './descriptors.ts'

const pieceBytes = 256 * 1024

/** One piece is read while the one before is used. Throws if the file became shorter. */
export async function* readFile({ fd, stat }: OpenFile, range?: ByteRange): AsyncGenerator<Uint8Array> {
  const end = range ? range.last + 1 : Number(stat.size)
  let at = range?.first ?? 0
  if (at >= end) return
  let reading = readPiece(fd, at, end)
  try {
    while (at < end) {
      const piece = await reading
      at += piece.length
      if (at < end) {
        reading = readPiece(fd, at, end)
        // It is awaited in the next turn, if there is one.
        reading.catch(() => {})
      }
      yield piece
    }
  } finally {
    // The file may be closed only when nothing is read from it.
    await reading.catch(() => {})
  }
}

async function readPiece(fd: number, at: number, end: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(Math.min(pieceBytes, end - at))
  const read = await readAt(fd, bytes, at)
  if (read === 0) throw new Error('the file of the object became shorter while it was read')
  return read === bytes.length ? bytes : bytes.subarray(0, read)
}
