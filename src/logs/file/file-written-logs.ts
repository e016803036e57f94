/** The groups and streams that requests make and write, in the same files as those of jobs. */
import { limits } from '../../model/limits.ts'
import { isJobStream, jobLogGroup } from '../../model/log-destination.ts'
import { isRefusal, type Refusal } from '../../model/refusal.ts'
import {
  groupIsThere,
  invalidParameter,
  limitReached,
  noSuchGroup,
  noSuchStream,
  rateExceeded,
  streamIsThere,
} from '../log-refusal.ts'
import type * as store from '../log-store.ts'
import { takeEvents } from '../put-events.ts'
import type { Catalog } from './catalog.ts'
import type { StreamRow } from './catalog-rows.ts'
import type { LogGroups } from './log-groups.ts'
import type { Recorder } from './recorder.ts'
import { streamKey } from './stream-path.ts'
import type { StreamWriter } from './stream-writer.ts'

export interface WrittenSurroundings {
  readonly catalog: Catalog
  readonly recorder: Recorder
  readonly groups: LogGroups
  now(): number
  openWriter(target: store.LogTarget & { readonly byRequests: true }): Promise<StreamWriter>
  /** Deletes those that no writer has open. */
  deleteStreams(rows: readonly StreamRow[]): Promise<void>
}

const outputOfJobs = 'the output of jobs, which openbatch keeps by logs.retentionDays'

export class FileWrittenLogs implements store.WrittenLogs {
  readonly #around: WrittenSurroundings
  /** The last piece of work on each stream that has some, and how many wait. */
  readonly #turns = new Map<string, { last: Promise<unknown>; waiting: number }>()

  constructor(around: WrittenSurroundings) {
    this.#around = around
  }

  createGroup({ group, owner }: store.NewGroup): Refusal | undefined {
    const { groups, catalog, now } = this.#around
    this.#around.recorder.catchUp()
    if (group === jobLogGroup || catalog.hasGroup(group)) return groupIsThere()
    return groups.add({ name: group, owner, createdMs: now() })
  }

  async deleteGroup({ group, owners }: store.GroupQuery): Promise<Refusal | undefined> {
    const { groups, catalog, recorder } = this.#around
    recorder.catchUp()
    const made = groups.find(group, owners)
    if (!made) return this.#noGroupOfRequests(group, owners)
    for (;;) {
      const rows = catalog.writtenByRequests(group, Number.MAX_SAFE_INTEGER, limits.logStreamsDeletedAtOnce)
      if (rows.length === 0) break
      for (const row of rows) await this.#inTurn(row, () => this.#around.deleteStreams([row]))
    }
    const [output] = catalog.streams(group, {
      ...{ prefix: '', owners: undefined, limit: 1 },
      order: { by: 'name', descending: false },
    })
    if (output) return invalidParameter(`The log group holds ${outputOfJobs}.`)
    groups.remove(group)
    catalog.removeGroup(group)
    return undefined
  }

  setRetention({ group, owners }: store.GroupQuery, days: number | undefined): Refusal | undefined {
    const { groups } = this.#around
    return groups.find(group, owners) ? groups.setRetention(group, days) : this.#noGroupOfRequests(group, owners)
  }

