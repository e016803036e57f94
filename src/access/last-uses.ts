/**
 * Notes when each access key was last used, to the minute. A request only costs a look into memory.
 * New uses are written once a minute, and when the server stops. A crash loses at most a minute.
 */
import { Repeating } from '../ground/repeating.ts'
import type { TimeMs } from '../model/time.ts'
import type { LastUse } from './identities/entities.ts'
import type { IdentityStore } from './identities/identity-store.ts'
import { isSessionKeyId } from './sessions/session-credentials.ts'
import type { CredentialScope } from './signed-request.ts'

const grainMs = 60_000

export interface LastUsesLog {
  warn(fields: { readonly err: unknown }, message: string): void
}

export class LastUses {
  readonly #store: Pick<IdentityStore, 'recordLastUses' | 'lastUse'>
  /** The last use of each key that was noted since the start. */
  readonly #noted = new Map<string, LastUse>()
  #unwritten = new Map<string, LastUse>()
  readonly #writing: Repeating

  constructor(store: Pick<IdentityStore, 'recordLastUses' | 'lastUse'>, log: LastUsesLog) {
    this.#store = store
    const whenFailed = 'the last uses of access keys could not be written; they are written later'
    this.#writing = new Repeating({ everyMs: grainMs, run: () => this.write(), log, whenFailed })
  }

  start(): void {
    this.#writing.startLater()
  }

  /** Writes the remaining uses if possible. */
  async stop(): Promise<void> {
    await this.#writing.stop()
    try {
      this.write()
    } catch {
      // Losing a minute is no reason to fail.
    }
  }

  /** Ignores sessions, which have no record. */
  note({ accessKeyId, service, region }: Pick<CredentialScope, 'accessKeyId' | 'service' | 'region'>, now: TimeMs) {
    if (isSessionKeyId(accessKeyId)) return
    const atMs = now - (now % grainMs)
    const last = this.#noted.get(accessKeyId)
    if (last && last.atMs === atMs && last.service === service && last.region === region) return
    const use: LastUse = { accessKeyId, atMs, service, region }
    this.#noted.set(accessKeyId, use)
    this.#unwritten.set(accessKeyId, use)
  }

  /** Includes what is not written yet. */
  find(accessKeyId: string): LastUse | undefined {
    return this.#noted.get(accessKeyId) ?? this.#store.lastUse(accessKeyId)
  }

  /** Throws if it could not be written now. */
  write(): void {
    if (this.#unwritten.size === 0) return
    this.#store.recordLastUses([...this.#unwritten.values()])
    this.#unwritten = new Map()
  }
}
