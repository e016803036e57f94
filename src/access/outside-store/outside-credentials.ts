/**
 * The credentials of jobs where objects are in a store outside: keys of that store. With a role they
 * are a session of the store's own STS, one for each attempt, and are renewed before they end.
 * Without a role they are the keys of the configuration. Nothing is kept on disk.
 */
import { Gate } from '../../ground/gate.ts'
import { limits } from '../../model/limits.ts'
import type { TimeMs } from '../../model/time.ts'
import type { ContainerOfJob, IssuesToJobs, JobCredentials, MadeForJob } from '../job-credentials/job-credentials.ts'
import type { SessionCredentials } from '../sessions/session-credentials.ts'
import type { RoleAnswer, RoleWanted } from './assume-role.ts'

/** Where objects are, and with which keys. */
export interface OutsideStore {
  readonly endpoint: string
  /** Of its STS. */
  readonly stsEndpoint: string
  readonly region: string
  readonly accessKeyId: string
  /** Absent: jobs get the keys themselves. */
  readonly roleArn?: string | undefined
}

export interface OutsideCredentialsOptions {
  readonly store: OutsideStore
  /** Read at each use, so that it can be changed without a restart. Throws if it cannot be read. */
  readonly secret: () => string
  /** Says whether the job may have credentials at all. */
  readonly here: Pick<JobCredentials, 'issue'>
  readonly assumeRole: (wanted: RoleWanted, now: TimeMs, signal: AbortSignal) => Promise<RoleAnswer>
  readonly log: { warn(fields: object, message: string): void }
}

/** The log says why, and jobs need not know where the file is. */
const unreadable = 'its secret key cannot be read on this server'

/** What is known of the session of one attempt. */
interface Kept {
  readonly made?: SessionCredentials
  /** The question that is under way. */
  readonly asked?: Promise<MadeForJob>
}

export class OutsideCredentials implements IssuesToJobs {
  readonly #options: OutsideCredentialsOptions
  /** By the name of the session, the oldest first. */
  readonly #sessions = new Map<string, Kept>()
  readonly #gate = new Gate(limits.outsideStsCalls)
  /** The last answer that was no session, and until when it stands for others. */
  #failed: { readonly untilMs: TimeMs; readonly made: MadeForJob } | undefined
  #said: string | undefined

  constructor(options: OutsideCredentialsOptions) {
    this.#options = options
  }

  async issue(container: ContainerOfJob, seconds: number, now: TimeMs): Promise<MadeForJob> {
    const { here, store } = this.#options
    const allowed = here.issue(container, seconds, now)
    if ('why' in allowed) return allowed
    if (store.roleArn !== undefined) return this.#session(sessionName(container), store.roleArn, now)
    const secretAccessKey = this.#secret()
    if (secretAccessKey === undefined) return this.#none(unreadable, true)
    const { accessKeyId } = store
    return { accessKeyId, secretAccessKey, sessionToken: '', expiresAtMs: now + limits.outsideKeysSeconds * 1000 }
  }

  #session(name: string, roleArn: string, now: TimeMs): MadeForJob | Promise<MadeForJob> {
    const { made, asked } = this.#sessions.get(name) ?? {}
    if (made && made.expiresAtMs - now > limits.outsideRenewSeconds * 1000) return made
    if (asked) return asked
    if (this.#failed && now < this.#failed.untilMs) return made && made.expiresAtMs > now ? made : this.#failed.made
    const asking = this.#ask(name, roleArn, now)
    this.#keep(name, { ...(made && { made }), asked: asking })
    return asking
  }

  /** The caller may have gone when the answer comes. The next one finds it. */
  async #ask(name: string, roleArn: string, now: TimeMs): Promise<MadeForJob> {
    const answer = await this.#assume(name, roleArn, now)
    if (!('why' in answer)) {
      this.#said = undefined
      this.#keep(name, { made: answer })
      return answer
    }
    const made = this.#none(answer.why, !answer.isRefusal)
    this.#failed = { untilMs: now + limits.outsideFailureMs, made }
    const before = this.#sessions.get(name)?.made
    this.#sessions.delete(name)
    if (!before || before.expiresAtMs <= now) return made
    // It holds for a while yet, and the next question may be answered.
    this.#keep(name, { made: before })
    return before
  }

  /** What is said of a failure has no secret in it. */
  async #assume(sessionName: string, roleArn: string, now: TimeMs): Promise<RoleAnswer> {
    const { assumeRole, store } = this.#options
    const secretAccessKey = this.#secret()
    if (secretAccessKey === undefined) return { why: unreadable, isRefusal: false }
    const { accessKeyId, region, stsEndpoint: endpoint } = store
    const seconds = limits.outsideSessionSeconds
    const wanted = { endpoint, region, accessKeyId, secretAccessKey, roleArn, sessionName, seconds }
    const signal = AbortSignal.timeout(limits.outsideStsMs)
    const answer = await this.#gate
      .pass(() => assumeRole(wanted, now, signal), signal)
      .catch(() => ({ why: 'its STS does not answer', isRefusal: false }))
    if (!('why' in answer)) return answer
    const why = answer.why.replaceAll(secretAccessKey, '…')
    this.#say(why)
    return { ...answer, why }
  }

  #keep(name: string, kept: Kept): void {
    this.#sessions.delete(name)
    this.#sessions.set(name, kept)
    for (const [oldest] of this.#sessions) {
      if (this.#sessions.size <= limits.outsideSessionsKept) return
      this.#sessions.delete(oldest)
    }
  }

  #secret(): string | undefined {
    try {
      return this.#options.secret()
    } catch (error) {
      this.#say((error as Error).message)
      return undefined
    }
  }

  #none(why: string, isPassing: boolean): MadeForJob {
    return { why: `The object store at ${this.#options.store.endpoint} gives no credentials: ${why}.`, isPassing }
  }

  /** Once for each reason, not for each job. */
  #say(why: string): void {
    const { log, store } = this.#options
    if (why !== this.#said) log.warn({ endpoint: store.endpoint, why }, 'jobs get no keys of the outside object store')
    this.#said = why
  }
}

/** The store's own records say which attempt it was. */
export function sessionName({ jobId, attempt }: Pick<ContainerOfJob, 'jobId' | 'attempt'>): string {
  return `${jobId.replace(/[^\w+=,.@-]/g, '.')}-${attempt}`.slice(-limits.roleSessionNameLength)
}