  async createStream({ group, stream, owner, owners }: store.NewStream): Promise<Refusal | undefined> {
    if (group === jobLogGroup || isJobStream(stream)) {
      return invalidParameter(`The log stream would be among ${outputOfJobs}. Choose another group or name.`)
    }
    return this.#inTurn({ group, stream }, async () => {
      const { catalog, recorder } = this.#around
      recorder.catchUp()
      if (!this.#hasGroup(group, owners)) return noSuchGroup()
      if (catalog.find(group, stream)) return streamIsThere()
      const { logStreamsOfUser: most } = limits
      if (catalog.usedByRequests(owner).streams >= most)
        return limitReached(`openbatch keeps at most ${most} log streams that requests of one user made.`)
      const writer = await this.#open(group, stream, owner)
      try {
        await writer.make()
        await writer.finish()
      } finally {
        await writer.close()
      }
      return undefined
    })
  }

  async deleteStream(query: store.StreamQuery): Promise<Refusal | undefined> {
    return this.#inTurn(query, async () => {
      const row = this.#find(query)
      if (isRefusal(row)) return row
      await this.#around.deleteStreams([row])
      return undefined
    })
  }

  put(query: store.PutQuery): Promise<store.PutResult | Refusal> {
    const { group, stream, events } = query
    const { groups, catalog, now } = this.#around
    const taken = takeEvents(events, now(), groups.find(group)?.retentionInDays)
    if (isRefusal(taken)) return Promise.resolve(taken)
    return this.#inTurn(query, async () => {
      const row = this.#find(query)
      if (isRefusal(row)) return row
      const owner = row.owner!
      const { logBytesOfUser: most } = limits
      if (catalog.usedByRequests(owner).bytes >= most) {
        const text = `openbatch keeps at most ${most / 1_048_576} MiB of logs that requests of one user wrote. Delete some streams of ${owner}.`
        return limitReached(text)
      }
      if (taken.events.length === 0) return taken.result
      const writer = await this.#open(group, stream, owner)
      try {
        await writer.append(taken.events.map(({ timestamp, message }) => ({ atMs: timestamp, message, cursor: '' })))
        await writer.finish()
      } finally {
        await writer.close()
      }
      return taken.result
    })
  }

  ownerOf(group: string, stream?: string): string | undefined {
    const { catalog, groups } = this.#around
    const row = stream === undefined ? undefined : catalog.find(group, stream)
    return row ? row.owner : groups.find(group)?.owner
  }

  async deleteExpired(nowMs: number): Promise<number> {
    const { groups, catalog, recorder } = this.#around
    recorder.catchUp()
    let left: number = limits.logStreamsDeletedAtOnce
    for (const { name, retentionInDays } of [...groups.all()]) {
      if (retentionInDays === undefined || left === 0) continue
      const beforeMs = nowMs - retentionInDays * 86_400_000
      const rows = catalog.writtenByRequests(name, beforeMs, left)
      await this.deleteOld(rows, beforeMs)
      left -= rows.length
    }
    return limits.logStreamsDeletedAtOnce - left
  }

  /** Deletes those of the streams that got no newer event while others were deleted. */
  async deleteOld(rows: readonly StreamRow[], beforeMs: number): Promise<void> {
    const { catalog, recorder, deleteStreams } = this.#around
    for (const { group, stream } of rows) {
      await this.#inTurn({ group, stream }, async () => {
        recorder.catchUp()
        const row = catalog.find(group, stream)
        if (row && row.lastEventTimestamp < beforeMs) await deleteStreams([row])
      })
    }
  }

  #open(group: string, stream: string, owner: string): Promise<StreamWriter> {
    return this.#around.openWriter({ group, stream, owner, byRequests: true, capBytes: Number.MAX_SAFE_INTEGER })
  }

  #find({ group, stream, owners }: store.StreamQuery): StreamRow | Refusal {
    const { catalog, recorder } = this.#around
    recorder.catchUp()
    const row = catalog.find(group, stream, owners)
    if (!row) return this.#hasGroup(group, owners) ? noSuchStream() : noSuchGroup()
    return row.byRequests ? row : invalidParameter(`The log stream is ${outputOfJobs}.`)
  }

  #hasGroup(group: string, owners: readonly string[] | undefined): boolean {
    const { catalog, groups } = this.#around
    return groups.find(group, owners) !== undefined || catalog.hasGroup(group, owners)
  }

  #noGroupOfRequests(group: string, owners: readonly string[] | undefined): Refusal {
    return this.#hasGroup(group, owners) ? invalidParameter(`The log group is for ${outputOfJobs}.`) : noSuchGroup()
  }

  /** One after the other for each stream. Too many that wait are refused. */
  async #inTurn<T>(of: Pick<StreamRow, 'group' | 'stream'>, work: () => Promise<T>): Promise<T | Refusal> {
    const key = streamKey(of.group, of.stream)
    const turn = this.#turns.get(key) ?? { last: Promise.resolve(), waiting: 0 }
    if (turn.waiting >= limits.logPutsWaiting) return rateExceeded()
    turn.waiting++
    this.#turns.set(key, turn)
    const mine = turn.last.then(work)
    turn.last = mine.catch(() => {})
    try {
      return await mine
    } finally {
      if (--turn.waiting === 0) this.#turns.delete(key)
    }
  }
}
