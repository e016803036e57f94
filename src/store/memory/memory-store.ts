/** The store in memory, for tests: keeps what it is given as text, so that nothing is shared with the caller. */
import type { AccountResource } from '../../model/account-resource.ts'
import type { ComputeEnvironment } from '../../model/compute-environment.ts'
import { isTerminal, type Job, jobStatuses } from '../../model/job.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import { type ChildFacts, fromProgress, type Progress, parentIdOf, toProgress } from '../job-record.ts'
import { eventsIn, type StoredOutboxEntry } from '../outbox.ts'
import {
  type Changes,
  type JobQuery,
  type Loaded,
  matchesNeed,
  matchesQuery,
  type RecordedCall,
  type ShareUseRecord,
  type Store,
  StoreFailure,
} from '../store.ts'
import { MemoryDefinitions } from './definitions.ts'

export interface MemoryStore extends Store {
  /** While set, every `append` fails with this text and changes nothing, as on a full disk. */
  failing: string | undefined
  /** While set, `load` fails with this text. */
  unreadable: string | undefined
}

export function createMemoryStore(): MemoryStore {
  const settings = new Map<string, string>()
  const jobs = new Map<string, string>()
  const definitions = new MemoryDefinitions()
  const queues = new Map<string, string>()
  const environments = new Map<string, string>()
  const resources = new Map<string, string>()
  const shareUses = new Map<string, ShareUseRecord>()
  const calls = new Map<string, RecordedCall>()
  let outbox: StoredOutboxEntry[] = []
  let lastSeq = 0
  let positions = new Map<string, number>()

  const thaw = (text: string): Job => {
    const { progress, ...rest } = JSON.parse(text) as Omit<Job, 'state' | 'attempts'> & { progress: Progress }
    return fromProgress(rest, progress, childFacts)
  }
  const freeze = (job: Job) => {
    const { state: _state, attempts: _attempts, isCancelled: _c, isTerminated: _t, stop: _s, held: _h, ...rest } = job
    jobs.set(job.jobId, JSON.stringify({ ...rest, progress: toProgress(job) }))
  }
  const all = () => [...jobs.values()].map(thaw).sort((a, b) => a.seq - b.seq)
  function childFacts(parentId: string): ChildFacts[] {
    const children = [...jobs].filter(([jobId]) => jobId.startsWith(`${parentId}:`)).map(([, text]) => thaw(text))
    return children.map((child) => ({
      index: child.arrayIndex!,
      statusCode: jobStatuses.indexOf(child.state.status),
    }))
  }
  const values = <T>(map: Map<string, string>) => [...map.values()].map((text) => JSON.parse(text) as T)

  const store: MemoryStore = {
    failing: undefined,
    unreadable: undefined,

    load(): Loaded {
      if (this.unreadable !== undefined) throw new StoreFailure(this.unreadable)
      return {
        jobs: all().filter((job) => !isTerminal(job.state.status)),
        definitionBytes: definitions.bytesByOwner(),
        jobQueues: values<JobQueue>(queues),
        computeEnvironments: this.loadComputeEnvironments(),
        resources: values<AccountResource>(resources),
        shareUses: [...shareUses.values()],
        nextSeq: (all().at(-1)?.seq ?? 0) + 1,
      }
    },

    loadComputeEnvironments: () => values<ComputeEnvironment>(environments),

    append(changes: Changes) {
      if (this.failing !== undefined) throw new StoreFailure(this.failing)
      for (const job of [...changes.newJobs, ...changes.jobs]) freeze(job)
      for (const [jobId, tags] of changes.finishedJobTags) {
        const text = jobs.get(jobId)
        if (text) freeze({ ...thaw(text), tags })
      }
      definitions.write(changes.jobDefinitions, changes.goneJobDefinitions)
      for (const it of changes.jobQueues) queues.set(it.name, JSON.stringify(it))
      for (const name of changes.goneJobQueues) queues.delete(name)
      for (const it of changes.computeEnvironments) environments.set(it.name, JSON.stringify(it))
      for (const name of changes.goneComputeEnvironments) environments.delete(name)
      for (const it of changes.resources) resources.set(it.arn, JSON.stringify(it))
      for (const { arn } of changes.goneResources) resources.delete(arn)
      for (const it of changes.shareUses) shareUses.set(JSON.stringify([it.jobQueue, it.shareIdentifier]), it)
      for (const [key, { jobQueue }] of shareUses) if (changes.goneJobQueues.includes(jobQueue)) shareUses.delete(key)
      for (const [key, call] of calls) if (call.atMs < changes.forgetCallsBeforeMs) calls.delete(key)
      for (const call of changes.calls) calls.set(call.key, call)
      for (const entry of changes.outbox) {
        outbox.push({ ...entry, firstSeq: lastSeq + 1 })
        lastSeq += eventsIn(entry)
      }
    },

    findCall(key, sinceMs) {
      const call = calls.get(key)
      return call && call.atMs >= sinceMs ? call.answer : undefined
    },

    getJobs(jobIds) {
      return new Map(jobIds.filter((id) => jobs.has(id)).map((id) => [id, thaw(jobs.get(id)!)]))
    },

    createdAtMs(jobId) {
      const text = jobs.get(jobId)
      return text === undefined ? undefined : thaw(text).spec.createdAtMs
    },

    listJobs(query: JobQuery) {
      const { scope } = query
      const found = all().filter((job) =>
        'parentId' in scope
          ? parentIdOf(job) === scope.parentId && (query.after === undefined || job.arrayIndex! > query.after)
          : job.arrayIndex === undefined &&
            job.spec.jobQueue === scope.jobQueue &&
            (query.after === undefined || job.seq < query.after),
      )
      if ('parentId' in scope) found.sort((a, b) => a.arrayIndex! - b.arrayIndex!)
      else found.reverse()
      return found.filter((job) => matchesQuery(job, query)).slice(0, query.limit)
    },

    listJobsNeeding(query) {
      return all()
        .reverse()
        .filter((job) => isTerminal(job.state.status) && matchesNeed(job, query))
        .filter(({ seq }) => query.after === undefined || seq < query.after)
        .slice(0, query.limit)
    },

    deleteJobs({ endedBeforeMs, afterSeq, limit }) {
      if (this.failing !== undefined) throw new StoreFailure(this.failing)
      const rows = all().filter(({ seq }) => seq > afterSeq)
      let deleted = 0
      for (const { jobId, seq, arrayIndex, spec, state } of rows.slice(0, limit)) {
        if (arrayIndex !== undefined) continue
        if (spec.createdAtMs >= endedBeforeMs) return { deleted, lookedUpTo: undefined }
        if ((state.status !== 'SUCCEEDED' && state.status !== 'FAILED') || state.stoppedAtMs >= endedBeforeMs) continue
        for (const id of [...jobs.keys()])
          if ((id === jobId || id.startsWith(`${jobId}:`)) && jobs.delete(id)) deleted++
        if (deleted >= limit) return { deleted, lookedUpTo: seq }
      }
      return { deleted, lookedUpTo: rows.length < limit ? undefined : rows[limit - 1]!.seq }
    },

    definitions,

    outbox: {
      lastSeq: () => lastSeq,
      positions: () => new Map(positions),
      read: (afterSeq, limit) =>
        outbox.filter((entry) => entry.firstSeq + eventsIn(entry) - 1 > afterSeq).slice(0, limit),
      settle(given, limit) {
        if (store.failing !== undefined) throw new StoreFailure(store.failing)
        positions = new Map(given)
        const upTo = Math.min(...positions.values())
        const had = outbox.filter((entry) => entry.firstSeq + eventsIn(entry) - 1 <= upTo).slice(0, limit)
        outbox = outbox.slice(had.length)
        return had.length
      },
    },

    getSetting: (key) => settings.get(key),
    putSetting(key, value) {
      if (this.failing !== undefined) throw new StoreFailure(this.failing)
      settings.set(key, value)
    },
    close() {},
  }
  return store
}
