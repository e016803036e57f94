/** The groups and streams that requests make and write, in the same files as those of jobs. */
import { giveWay } from '../../ground/pace.ts'
import { limits } from '../../model/limits.ts'
import { isJobStream, jobLogGroup } from '../../model/log-destination.ts'
import { isRefusal, type Refusal } from '../../model/refusal.ts'
import {
  groupIsThere,
  invalidParameter,
  limitReached,
  noSuchGroup,
  noSuchStream,
  operationAborted,
  streamIsThere,
} from '../log-refusal.ts'
import type * as store from '../log-store.ts'
import { takeEvents } from '../put-events.ts'
import type { Catalog } from './catalog.ts'
import type { StreamRow } from './catalog-rows.ts'
import { GroupTurns } from './group-turns.ts'
import type { LogGroups } from './log-groups.ts'
import type { Recorder } from './recorder.ts'
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
  readonly #turns = new GroupTurns()

  constructor(around: WrittenSurroundings) {
    this.#around = around
  }

  createGroup({ group, owner }: store.NewGroup): Refusal | undefined {
    const { groups, catalog, now } = this.#around
    this.#around.recorder.catchUp()
    if (this.#turns.isDeleting(group)) return operationAborted()
    if (group === jobLogGroup || catalog.hasGroup(group)) return groupIsThere()
    return groups.add({ name: group, owner, createdMs: now() })
  }

  async deleteGroup({ group, owners }: store.GroupQuery): Promise<Refusal | undefined> {
    const { groups, recorder } = this.#around
    recorder.catchUp()
    if (!groups.find(group, owners)) return this.#noGroupOfRequests(group, owners)
    if (this.#holdsOutput(group)) return invalidParameter(`The log group holds ${outputOfJobs}.`)
    return this.#turns.onDeletion(group, () => this.#deleteWhole(group))
  }

  async #deleteWhole(group: string): Promise<Refusal | undefined> {
    const { groups, catalog, recorder, deleteStreams } = this.#around
    // Each pass deletes what it finds, and nothing is made meanwhile.
    for (;;) {
      recorder.catchUp()
      const rows = catalog.writtenByRequests(group, Number.MAX_SAFE_INTEGER, limits.logStreamsDeletedAtOnce)
      if (rows.length === 0) break
      await deleteStreams(rows)
      await giveWay()
    }
    // A job may have begun to write there.
    if (this.#holdsOutput(group)) return invalidParameter(`The log group holds ${outputOfJobs}.`)
    // Ended between the two, the group is there still and can be deleted again.
    catalog.removeGroup(group)
    groups.remove(group)
    return undefined
  }

  setRetention({ group, owners }: store.GroupQuery, days: number | undefined): Refusal | undefined {
    const { groups } = this.#around
    if (groups.find(group, owners) && this.#turns.isDeleting(group)) return operationAborted()
    return groups.find(group, owners) ? groups.setRetention(group, days) : this.#noGroupOfRequests(group, owners)
  }

  async createStream({ group, stream, owner, owners }: store.NewStream): Promise<Refusal | undefined> {
    if (group === jobLogGroup || isJobStream(stream)) {
      return invalidParameter(`The log stream would be among ${outputOfJobs}. Choose another group or name.`)
    }
    const { catalog, recorder } = this.#around
    const complaint = () => {
      recorder.catchUp()
      if (!this.#hasGroup(group, owners)) return noSuchGroup()
      return catalog.find(group, stream) ? streamIsThere() : undefined
    }
    return (
      complaint() ??
      this.#turns.onStream({ group, stream }, async () => complaint() ?? this.#makeStream(group, stream, owner))
    )
  }

  async #makeStream(group: string, stream: string, owner: string): Promise<Refusal | undefined> {
    const { logStreamsOfUser: most } = limits
    if (this.#around.catalog.usedByRequests(owner).streams >= most)
      return limitReached(`openbatch keeps at most ${most} log streams that requests of one user made.`)
    const writer = await this.#open(group, stream, owner)
    try {
      await writer.make()
      await writer.finish()
    } finally {
      await writer.close()
    }
    return undefined
  }

  async deleteStream(query: store.StreamQuery): Promise<Refusal | undefined> {
    // Who may not see the stream must not learn that others are at work on it, nor take their turns.
    const hidden = this.#find(query)
    if (isRefusal(hidden)) return hidden
    return this.#turns.onStream(query, async () => {
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
    const hidden = this.#find(query)
    if (isRefusal(hidden)) return Promise.resolve(hidden)
    return this.#turns.onStream(query, async () => {
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

  ownerOf({ group, stream, owners }: store.OwnerQuery): string | undefined {
    const { catalog, groups } = this.#around
    const row = stream === undefined ? undefined : catalog.find(group, stream, owners)
    if (row) return row.owner
    return this.#hasGroup(group, owners) ? groups.find(group)?.owner : undefined
  }

  async deleteExpired(nowMs: number): Promise<number> {
    const { groups, catalog, recorder } = this.#around
    recorder.catchUp()
    let deleted = 0
    for (const { name } of [...groups.all()]) {
      // The retention may change, and the group go, while streams of it are deleted.
      const beforeMs = () => nowMs - (groups.find(name)?.retentionInDays ?? Number.POSITIVE_INFINITY) * 86_400_000
      const rows = catalog.writtenByRequests(name, beforeMs(), limits.logStreamsDeletedAtOnce - deleted)
      deleted += await this.deleteOld(rows, beforeMs)
      if (deleted >= limits.logStreamsDeletedAtOnce) break
    }
    return deleted
  }

  /**
   * Deletes those of the streams that got no newer event while others were deleted. Resolves with
   * their number. One with many calls waiting is left for another time.
   */
  async deleteOld(rows: readonly StreamRow[], beforeMs: () => number): Promise<number> {
    const { catalog, recorder, deleteStreams } = this.#around
    let deleted = 0
    for (const { group, stream } of rows) {
      await this.#turns.onStream({ group, stream }, async () => {
        recorder.catchUp()
        const row = catalog.find(group, stream)
        if (!row || row.lastEventTimestamp >= beforeMs()) return
        await deleteStreams([row])
        deleted++
      })
    }
    return deleted
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

  #holdsOutput(group: string): boolean {
    return this.#around.catalog.holdsOutput(group)
  }
}
