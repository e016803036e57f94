/**
 * The turns of what requests change. The streams of a group are changed side by side, each by one
 * call after the other. A deletion has its group to itself: it waits for the calls that came before
 * it, and those that come after it find no group.
 */
import { limits } from '../../model/limits.ts'
import type { Refusal } from '../../model/refusal.ts'
import { noSuchGroup, operationAborted, rateExceeded } from '../log-refusal.ts'
import type { StreamRow } from './catalog-rows.ts'
import { streamKey } from './stream-path.ts'

/** The last piece of work on a stream, and how many are not done. */
interface Turn {
  last: Promise<unknown>
  waiting: number
}

export class GroupTurns {
  /** By group and by the key of the stream: those with work. */
  readonly #turns = new Map<string, Map<string, Turn>>()
  readonly #deletions = new Set<string>()

  isDeleting(group: string): boolean {
    return this.#deletions.has(group)
  }

  /** Refuses once too many wait for the stream, or its group is being deleted. */
  async onStream<T>({ group, stream }: Pick<StreamRow, 'group' | 'stream'>, work: () => Promise<T>) {
    if (this.#deletions.has(group)) return noSuchGroup()
    const streams = this.#turns.get(group) ?? new Map<string, Turn>()
    this.#turns.set(group, streams)
    const key = streamKey(group, stream)
    const turn = streams.get(key) ?? { last: Promise.resolve(), waiting: 0 }
    if (turn.waiting >= limits.logPutsWaiting) return rateExceeded()
    turn.waiting++
    streams.set(key, turn)
    const mine = turn.last.then(work)
    turn.last = mine.catch(() => {})
    try {
      return await mine
    } finally {
      if (--turn.waiting === 0) streams.delete(key)
      if (streams.size === 0) this.#turns.delete(group)
    }
  }

  /** Refuses while the group is being deleted already. */
  async onDeletion(group: string, work: () => Promise<Refusal | undefined>): Promise<Refusal | undefined> {
    if (this.#deletions.has(group)) return operationAborted()
    this.#deletions.add(group)
    try {
      await Promise.all([...(this.#turns.get(group)?.values() ?? [])].map(({ last }) => last))
      return await work()
    } finally {
      this.#deletions.delete(group)
    }
  }
}
