/** Another program that edits the directory of a bucket while a server writes to it. */
import { mkdir, open, readdir, rename, rm, rmdir, unlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { contentOf, SeededRandom } from './crash-states.testing.ts'
import { codeOf } from './descriptors.ts'

/** It and a server write these. */
export const sharedKeys = ['shared/a', 'shared/a/b', 'shared/c d'] as const
/** These are its own. */
const ownNames = ['a', 'ä', 'with space'] as const

/** A file is where a directory should be, or the reverse, or it is gone. */
const expected = ['ENOENT', 'EISDIR', 'ENOTDIR', 'EEXIST', 'ENOTEMPTY']

export class ForeignProgram {
  readonly #directory: string
  readonly #random: SeededRandom
  /** The contents of its own files. */
  readonly own = new Map<string, number>()
  #lastId = 1_000_000_000
  #isStopping = false
  #running: Promise<void> | undefined

  /** `wrote` is called before a key may get another content, or none. */
  constructor(directory: string, seed: number) {
    this.#directory = directory
    this.#random = new SeededRandom(seed)
  }

  start(wrote: (key: string, id: number | undefined) => void): void {
    this.#isStopping = false
    this.#running = this.#run(wrote)
  }

  /** Resolves when it rests. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#running
  }

  async #run(wrote: (key: string, id: number | undefined) => void): Promise<void> {
    while (!this.#isStopping) {
      await (this.#random.below(2) === 0 ? this.#own() : this.#shared(wrote)).catch((error) => {
        if (!expected.includes(codeOf(error) ?? '')) throw error
      })
    }
  }

  #path(key: string): string {
    return join(this.#directory, key)
  }

  async #shared(wrote: (key: string, id: number | undefined) => void): Promise<void> {
    const key = this.#random.one(sharedKeys)
    const path = this.#path(key)
    const id = ++this.#lastId
    const how = this.#random.below(5)
    if (how === 0) return utimes(path, this.#lastId, this.#lastId)
    wrote(key, how === 1 ? undefined : id)
    if (how === 1) return unlink(path)
    if (how === 2) return this.#inPlace(path, id)
    await this.#replace(path, id)
  }

  async #own(): Promise<void> {
    const key = `own/${this.#random.one(ownNames)}`
    const path = this.#path(key)
    const how = this.#random.below(5)
    if (how === 0) {
      await rm(path, { force: true })
      this.own.delete(key)
    } else if (how === 1) await this.#moveDirectory()
    else {
      await mkdir(this.#path('own'), { recursive: true })
      const id = ++this.#lastId
      await (how === 2 ? this.#replace(path, id) : writeFile(path, contentOf(id)))
      this.own.set(key, id)
    }
  }

  async #moveDirectory(): Promise<void> {
    await rename(this.#path('own'), this.#path('elsewhere'))
    await mkdir(this.#path('empty/deep'), { recursive: true })
    await readdir(this.#path(''))
    await rename(this.#path('elsewhere'), this.#path('own'))
    await rmdir(this.#path('empty/deep'))
  }

  async #inPlace(path: string, id: number): Promise<void> {
    const file = await open(path, 'r+')
    try {
      const content = contentOf(id)
      await file.write(content, 0)
      await file.truncate(content.length)
    } finally {
      await file.close()
    }
  }

  async #replace(path: string, id: number): Promise<void> {
    const temporary = this.#path('.being-written')
    await writeFile(temporary, contentOf(id))
    await rename(temporary, path).catch(async (error) => {
      await unlink(temporary)
      throw error
    })
  }
}
