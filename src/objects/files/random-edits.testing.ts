/**
 * Clients write and read an object while other programs edit its file, all at the same time. Holds
 * what clients read against what was ever written.
 */
import { createHash } from 'node:crypto'
import { chmod, link, open, rename, unlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { ContentChanged } from '../content-changed.ts'
import { plain } from '../contract/store-case.contract.ts'
import { isObjectRefusal } from '../object-refusal.ts'
import type { ObjectName } from '../object-store.ts'
import { codeOf } from './descriptors.ts'
import type { FileStoreUnderTest } from './file-store.testing.ts'

const keys = ['a', 'a', 'a', 'b', 'b/c'] as const
/** Some have one size, and some need several pieces to be read. */
const sizes = [5, 5, 70_000, 300_000, 600_000] as const

const key = fc.constantFrom(...keys)
const size = fc.constantFrom(...sizes)
const step = fc.oneof(
  fc.record({
    kind: fc.constantFrom('put', 'upload', 'overwrite', 'replace', 'rewrite a part', 'copy over'),
    key,
    size,
  }),
  fc.record({ kind: fc.constantFrom('read', 'read in ranges', 'list', 'read again', 'head'), key }),
  fc.record({ kind: fc.constantFrom('delete', 'unlink', 'touch', 'chmod', 'set time back', 'hard link'), key }),
  fc.record({ kind: fc.constantFrom('move', 'copy'), key, to: key }),
)
export type RandomStep = typeof step extends fc.Arbitrary<infer Step> ? Step : never

/** Each list is done one step after the other, beside the others. */
export const randomEdits = fc.record({
  writes: fc.array(step, { minLength: 4, maxLength: 25 }),
  edits: fc.array(step, { minLength: 4, maxLength: 25 }),
  reads: fc.array(step, { minLength: 4, maxLength: 25 }),
})

const md5 = (bytes: Uint8Array | string) => createHash('md5').update(bytes).digest('hex')
const isMd5 = (etag: string) => /^[0-9a-f]{32}$/.test(etag)

export class RandomEdits {
  readonly #files: FileStoreUnderTest
  /** The entity tags that a key was last read with. */
  readonly #seen = new Map<string, { readonly etag: string; readonly md5: string }>()
  #last = 0
  /** How often a client was shown a tag that is the MD5 of what it got. */
  compared = 0

  constructor(files: FileStoreUnderTest) {
    this.#files = files
  }

  async run(steps: readonly RandomStep[]): Promise<void> {
    for (const each of steps)
      await this.#do(each).catch((error) => {
        if (!isForeign(each.kind) || !expected.has(codeOf(error))) throw error
      })
  }

  #path(name: string): string {
    return join(this.#files.root, 'lab', name)
  }

  #content(bytes: number): Buffer {
    return Buffer.alloc(bytes, 97 + (++this.#last % 26))
  }

  async #do({ kind, ...rest }: RandomStep): Promise<void> {
    const of = { bucket: 'lab', key: rest.key }
    const { store } = this.#files
    const path = this.#path(rest.key)
    switch (kind) {
      case 'put':
        await store.put(of, bodyOf(this.#content(sizeIn(rest))), plain)
        return
      case 'upload':
        return this.#upload(of, this.#content(sizeIn(rest)))
      case 'copy':
        await store.copy(of, { bucket: 'lab', key: toIn(rest) }, {})
        return
      case 'delete':
        await store.delete(of)
        return
      case 'head':
        await store.head(of)
        return
      case 'list':
        await store.list('lab', { prefix: '', delimiter: '', after: '', limit: 1000 })
        return
      case 'read':
        return this.#read(of)
      case 'read again':
        return this.#readAgain(of)
      case 'read in ranges':
        return this.#readInRanges(of)
      case 'overwrite':
      case 'copy over':
        return writeFile(path, this.#content(sizeIn(rest)))
      case 'replace':
        await writeFile(this.#path('new'), this.#content(sizeIn(rest)))
        return rename(this.#path('new'), path)
      case 'rewrite a part':
        return rewritePart(path, this.#content(3))
      case 'unlink':
        return unlink(path)
      case 'touch':
        return utimes(path, new Date(), new Date())
      case 'set time back':
        return utimes(path, 1_700_000_000, 1_700_000_000)
      case 'chmod':
        return chmod(path, this.#last % 2 === 0 ? 0o600 : 0o644)
      case 'hard link':
        return link(path, this.#path(`linked-${++this.#last}`))
      case 'move':
        return rename(path, this.#path(toIn(rest)))
    }
  }

  async #upload(of: ObjectName, content: Buffer): Promise<void> {
    const { store } = this.#files
    const upload = await store.createUpload(of, { ...plain, owner: 'jdoe' })
    if (isObjectRefusal(upload)) throw new Error(upload.message)
    const half = Math.ceil(content.length / 2)
    const parts = []
    for (const [at, piece] of [content.subarray(0, half), content.subarray(half)].entries()) {
      const part = await store.putPart(upload, at + 1, bodyOf(piece), { expected: { size: piece.length } })
      if (isObjectRefusal(part)) throw new Error(part.message)
      parts.push(part)
    }
    await store.completeUpload(upload, { parts })
  }

  /** The tag is of the bytes that come with it. */
  async #read(of: ObjectName): Promise<void> {
    const open = await this.#files.store.open(of)
    if (isObjectRefusal(open)) return
    const { etag, size: bytes } = open.facts
    const content = await contentOf(open)
    if (!content) return
    if (content.length !== bytes) throw new Error(`${of.key} has ${bytes} bytes, and ${content.length} came`)
    this.#compare(of.key, etag, md5(content))
  }

  #compare(name: string, etag: string, digest: string): void {
    if (!isMd5(etag)) return
    this.compared++
    if (etag !== digest) throw new Error(`${name} was given with ${etag}, and its content has ${digest}`)
    this.#seen.set(name, { etag, md5: digest })
  }

  /** Who asks for what it knows gets that, or nothing. */
  async #readAgain(of: ObjectName): Promise<void> {
    const seen = this.#seen.get(of.key)
    if (!seen) return this.#read(of)
    const open = await this.#files.store.open(of, { ifMatch: [seen.etag] })
    if (!isObjectRefusal(open)) {
      const content = await contentOf(open)
      if (content && md5(content) !== seen.md5) throw new Error(`If-Match of ${of.key} gave another content`)
      return
    }
    const changed = await this.#files.store.open(of, { ifNoneMatch: [seen.etag] })
    if (isObjectRefusal(changed)) return
    await changed.close()
    if (changed.facts.etag === seen.etag) throw new Error(`If-None-Match gave ${of.key}, which has not changed`)
  }

  /** As downloads go: all ranges are of the content that the first one was of. */
  async #readInRanges(of: ObjectName): Promise<void> {
    const head = await this.#files.store.head(of)
    if (isObjectRefusal(head) || head.size < 4) return
    const half = head.size >> 1
    const pieces: Buffer[] = []
    for (const range of [undefined, { first: half, last: head.size - 1 }, { first: 0, last: half - 1 }]) {
      const open = await this.#files.store.open(of, { ifMatch: [head.etag] })
      if (isObjectRefusal(open)) return
      const piece = await contentOf(open, range)
      if (!piece) return
      pieces.push(piece)
    }
    const [whole, behind, before] = pieces as [Buffer, Buffer, Buffer]
    if (!whole.equals(Buffer.concat([before, behind]))) throw new Error(`ranges of ${of.key} are of two contents`)
    this.#compare(of.key, head.etag, md5(whole))
  }
}

/** What programs meet where others put directories, or removed a file. */
const expected = new Set<string | undefined>(['ENOENT', 'EISDIR', 'EPERM', 'EINVAL', 'ENOTDIR', 'EEXIST', 'ENOTEMPTY'])
const ofClients = ['put', 'upload', 'copy', 'delete', 'head', 'list', 'read', 'read again', 'read in ranges']

function isForeign(kind: RandomStep['kind']): boolean {
  return !ofClients.includes(kind)
}

async function* bodyOf(content: Buffer) {
  yield content
}

/** Undefined: the file was edited meanwhile, so the client got no whole answer. */
async function contentOf(
  object: Exclude<Awaited<ReturnType<FileStoreUnderTest['store']['open']>>, { kind: 'objectRefusal' }>,
  range?: { first: number; last: number },
): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  try {
    for await (const piece of object.read(range)) {
      pieces.push(Buffer.from(piece))
      // As over a network: others go on meanwhile.
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
    }
    return Buffer.concat(pieces)
  } catch (error) {
    if (error instanceof ContentChanged) return undefined
    throw error
  } finally {
    await object.close()
  }
}

/** At the end, in place, and of the same size: only the times of the file show it. */
async function rewritePart(path: string, content: Buffer): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.write(content, 0, content.length, (await file.stat()).size - content.length)
  } finally {
    await file.close()
  }
}

function sizeIn(step: object): number {
  return (step as { size: number }).size
}

function toIn(step: object): string {
  return (step as { to: string }).to
}
