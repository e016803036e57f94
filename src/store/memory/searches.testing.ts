/** Searches by the plainest means: each job is held against the filter, one after the other. */
import { isTerminal, type Job, jobStatuses } from '../../model/job.ts'
import {
  type ChildrenScope,
  type CountedJobs,
  childId,
  compareKeys,
  comparePlaces,
  definitionTest,
  durationAt,
  type FoundJobs,
  type GroupKey,
  globTest,
  hasOwnRecord,
  hidingParts,
  idPrefixOf,
  type JobCount,
  type JobFacts,
  type JobFilter,
  type JobSearch,
  type JobSearches,
  plainText,
  type SearchPlace,
  type SearchScope,
  type SortKey,
  tagContains,
  tagTest,
  tagTextOf,
  tagValue,
} from '../search/job-search.ts'

interface Known extends JobFacts {
  readonly jobId: string
}

export class NaiveSearches implements JobSearches {
  readonly #jobs: () => readonly Job[]

  constructor(jobs: () => readonly Job[]) {
    this.#jobs = jobs
  }

  async find(search: JobSearch): Promise<FoundJobs> {
    const { order, after, limit, nowMs, children } = search
    const all = this.#matching(search)
    const places = all
      .map((known) => ({ jobId: known.jobId, place: placeOf(known, order.by, nowMs) }))
      .sort((a, b) => comparePlaces(a.place, b.place, order.descending, children === undefined))
      .filter(({ place }) => !after || comparePlaces(place, after, order.descending, children === undefined) > 0)
    return {
      ...{ jobs: places.slice(0, limit), total: all.length, tooOld: 0 },
      hiddenBy: all.length === 0 ? this.#hiddenBy(search) : [],
    }
  }

  async count(count: JobCount): Promise<CountedJobs> {
    const all = this.#matching(count)
    const byStatus = (jobs: readonly Known[]) =>
      jobStatuses.map((_, code) => jobs.filter(({ status }) => status === code).length)
    const groups = count.groupBy ? Map.groupBy(all, (known) => keyOf(known, count.groupBy!)) : new Map<null, Known[]>()
    const sorted = [...groups].sort(([a, x], [b, y]) => y.length - x.length || compareKeys(a, b))
    return {
      byStatus: byStatus(all),
      groups: sorted.slice(0, count.groups).map(([key, jobs]) => ({ key, byStatus: byStatus(jobs) })),
      moreGroups: Math.max(0, sorted.length - count.groups),
      tooOld: 0,
    }
  }

  prepare(): void {}

  async stop(): Promise<void> {}

  #matching({ owners, children, filter }: SearchScope): Known[] {
    const all = children
      ? this.#children(children)
      : this.#jobs()
          .filter(({ arrayIndex }) => arrayIndex === undefined)
          .map(factsOf)
    return all.filter((it) => (!owners || owners.includes(it.owner)) && meets(it, filter))
  }

  #hiddenBy(search: JobSearch): FoundJobs['hiddenBy'] {
    const parts = (Object.keys(search.filter) as (keyof JobFilter)[]).filter(
      (part) => search.filter[part] !== undefined,
    )
    return hidingParts(
      parts.map((part) => ({
        filter: part,
        jobs: this.#matching({ ...search, filter: { ...search.filter, [part]: undefined } }).length,
      })),
    )
  }

  #children({ parentId, withoutRecord }: ChildrenScope): Known[] {
    const parent = this.#jobs().find(({ jobId }) => jobId === parentId)
    const recorded = new Map(this.#jobs().map((job) => [job.jobId, job]))
    return Array.from({ length: parent?.spec.arraySize ?? 0 }, (_, index) => {
      const jobId = childId(parentId, index)
      const job = recorded.get(jobId)
      if (job) return [{ ...factsOf(job), at: index }]
      const status = typeof withoutRecord === 'number' ? withoutRecord : (withoutRecord?.[index] ?? hasOwnRecord)
      if (status === hasOwnRecord) return []
      const none = { startedAtMs: undefined, stoppedAtMs: undefined, exitCode: undefined, tags: '' }
      return [{ ...factsOf(parent!), ...none, jobId, status, at: index }]
    }).flat()
  }
}

function factsOf(job: Job): Known {
  const { spec, state } = job
  const last = job.attempts.at(-1)
  return {
    ...{ jobId: job.jobId, at: job.seq, name: plainText(spec.jobName).toLowerCase(), queue: spec.jobQueue },
    ...{ definition: spec.jobDefinition, owner: spec.owner, status: jobStatuses.indexOf(state.status) },
    createdAtMs: spec.createdAtMs,
    startedAtMs: ('startedAtMs' in state ? state.startedAtMs : undefined) ?? last?.startedAtMs,
    stoppedAtMs: 'stoppedAtMs' in state ? state.stoppedAtMs : undefined,
    exitCode: isTerminal(state.status) ? last?.exitCode : undefined,
    tags: tagTextOf(job.tags),
  }
}

function meets(known: Known, filter: JobFilter): boolean {
  const { user, queue, status, name, definition, tag, exitCode, since, until, text } = filter
  return (
    (!user || user.includes(known.owner)) &&
    (!queue || queue.includes(known.queue)) &&
    (!status || status.includes(jobStatuses[known.status]!)) &&
    (name === undefined || globTest(name)(known.name)) &&
    (!definition || definitionTest(definition)(known.definition)) &&
    (!tag || tag.every((it) => tagTest(it)(known.tags))) &&
    (!exitCode || (known.exitCode !== undefined && exitCode.includes(known.exitCode))) &&
    (since === undefined || known.createdAtMs >= since) &&
    (until === undefined || known.createdAtMs < until) &&
    (text === undefined || hasText(known, text))
  )
}

function hasText({ name, tags, jobId }: Known, text: string): boolean {
  const prefix = idPrefixOf(text)
  return (
    name.includes(plainText(text).toLowerCase()) ||
    tagContains(text)(tags) ||
    (prefix !== undefined && jobId.startsWith(prefix))
  )
}

function placeOf(known: Known, by: SortKey, nowMs: number): SearchPlace {
  const { startedAtMs = Number.NaN, stoppedAtMs = Number.NaN } = known
  const values: Readonly<Record<SortKey, number | string | undefined>> = {
    ...{ created: known.createdAtMs, started: known.startedAtMs, stopped: known.stoppedAtMs, name: known.name },
    duration: durationAt(nowMs, startedAtMs, stoppedAtMs) ?? undefined,
    ...{ status: known.status, user: known.owner, queue: known.queue, definition: known.definition },
    'exit-code': known.exitCode,
  }
  return { value: values[by] ?? null, at: known.at }
}

function keyOf(known: Known, groupBy: GroupKey): string | null {
  switch (groupBy.by) {
    case 'status':
      return jobStatuses[known.status]!
    case 'user':
      return known.owner
    case 'queue':
      return known.queue
    case 'definition':
      return known.definition
    case 'exit-code':
      return known.exitCode === undefined ? null : String(known.exitCode)
    case 'tag':
      return tagValue(known.tags, groupBy.key)
  }
}
