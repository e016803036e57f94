/** A job as a row of the table `job`, read and written. */
import { isTerminal, type Job, type JobSpec, jobStatuses } from '../../model/job.ts'
import { type ChildFacts, fromProgress, type Progress, parentIdOf, toProgress } from '../job-record.ts'
import { readSpec } from '../stored-spec.ts'

export interface JobRow {
  readonly seq: number
  readonly job_id: string
  readonly parent_id: string | null
  readonly array_index: number | null
  readonly spec: string
  readonly tags: string | null
  readonly progress: string
}

/** A child's spec is its parent's. */
export const jobColumns = `job.seq, job.job_id, job.parent_id, job.array_index, job.tags, job.progress,
  coalesce(job.spec, (SELECT parent.spec FROM job parent WHERE parent.job_id = job.parent_id)) AS spec`

/**
 * Turns the rows of one answer into jobs. The spec of an array is parsed once for all its children.
 */
export class JobRows {
  readonly #childrenOf: (jobId: string) => ChildFacts[]
  readonly #specs = new Map<string, JobSpec>()

  /** `childrenOf` reads the records of an array's children. */
  constructor(childrenOf: (jobId: string) => ChildFacts[]) {
    this.#childrenOf = childrenOf
  }

  toJob(row: JobRow): Job {
    return fromProgress(
      {
        jobId: row.job_id,
        seq: row.seq,
        spec: this.#specOf(row),
        ...(row.array_index === null ? {} : { arrayIndex: row.array_index }),
        tags: row.tags === null ? {} : JSON.parse(row.tags),
      },
      JSON.parse(row.progress) as Progress,
      this.#childrenOf,
    )
  }

  #specOf(row: JobRow): JobSpec {
    const owner = row.parent_id ?? row.job_id
    let spec = this.#specs.get(owner)
    if (!spec) {
      spec = readSpec(row.spec)
      this.#specs.set(owner, spec)
    }
    return spec
  }
}

/** The values of a new row, in the order of the table's columns. */
export function newRowOf(job: Job): unknown[] {
  const { spec } = job
  const isChild = job.arrayIndex !== undefined
  return [
    job.seq,
    job.jobId,
    parentIdOf(job) ?? null,
    job.arrayIndex ?? null,
    spec.jobQueue,
    spec.jobName.toLowerCase(),
    spec.jobDefinition,
    spec.shareIdentifier ?? null,
    spec.createdAtMs,
    ...statusOf(job),
    isChild ? 1 : 0,
    isChild ? null : JSON.stringify(spec),
    tagsOf(job.tags),
    JSON.stringify(toProgress(job)),
  ]
}

/** The values that change while a job is live: status, live, tags, progress. */
export function changedRowOf(job: Job): unknown[] {
  return [...statusOf(job), tagsOf(job.tags), JSON.stringify(toProgress(job))]
}

export function tagsOf(tags: Readonly<Record<string, string>>): string | null {
  return Object.keys(tags).length === 0 ? null : JSON.stringify(tags)
}

function statusOf(job: Job): [status: number, live: number] {
  const { status } = job.state
  return [jobStatuses.indexOf(status), isTerminal(status) ? 0 : 1]
}
