/** Refuses writes before a file system is full, so that the server itself can still write. */
import fs from 'node:fs'
import { promisify } from 'node:util'
import { type ObjectRefusal, objectRefusal } from '../object-refusal.ts'
import { codeOf } from './descriptors.ts'

const statFileSystem = promisify(fs.statfs) as (path: string) => Promise<{ bavail: number; bsize: number }>

/** How long an answer of the file system is used. */
const keptMs = 1000

export class FreeSpace {
  readonly #leastBytes: number
  readonly #free = new Map<string, { readonly bytes: number; readonly atMs: number }>()

  constructor(leastBytes: number) {
    this.#leastBytes = leastBytes
  }

  /** Why so many bytes may not be written below the directory. */
  async refusal(directory: string, bytes: number): Promise<ObjectRefusal | undefined> {
    const free = await this.#freeBytes(directory)
    return free - bytes < this.#leastBytes ? noSpace() : undefined
  }

  async #freeBytes(directory: string): Promise<number> {
    const known = this.#free.get(directory)
    if (known && performance.now() - known.atMs < keptMs) return known.bytes
    const { bavail, bsize } = await statFileSystem(directory)
    const bytes = bavail * bsize
    this.#free.set(directory, { bytes, atMs: performance.now() })
    return bytes
  }
}

function noSpace(): ObjectRefusal {
  return objectRefusal('InsufficientStorage', 'There is not enough space left on the disk of this bucket.')
}

/** Turns the error of a full disk into a refusal, and rethrows any other. */
export function refusedIfFull(error: unknown): ObjectRefusal {
  if (codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT') return noSpace()
  throw error
}
