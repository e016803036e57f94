/** How lifecycle rules are applied to a bucket: in pieces, with rests, as long as they are wanted. */
import { type Pace, SteadyPace } from '../../ground/pace.ts'
import { delay } from '../../ground/timers.ts'
import type { TimeMs } from '../../model/time.ts'
import type { LifecycleRule } from '../../objects/lifecycle/lifecycle-rule.ts'
import type { ObjectStore } from '../../objects/object-store.ts'

export type ExpiringStore = Pick<
  ObjectStore,
  'buckets' | 'settings' | 'survey' | 'head' | 'delete' | 'listVersions' | 'listUploads' | 'abortUpload'
>

export const expiredKinds = ['object', 'version', 'marker', 'upload'] as const
export type ExpiredKind = (typeof expiredKinds)[number]

export interface ExpiryWorkOptions {
  readonly store: ExpiringStore
  readonly bucket: string
  readonly rules: readonly LifecycleRule[]
  readonly nowMs: TimeMs
  readonly signal: AbortSignal
  /** Called for everything that was ended. */
  readonly ended: (kind: ExpiredKind) => void
  /** Called for everything that could not be. */
  readonly failed: (why: unknown) => void
  /** Real time unless a test says otherwise. */
  readonly wait?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined
}

/** What is deleted at the same time: in one directory, they share the waits for the disk. */
const atOnce = 64

export class ExpiryWork {
  readonly #options: ExpiryWorkOptions
  readonly #pace: Pace = new SteadyPace()
  #sinceMs = performance.now()

  constructor(options: ExpiryWorkOptions) {
    this.#options = options
  }

  /** Not after the rules were changed, or the server is to stop. */
  get isWanted(): boolean {
    const { store, bucket, rules, signal } = this.#options
    return !signal.aborted && store.settings(bucket).lifecycle === rules
  }

  rulesWith(isMeant: (rule: LifecycleRule) => boolean): readonly LifecycleRule[] {
    return this.#options.rules.filter((rule) => rule.isEnabled && isMeant(rule))
  }

  isOver(expiry: { readonly atMs: TimeMs } | undefined): boolean {
    return expiry !== undefined && expiry.atMs <= this.#options.nowMs
  }

  /** Ends those of a piece whose time is over, and rests. */
  async end<T>(piece: readonly T[], isOver: (one: T) => boolean, end: (one: T) => Promise<void>): Promise<void> {
    const over: T[] = []
    for (const one of piece) {
      if (isOver(one)) over.push(one)
      await this.#pace.breathe()
    }
    for (let at = 0; at < over.length && this.isWanted; at += atOnce)
      await Promise.all(over.slice(at, at + atOnce).map((one) => end(one).catch(this.#options.failed)))
    await this.#rest()
  }

  /** As long as the last piece took: others may use the disk for half of the time. */
  async #rest(): Promise<void> {
    const { signal, wait = (ms, ending) => delay(ms, ending, { isIdle: true }) } = this.#options
    await wait(performance.now() - this.#sinceMs, signal)
    this.#sinceMs = performance.now()
  }
}
