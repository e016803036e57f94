/**
 * The store in memory, for tests. It keeps everything as text, so that it shares nothing with the
 * caller.
 */
import type { AccountResource } from '../../model/account-resource.ts'
import type { ComputeEnvironment } from '../../model/compute-environment.ts'
import { isTerminal, type Job, jobStatuses } from '../../model/job.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import type { TimeMs } from '../../model/time.ts'
import { type ChildFacts, fromProgress, type Progress, parentIdOf, toProgress } from '../job-record.ts'
import {
  type Changes,
  type DeletedJobs,
  type JobQuery,
  type Loaded,
  matchesNeed,
  matchesQuery,
  type NeedQuery,
  type OldJobs,
  type RecordedCall,
  type ShareUseRecord,
  type Store,
  StoreFailure,
} from '../store.ts'
import { MemoryDefinitions } from './definitions.testing.ts'
import { MemoryOutbox } from './outbox.testing.ts'
import { NaiveSearches } from './searches.testing.ts'

export function createMemoryStore(): MemoryStore {
  return new MemoryStore()
}

export class MemoryStore implements Store {
  /** While set, every write fails with this text and changes nothing, as on a full disk. */
  failing: string | undefined
  /** While set, `load` fails with this text. */
  unreadable: string | undefined
  readonly definitions = new MemoryDefinitions()
  readonly outbox = new MemoryOutbox(() => this.#throwIfFailing())
  readonly searches = new NaiveSearches(() => this.#all())
  readonly #settings = new Map<string, string>()
  readonly #jobs = new Map<string, string>()
  readonly #queues = new Map<string, string>()
  readonly #environments = new Map<string, string>()
  readonly #resources = new Map<string, string>()
  readonly #shareUses = new Map<string, ShareUseRecord>()
  readonly #calls = new Map<string, RecordedCall>()

  load(): Loaded {
    if (this.unreadable !== undefined) throw new StoreFailure(this.unreadable)
    const jobs = this.#all()
    return {
      jobs: jobs.filter((job) => !isTerminal(job.state.status)),
      definitionBytes: this.definitions.bytesByOwner(),
      jobQueues: parsed<JobQueue>(this.#queues),
      computeEnvironments: this.loadComputeEnvironments(),
      resources: parsed<AccountResource>(this.#resources),
      shareUses: [...this.#shareUses.values()],
      nextSeq: (jobs.at(-1)?.seq ?? 0) + 1,
    }
  }

  loadComputeEnvironments(): ComputeEnvironment[] {
    return parsed<ComputeEnvironment>(this.#environments)
  }

  append(changes: Changes): void {
    this.#throwIfFailing()
    this.#writeJobs(changes)
    this.definitions.write(changes.jobDefinitions, changes.goneJobDefinitions)
    this.#writeAccount(changes)
    for (const [key, call] of this.#calls) if (call.atMs < changes.forgetCallsBeforeMs) this.#calls.delete(key)
    for (const call of changes.calls) this.#calls.set(call.key, call)
    this.outbox.write(changes.outbox)
  }

  findCall(key: string, sinceMs: TimeMs): string | undefined {
    const call = this.#calls.get(key)
    return call && call.atMs >= sinceMs ? call.answer : undefined
  }

  getJobs(jobIds: readonly string[]): Map<string, Job> {
    return new Map(jobIds.filter((id) => this.#jobs.has(id)).map((id) => [id, this.#thaw(this.#jobs.get(id)!)]))
  }

  createdAtMs(jobId: string): TimeMs | undefined {
    const text = this.#jobs.get(jobId)
    return text === undefined ? undefined : this.#thaw(text).spec.createdAtMs
  }

  listJobs(query: JobQuery): Job[] {
    const { scope } = query
    const found = this.#all().filter((job) =>
      'parentId' in scope
        ? parentIdOf(job) === scope.parentId && (query.after === undefined || job.arrayIndex! > query.after)
        : job.arrayIndex === undefined &&
          job.spec.jobQueue === scope.jobQueue &&
          (query.after === undefined || job.seq < query.after),
    )
    if ('parentId' in scope) found.sort((a, b) => a.arrayIndex! - b.arrayIndex!)
    else found.reverse()
    return found.filter((job) => matchesQuery(job, query)).slice(0, query.limit)
  }

  listJobsNeeding(query: NeedQuery): Job[] {
    return this.#all()
      .reverse()
      .filter((job) => isTerminal(job.state.status) && matchesNeed(job, query))
      .filter(({ seq }) => query.after === undefined || seq < query.after)
      .slice(0, query.limit)
  }

  deleteJobs({ endedBeforeMs, afterSeq, limit }: OldJobs): DeletedJobs {
    this.#throwIfFailing()
    const rows = this.#all().filter(({ seq }) => seq > afterSeq)
    let deleted = 0
    for (const { jobId, seq, arrayIndex, spec, state } of rows.slice(0, limit)) {
      if (arrayIndex !== undefined) continue
      if (spec.createdAtMs >= endedBeforeMs) return { deleted, lookedUpTo: undefined }
      if ((state.status !== 'SUCCEEDED' && state.status !== 'FAILED') || state.stoppedAtMs >= endedBeforeMs) continue
      for (const id of [...this.#jobs.keys()])
        if ((id === jobId || id.startsWith(`${jobId}:`)) && this.#jobs.delete(id)) deleted++
      if (deleted >= limit) return { deleted, lookedUpTo: seq }
    }
    return { deleted, lookedUpTo: rows.length < limit ? undefined : rows[limit - 1]!.seq }
  }

  getSetting(key: string): string | undefined {
    return this.#settings.get(key)
  }

  putSetting(key: string, value: string): void {
    this.#throwIfFailing()
    this.#settings.set(key, value)
  }

  close(): void {}

  #throwIfFailing(): void {
    if (this.failing !== undefined) throw new StoreFailure(this.failing)
  }

  #writeJobs({ newJobs, jobs, finishedJobTags }: Changes): void {
    for (const job of [...newJobs, ...jobs]) this.#freeze(job)
    for (const [jobId, tags] of finishedJobTags) {
      const text = this.#jobs.get(jobId)
      if (text) this.#freeze({ ...this.#thaw(text), tags })
    }
  }

  #writeAccount(changes: Changes): void {
    for (const it of changes.jobQueues) this.#queues.set(it.name, JSON.stringify(it))
    for (const name of changes.goneJobQueues) this.#queues.delete(name)
    for (const it of changes.computeEnvironments) this.#environments.set(it.name, JSON.stringify(it))
    for (const name of changes.goneComputeEnvironments) this.#environments.delete(name)
    for (const it of changes.resources) this.#resources.set(it.arn, JSON.stringify(it))
    for (const { arn } of changes.goneResources) this.#resources.delete(arn)
    for (const it of changes.shareUses) this.#shareUses.set(JSON.stringify([it.jobQueue, it.shareIdentifier]), it)
    for (const [key, { jobQueue }] of this.#shareUses)
      if (changes.goneJobQueues.includes(jobQueue)) this.#shareUses.delete(key)
  }

  /** In order of submission. */
  #all(): Job[] {
    return [...this.#jobs.values()].map((text) => this.#thaw(text)).sort((a, b) => a.seq - b.seq)
  }

  #freeze(job: Job): void {
    const { state: _state, attempts: _attempts, isCancelled: _c, isTerminated: _t, stop: _s, held: _h, ...rest } = job
    this.#jobs.set(job.jobId, JSON.stringify({ ...rest, progress: toProgress(job) }))
  }

  #thaw(text: string): Job {
    const { progress, ...rest } = JSON.parse(text) as Omit<Job, 'state' | 'attempts'> & { progress: Progress }
    return fromProgress(rest, progress, (jobId) => this.#childrenOf(jobId))
  }

  #childrenOf(parentId: string): ChildFacts[] {
    const children = [...this.#jobs].filter(([jobId]) => jobId.startsWith(`${parentId}:`))
    return children.map(([, text]) => {
      const { arrayIndex, state } = this.#thaw(text)
      return { index: arrayIndex!, statusCode: jobStatuses.indexOf(state.status) }
    })
  }
}

function parsed<T>(texts: ReadonlyMap<string, string>): T[] {
  return [...texts.values()].map((text) => JSON.parse(text) as T)
}
