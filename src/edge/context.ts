/** What an operation receives in addition to its input. */
import type { FastifyBaseLogger } from 'fastify'
import type { AuditLog } from '../access/audit/audit-log.ts'
import type { ConsoleSessions } from '../access/console/console-sessions.ts'
import type { IdentityDirectory } from '../access/identities/identity-directory.ts'
import type { LastUses } from '../access/last-uses.ts'
import type { Principal } from '../access/principal.ts'
import type { Pace } from '../ground/pace.ts'
import type { LogStore } from '../logs/log-store.ts'
import type { Refusal } from '../model/refusal.ts'
import type { TimeMs } from '../model/time.ts'
import type { AddedBuckets } from '../objects/added-buckets.ts'
import type { ObjectStore } from '../objects/object-store.ts'
import type { SecretStore } from '../secrets/secrets.ts'
import type { ChangeFeed } from '../server/changes/change-feed.ts'
import type { Loop } from '../server/loop/loop.ts'
import type { EndedTasks } from '../server/run/ended-tasks.ts'
import type { Images } from '../server/run/images.ts'
import type { PendingStarts } from '../server/run/pending-starts.ts'
import type { Epoch } from '../server/start/epoch.ts'
import type { Store } from '../store/store.ts'
import type { CallCounter } from './call-counter.ts'
import type { WatchRooms } from './watch-rooms.ts'

/** What operations work with: the loop, the stores. Made once, by the server. */
export interface Backend {
  /** Twelve digits. */
  readonly account: string
  readonly region: string
  readonly loop: Pick<Loop, 'execute' | 'state' | 'explainer'>
  readonly store: Pick<Store, 'createdAtMs' | 'definitions' | 'getJobs' | 'listJobs' | 'listJobsNeeding' | 'searches'>
  readonly logs: LogStore
  readonly objects: ObjectStore
  /** Hosts below these are of buckets. In lower case. */
  readonly objectDomains?: readonly string[]
  readonly addedBuckets: Pick<AddedBuckets, 'reread'>
  /** Set where objects are in a store outside. */
  readonly outsideObjects?: { readonly endpoint: string; readonly region?: string } | undefined
  /** What is held since a restore. */
  readonly epoch: Pick<Epoch, 'leftAlone' | 'release' | 'unmatched'>
  readonly audit: Pick<AuditLog, 'read'>
  readonly identities: Pick<IdentityDirectory, 'current' | 'change' | 'secrets' | 'sealingKeys'>
  /** When each access key was last used. */
  readonly lastUses: Pick<LastUses, 'find'>
  /** Whether users know of the jobs of others. Absent: they do. */
  readonly othersJobs?: 'visible' | 'hidden'
  /** Absent: nobody signs in at a browser. */
  readonly consoleSessions?: Pick<ConsoleSessions, 'makeLink'>
  /** Those who may send requests, by name. */
  readonly principals: { readonly find: (name: string) => Principal | undefined }
  /** Why attempts that are being started do not run yet. */
  readonly pending: Pick<PendingStarts, 'why'>
  readonly images: Pick<Images, 'list' | 'pull' | 'prune'>
  /** Whose tasks ended lately. */
  readonly endedTasks: Pick<EndedTasks, 'jobOf'>
  /** What changes, and who watches. */
  readonly changes: { readonly feed: Pick<ChangeFeed, 'watch' | 'lastId'>; readonly rooms: WatchRooms }
  /** The operator's. */
  readonly secrets: Pick<SecretStore, 'look'>
}

/** One request, after its signature was checked. */
export interface RequestContext {
  readonly backend: Backend
  readonly principal: Principal
  /** The key that signed the request. Absent for the session of a browser. */
  readonly accessKeyId?: string
  /** Set for the session of a browser. */
  readonly sessionExpiresAtMs?: TimeMs
  /** IP address of the client, or of the proxy before it. */
  readonly sourceIp: string
  /** Whether the request came over TLS. */
  readonly secureTransport: boolean
  /** Resources that the principal may not act on, of a call that answers for each by itself. */
  readonly refused?: ReadonlyMap<string, Refusal>
  /** Answered in `x-amzn-RequestId`, and written beside whatever the log says of this request. */
  readonly requestId: string
  /** Names the request in each line. */
  readonly log: Pick<FastifyBaseLogger, 'info'>
  readonly now: () => TimeMs
  /** Counts the calls that are recorded for their repeats. */
  readonly calls: CallCounter
  /** Given to long reads, which ask it between pieces of work. */
  readonly pace?: Pace
  /** Given to long reads: aborted when the client hangs up. */
  readonly hungUp?: AbortSignal
  /** Given to operations that watch. */
  readonly watch?: WatchedRequest
  /** `amz-sdk-invocation-id`: the same for every attempt of one SDK call. */
  readonly invocationId?: string
  /** From `amz-sdk-request`: 1 for the first attempt, and 1 when the client does not say. */
  readonly sdkAttempt: number
  /** SHA-256 of the body as it was sent, hexadecimal. */
  readonly bodyHash: string
}

/** A request that is answered for as long as its client listens. */
export interface WatchedRequest {
  /** The request as it would be judged now; undefined if it would be refused. */
  readonly again: () => RequestContext | undefined
  /** Aborted when the client hangs up. */
  readonly hungUp: AbortSignal
  /** Ends the connection. */
  readonly cutOff: () => void
  /** The header `Last-Event-ID`. */
  readonly lastEventId?: string
}

const invocationIdLength = 128

/** What the SDK says about its own attempts, from the request's headers. */
export function sdkCall(headers: Readonly<Record<string, string | string[] | undefined>>) {
  const id = headers['amz-sdk-invocation-id']
  const attempt = /(?:^|;)\s*attempt=(\d{1,6})/.exec(String(headers['amz-sdk-request'] ?? ''))
  const known = typeof id === 'string' && id !== '' && id.length <= invocationIdLength
  return { ...(known ? { invocationId: id } : {}), sdkAttempt: attempt ? Number(attempt[1]) : 1 }
}
