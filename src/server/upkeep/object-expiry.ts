/**
 * Applies the lifecycle rules of buckets: once after each midnight UTC, at which objects expire, and
 * soon after the rules of a bucket changed. A round that was cut short is made again.
 */
import { createHash } from 'node:crypto'
import type { Logger } from 'pino'
import { Repeating, type RepeatingOptions } from '../../ground/repeating.ts'
import type { TimeMs } from '../../model/time.ts'
import { midnightAfter } from '../../objects/lifecycle/expiry.ts'
import type { LifecycleRule } from '../../objects/lifecycle/lifecycle-rule.ts'
import type { Bucket } from '../../objects/object-store.ts'
import { BucketExpiry } from './bucket-expiry.ts'
import { type ExpiredKind, type ExpiringStore, expiredKinds } from './expiry-work.ts'
import { nextRounds, type Rounds } from './rounds.ts'

export interface ObjectExpiryOptions {
  readonly store: ExpiringStore
  readonly now: () => TimeMs
  /** Keeps a short text across restarts. */
  readonly note: { read(): string | undefined; write(text: string): void }
  readonly log: Logger
  /** Real time unless a test says otherwise. */
  readonly wait?: RepeatingOptions['wait']
}

/** What outlives the server. */
interface Note {
  readonly rounds: Rounds
  /** The last whole round of each bucket that has rules. */
  readonly buckets: Readonly<Record<string, { readonly atMs: TimeMs; readonly rules: string }>>
}

const everyMs = 600_000
/** After a time in which no server looked, or a clock that was set ahead. */
const heldMs = 86_400_000

const noneEnded: Readonly<Record<ExpiredKind, number>> = { object: 0, version: 0, marker: 0, upload: 0 }

export class ObjectExpiry {
  readonly #options: ObjectExpiryOptions
  readonly #rounds: Repeating
  readonly #ended: Record<ExpiredKind, number> = { ...noneEnded }

  constructor(options: ObjectExpiryOptions) {
    this.#options = options
    const { log, wait } = options
    const whenFailed = 'lifecycle rules could not be applied; trying again later'
    this.#rounds = new Repeating({ everyMs, log, whenFailed, wait, run: (signal) => this.#run(signal) })
  }

  /** Returns at once. */
  start(): void {
    void this.#rounds.start()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  /** How much was ended since the start. */
  get ended(): Readonly<Record<ExpiredKind, number>> {
    return this.#ended
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { store, now, note } = this.#options
    const nowMs = now()
    const before = readNote(note.read())
    const rounds = nextRounds(before?.rounds, nowMs, heldMs)
    const ruled = store.buckets().flatMap((bucket) => ruledBucket(bucket, store.settings(bucket.name).lifecycle))
    // Buckets without rules are forgotten.
    const known = ruled.flatMap(({ name }) => (before?.buckets[name] ? [[name, before.buckets[name]] as const] : []))
    const buckets = new Map(known)
    const write = () => note.write(JSON.stringify({ rounds, buckets: Object.fromEntries(buckets) } satisfies Note))
    write()
    if (nowMs < rounds.heldUntilMs) return
    for (const { name, rules, hash } of ruled) {
      const last = buckets.get(name)
      if (last?.rules === hash && last.atMs <= nowMs && nowMs < midnightAfter(last.atMs, 0)) continue
      if (!(await this.#apply(name, rules, nowMs, signal))) continue
      buckets.set(name, { atMs: nowMs, rules: hash })
      write()
    }
  }

  async #apply(bucket: string, rules: readonly LifecycleRule[], nowMs: TimeMs, signal: AbortSignal): Promise<boolean> {
    const { store, log, wait } = this.#options
    const counts = { ...noneEnded }
    const failures: unknown[] = []
    let failed = 0
    const expiry = new BucketExpiry({
      ...{ store, bucket, rules, nowMs, signal, wait },
      ended: (kind) => {
        counts[kind]++
        this.#ended[kind]++
      },
      failed: (why) => {
        if (failed++ === 0) failures.push(why)
      },
    })
    try {
      return await expiry.run()
    } catch (err) {
      // Other buckets may be on other disks.
      log.warn({ bucket, err }, 'the lifecycle rules of a bucket could not be applied; trying again later')
      return false
    } finally {
      if (expiredKinds.some((kind) => counts[kind] > 0))
        log.info({ bucket, ...counts }, 'lifecycle rules ended objects')
      if (failed > 0) log.warn({ bucket, failed, err: failures[0] }, 'some objects have expired and cannot be deleted')
    }
  }
}

interface RuledBucket {
  readonly name: string
  readonly rules: readonly LifecycleRule[]
  readonly hash: string
}

/** None if nothing can expire in it. */
function ruledBucket({ name, readOnly }: Bucket, rules: readonly LifecycleRule[] | undefined): RuledBucket[] {
  if (readOnly || !rules?.some(({ isEnabled }) => isEnabled)) return []
  return [{ name, rules, hash: createHash('sha256').update(JSON.stringify(rules)).digest('base64') }]
}

function readNote(text: string | undefined): Note | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Note)
}
