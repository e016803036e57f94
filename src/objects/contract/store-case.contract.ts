/** One case of the contract: a fresh store with a bucket `lab`, and short forms of its calls. */
import { expect } from 'vitest'
import { isObjectRefusal, type ObjectRefusal } from '../object-refusal.ts'
import type { ObjectStoreExercise } from '../object-store.contract.ts'
import type {
  Body,
  ListPage,
  ListQuery,
  NewObject,
  NewUpload,
  ObjectFacts,
  ObjectStore,
  Part,
  Upload,
  UploadName,
  VersionsPage,
  VersionsQuery,
} from '../object-store.ts'

export interface MadeStore {
  readonly store: ObjectStore
  /** Closes the store and opens it again on its data. A store without files continues as it is. */
  reopen(): Promise<ObjectStore>
  /** Closes and removes everything. */
  remove(): Promise<void>
}

/** The least size of a part that is not the last. */
export const smallestPartBytes = 4

export const plain = { headers: {}, metadata: {}, tags: {} } as const

export class StoreCase {
  /** The store's clock, which stands still. */
  nowMs = Date.UTC(2026, 10, 27)
  #made: MadeStore | undefined
  #store: ObjectStore | undefined

  async begin(make: ObjectStoreExercise['make']): Promise<void> {
    this.#made = await make({ now: () => this.nowMs, smallestPartBytes })
    this.#store = this.#made.store
    wanted(await this.store.createBucket('lab', 'jdoe'))
  }

  async end(): Promise<void> {
    await this.#made?.remove()
    this.#made = undefined
  }

  get store(): ObjectStore {
    return this.#store!
  }

  async reopen(): Promise<void> {
    this.#store = await this.#made!.reopen()
  }

  async put(key: string, text: string, how: Partial<NewObject> = {}): Promise<ObjectFacts> {
    return wanted(await this.tryPut(key, text, how)).facts
  }

  tryPut(key: string, text: string, how: Partial<NewObject> = {}) {
    return this.store.put(lab(key), bodyOf(text), { ...plain, ...how })
  }

  async head(key: string): Promise<ObjectFacts> {
    return wanted(await this.store.head(lab(key)))
  }

  async read(key: string, range?: { first: number; last: number }): Promise<string> {
    const open = wanted(await this.store.open(lab(key)))
    try {
      const pieces: Uint8Array[] = []
      for await (const piece of open.read(range)) pieces.push(Uint8Array.from(piece))
      return Buffer.concat(pieces).toString()
    } finally {
      await open.close()
    }
  }

  async list(query: Partial<ListQuery> = {}): Promise<ListPage> {
    return wanted(await this.store.list('lab', { prefix: '', delimiter: '', after: '', limit: 1000, ...query }))
  }

  /** The keys of the bucket, page by page. */
  async keys(limit = 1000): Promise<string[]> {
    const found: string[] = []
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page: ListPage = await this.list({ after, limit })
      found.push(...page.objects.map(({ key }) => key))
      after = page.next
    }
    return found
  }

  async setVersioning(versioning: 'Enabled' | 'Suspended'): Promise<void> {
    expect(await this.store.changeSettings('lab', { versioning })).toBeUndefined()
  }

  /** The content of a version. */
  async readVersion(key: string, versionId: string): Promise<string> {
    const open = wanted(await this.store.open({ ...lab(key), versionId }))
    try {
      const pieces: Uint8Array[] = []
      for await (const piece of open.read()) pieces.push(Uint8Array.from(piece))
      return Buffer.concat(pieces).toString()
    } finally {
      await open.close()
    }
  }

  async listVersions(query: Partial<VersionsQuery> = {}): Promise<VersionsPage> {
    const all = { prefix: '', delimiter: '', afterKey: '', afterVersionId: '', limit: 1000 }
    return wanted(await this.store.listVersions('lab', { ...all, ...query }))
  }

  /** All versions page by page, each as `key id`, with `!` for a delete marker and `*` for the latest. */
  async versions(query: Partial<VersionsQuery> = {}): Promise<string[]> {
    const found: string[] = []
    let after: { afterKey: string; afterVersionId: string } | undefined = { afterKey: '', afterVersionId: '' }
    while (after) {
      const page: VersionsPage = await this.listVersions({ ...query, ...after })
      found.push(
        ...page.versions.map(
          ({ key, versionId, isDeleteMarker, isLatest }) =>
            `${key} ${versionId}${isDeleteMarker ? '!' : ''}${isLatest ? '*' : ''}`,
        ),
        ...page.commonPrefixes,
      )
      after = page.next && { afterKey: page.next.key, afterVersionId: page.next.versionId ?? '' }
    }
    return found
  }

  async begun(key: string, how: Partial<NewUpload> = {}): Promise<Upload> {
    return wanted(await this.store.createUpload(lab(key), { ...plain, owner: 'jdoe', ...how }))
  }

  async part(of: UploadName, number: number, text: string): Promise<Part> {
    return wanted(await this.store.putPart(of, number, bodyOf(text), { expected: { size: Buffer.byteLength(text) } }))
  }
}

export function lab(key: string): { bucket: string; key: string } {
  return { bucket: 'lab', key }
}

/** In two pieces, as a network brings it. */
export async function* bodyOf(text: string): Body {
  const bytes = Buffer.from(text)
  const half = bytes.length >> 1
  if (half > 0) yield bytes.subarray(0, half)
  yield bytes.subarray(half)
}

export function wanted<T>(answer: T | ObjectRefusal): T {
  if (isObjectRefusal(answer)) throw new Error(`refused: ${answer.code}: ${answer.message}`)
  return answer
}

export function expectRefusal(answer: unknown, code: ObjectRefusal['code'], details?: Record<string, string>): void {
  expect(answer).toMatchObject({ kind: 'objectRefusal', code, ...(details && { details }) })
}
