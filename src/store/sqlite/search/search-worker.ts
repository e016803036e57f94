/** The thread that answers searches, over a connection of its own, which only reads. */
import { parentPort, workerData } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { giveWay } from '../../../ground/pace.ts'
import { childId, hasOwnRecord, idPrefixOf, type SearchScope, SearchTooLong } from '../../search/job-search.ts'
import { childColumns, JobMirror } from './job-mirror.ts'
import { countRows, findPlaces, type Scanned } from './scan.ts'
import type { FromSearchWorker, SearchAsked, SearchWorkerData, ToSearchWorker } from './search-messages.ts'

class SearchWorker {
  readonly #port = parentPort!
  readonly #database: Database.Database
  readonly #mirror: JobMirror
  readonly #idsFound: number
  #changed: Iterable<number>[] = []
  #asked: SearchAsked[] = []
  #isBusy = false

  constructor({ path, most, idsFound }: SearchWorkerData) {
    this.#database = new Database(path, { readonly: true, fileMustExist: true, timeout: 5000 })
    this.#idsFound = idsFound
    this.#port.on('message', (message: ToSearchWorker) => this.#receive(message))
    this.#mirror = new JobMirror(this.#database, most)
    void this.#work()
  }

  #receive({ changed, tagged, asked }: ToSearchWorker): void {
    if (changed) this.#changed.push(changed)
    if (tagged) this.#changed.push(this.#mirror.placesOf(tagged))
    if (asked) this.#asked.push(asked)
    void this.#work()
  }

  async #work(): Promise<void> {
    if (this.#isBusy) return
    this.#isBusy = true
    while (!this.#mirror.isRead || this.#changed.length > 0 || this.#asked.length > 0 || this.#mirror.isCopying) {
      this.#step()
      await giveWay()
    }
    this.#isBusy = false
  }

  #step(): void {
    if (!this.#mirror.isRead) {
      this.#mirror.readSome()
      // Children are read for each search anew, and an array is there before its children.
      this.#asked = this.#asked.filter((asked) => !this.#answered(asked, asked.search.children !== undefined))
      return
    }
    for (const seqs of this.#changed.splice(0)) this.#mirror.refresh(seqs)
    const asked = this.#asked.shift()
    if (asked) this.#answered(asked, true)
    this.#mirror.copySome()
  }

  /** Returns false if the search has to wait. An error of the database ends the thread. */
  #answered(asked: SearchAsked, isReady: boolean): boolean {
    try {
      checkOf(asked, !isReady)()
      if (!isReady) return false
      this.#post({ id: asked.id, answer: this.#answer(asked) })
    } catch (error) {
      if (!(error instanceof SearchTooLong) && !(error instanceof Cancelled)) throw error
      this.#post({ id: asked.id, givenUp: error instanceof Cancelled || error.isPreparing ? 'early' : 'late' })
    }
    return true
  }

  #answer(asked: SearchAsked) {
    const { search } = asked
    const scanned = this.#scanned(search, checkOf(asked, false))
    const tooOld = search.children ? 0 : this.#mirror.tooOld
    if ('groups' in search) return { ...countRows(scanned, search), tooOld }
    const { places, ...found } = findPlaces(scanned, search)
    const { children } = search
    const jobs = children
      ? places.map((place) => ({ jobId: childId(children.parentId, place.at), place }))
      : this.#mirror.withIds(places)
    return { jobs, ...found, tooOld }
  }

  #scanned({ children, filter }: SearchScope, check: () => void): Scanned {
    const prefix = filter.text === undefined ? undefined : idPrefixOf(filter.text)
    if (!children) {
      const ids = prefix === undefined ? new Set<number>() : this.#mirror.idsFrom(prefix, this.#idsFound, check)
      return { columns: this.#mirror.columns, ids, check }
    }
    const { parentId, withoutRecord } = children
    const statusOf = (index: number) => {
      const status = typeof withoutRecord === 'number' ? withoutRecord : withoutRecord?.[index]
      return status === hasOwnRecord ? undefined : status
    }
    const columns = childColumns(this.#database, parentId, statusOf, check)
    check()
    const begins = (index: number) => prefix !== undefined && childId(parentId, index).startsWith(prefix)
    return { columns, ids: new Set(columns.at.subarray(0, columns.length).filter(begins)), check }
  }

  #post(message: FromSearchWorker): void {
    this.#port.postMessage(message)
  }
}

class Cancelled extends Error {}

function checkOf({ cancelled, deadlineMs }: SearchAsked, isPreparing: boolean): () => void {
  return () => {
    if (Atomics.load(cancelled, 0) !== 0) throw new Cancelled()
    if (Date.now() > deadlineMs) throw new SearchTooLong(isPreparing)
  }
}

new SearchWorker(workerData as SearchWorkerData)
