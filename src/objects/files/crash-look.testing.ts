/** Looks at a store after a crash: throws if an object is not whole, or if something is left over. */
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isObjectRefusal } from '../object-refusal.ts'
import type { ListPage, ObjectFacts } from '../object-store.ts'
import { cutsOf, idOf, type StateOfKey } from './crash-states.testing.ts'
import type { FileObjectStore } from './file-object-store.ts'

export class CrashLook {
  readonly #store: FileObjectStore
  readonly #root: string

  constructor(store: FileObjectStore, root: string) {
    this.#store = store
    this.#root = root
  }

  /** What is there of these keys, and of all that are listed. */
  async states(keys: readonly string[]): Promise<[key: string, state: StateOfKey][]> {
    const listed = new Set((await this.listed()).map(({ key }) => key))
    const states: [string, StateOfKey][] = []
    for (const key of new Set([...keys, ...listed])) {
      const state = await this.#stateOf(key)
      if (listed.has(key) !== (state !== null)) throw new Error(`${key} is read and listed differently`)
      states.push([key, state])
    }
    return states
  }

  async listed(): Promise<ListPage['objects']> {
    const page = await this.#store.list('lab', { prefix: '', delimiter: '', after: '', limit: 1000 })
    if (isObjectRefusal(page)) throw new Error(page.message)
    return page.objects
  }

  /** The start removes what never became an object, and the directories of uploads that are none. */
  async leftovers(): Promise<void> {
    const hidden = join(this.#root, 'lab/.openbatch')
    const uploads = await this.#store.listUploads('lab', {
      ...{ prefix: '', delimiter: '', afterKey: '', afterUploadId: '', limit: 1000 },
    })
    if (isObjectRefusal(uploads)) throw new Error(uploads.message)
    const known = new Set(uploads.uploads.map(({ uploadId }) => uploadId))
    const left = [
      ...readdirSync(join(hidden, 'new')),
      ...readdirSync(join(hidden, 'uploads')).filter((name) => !known.has(name)),
    ]
    if (left.length > 0) throw new Error(`the start left ${left}`)
  }

  async #stateOf(key: string): Promise<StateOfKey> {
    const facts = await this.#store.head({ bucket: 'lab', key })
    if (isObjectRefusal(facts)) return null
    if (facts.etag.endsWith('-0')) await this.#store.etagsKnown()
    const open = await this.#store.open({ bucket: 'lab', key })
    if (isObjectRefusal(open)) throw new Error(open.message)
    const pieces: Uint8Array[] = []
    for await (const piece of open.read()) pieces.push(Uint8Array.from(piece))
    await open.close()
    return stateOf(open.facts, Buffer.concat(pieces).toString())
  }
}

function stateOf({ key, etag, metadata, tags }: ObjectFacts, content: string): StateOfKey {
  const id = idOf(content)
  if (id === undefined) throw new Error(`${key} is not whole: ${content.length} bytes, ${content.slice(0, 20)}…`)
  const isDescribed = metadata.id !== undefined || tags.id !== undefined
  if (isDescribed && (metadata.id !== `${id}` || tags.id !== `${id}`))
    throw new Error(`${key} has the content ${id}, the metadata ${metadata.id} and the tags ${tags.id}`)
  if (etag !== md5(content) && etag !== etagOfParts(content)) throw new Error(`${key} has the entity tag ${etag}`)
  return { id, isDescribed }
}

function md5(content: string | Buffer): string {
  return createHash('md5').update(content).digest('hex')
}

function etagOfParts(content: string): string {
  const parts = cutsOf(content).map(([from, to]) => Buffer.from(md5(content.slice(from, to)), 'hex'))
  return `${md5(Buffer.concat(parts))}-2`
}
