/**
 * The columns of all jobs but array children, read from the database step by step, and kept up to
 * date by reading again the rows that changed.
 */
import type { Database, Statement } from 'better-sqlite3'
import { jobStatuses } from '../../../model/job.ts'
import { type JobFacts, plainText, type SearchPlace, tagTextOf } from '../../search/job-search.ts'
import { JobColumns } from './job-columns.ts'

interface Row {
  readonly at: number
  readonly job_name: string
  readonly job_queue: string
  readonly job_definition: string
  readonly owner: string
  readonly created_at: number
  readonly status: number
  readonly live: number
  readonly tags: string | null
  /** JSON: start and end of the state, start and exit code of the last attempt. */
  readonly run: string
}

const runOfRow = `json_extract(progress, '$.state.startedAtMs', '$.state.stoppedAtMs',
  '$.attempts[#-1].startedAtMs', '$.attempts[#-1].exitCode') AS run`

const columnsOfRow = `seq AS at, job_name, job_queue, job_definition, json_extract(spec, '$.owner') AS owner,
  created_at, status, live, tags, ${runOfRow}`

/** Rows that are read before others have their turn. */
const rowsOfStep = 2_000

export class JobMirror {
  readonly #database: Database
  readonly #row: Statement
  readonly #rows: Statement
  readonly #jobId: Statement
  readonly #most: number
  #columns = new JobColumns()
  /** What is still to be read at first. */
  #unread: Float64Array
  #readUpTo = 0
  #tooOld = 0

  /** `most`: jobs that are kept, the newest. */
  constructor(database: Database, most: number) {
    this.#database = database
    this.#most = most
    this.#row = database.prepare(`SELECT ${columnsOfRow} FROM job WHERE seq = ? AND child = 0`)
    this.#rows = database.prepare(`SELECT ${columnsOfRow} FROM job WHERE seq BETWEEN ? AND ? AND child = 0`)
    this.#jobId = database.prepare('SELECT job_id FROM job WHERE seq = ?').pluck()
    const all = placesOf(database)
    this.#unread = all.subarray(Math.max(0, all.length - most))
    this.#tooOld = all.length - this.#unread.length
  }

  get columns(): JobColumns {
    return this.#columns
  }

  /** Jobs that are so old that they are not kept. */
  get tooOld(): number {
    return this.#tooOld
  }

  get isRead(): boolean {
    return this.#readUpTo >= this.#unread.length
  }

  /** Reads some more of the jobs that were there at the beginning. */
  readSome(): void {
    const seqs = this.#unread.subarray(this.#readUpTo, this.#readUpTo + rowsOfStep)
    this.#readUpTo += rowsOfStep
    if (this.isRead) this.#unread = new Float64Array()
    const [first = 0, last = 0] = [seqs[0], seqs.at(-1)]
    // Between the jobs there may be many children, which are not to be read.
    if (last - first > 2 * seqs.length) return this.refresh(seqs)
    for (const row of this.#rows.iterate(first, last)) this.#columns.put(factsOfRow(row as Row))
  }

  /** Reads these jobs again. */
  refresh(seqs: Iterable<number>): void {
    for (const seq of seqs) {
      const row = this.#row.get(seq) as Row | undefined
      if (row) this.#columns.put(factsOfRow(row))
      else this.#columns.remove(seq)
    }
    if (this.#columns.size > this.#most * 1.1) this.#tooOld += this.#columns.dropOldest(this.#most)
    if (this.#columns.isSparse) this.#columns = this.#columns.compacted()
  }

  /** Those of the jobs that are still there. */
  withIds(places: readonly SearchPlace[]): { jobId: string; place: SearchPlace }[] {
    return places.flatMap((place) => {
      const jobId = this.#jobId.get(place.at) as string | undefined
      return jobId === undefined ? [] : { jobId, place }
    })
  }

  placesOf(jobIds: readonly string[]): number[] {
    const seq = this.#database.prepare('SELECT seq FROM job WHERE job_id = ?').pluck()
    return jobIds.flatMap((jobId) => (seq.get(jobId) as number | undefined) ?? [])
  }

  /** The jobs whose ids begin with the text: the first of them, if there are more than `most`. */
  idsFrom(prefix: string, most: number): Set<number> {
    const found = this.#database
      .prepare('SELECT seq FROM job WHERE job_id >= ? AND job_id < ? AND child = 0 LIMIT ?')
      .pluck()
      .all(prefix, `${prefix}\u{10ffff}`, most)
    return new Set(found as number[])
  }
}

/** The places of all jobs but children, in order. Read from an index alone, which leaves the children out. */
function placesOf(database: Database): Float64Array {
  const nextQueue = database
    .prepare('SELECT min(job_queue) FROM job INDEXED BY job_by_status WHERE status = ? AND job_queue > ?')
    .pluck()
  const seqs = database
    .prepare('SELECT seq FROM job INDEXED BY job_by_status WHERE status = ? AND job_queue = ? AND child = 0')
    .pluck()
  const lists: Float64Array[] = []
  for (const status of jobStatuses.keys())
    for (let queue = nextQueue.get(status, ''); queue !== null; queue = nextQueue.get(status, queue))
      lists.push(Float64Array.from(seqs.all(status, queue) as number[]))
  const all = new Float64Array(lists.reduce((length, list) => length + list.length, 0))
  let from = 0
  for (const list of lists) {
    all.set(list, from)
    from += list.length
  }
  return all.sort()
}

function factsOfRow({ at, created_at, tags, owner, status, live, run, ...row }: Row): JobFacts {
  return {
    ...{ at, status, createdAtMs: created_at, owner: plainText(owner) },
    ...{ queue: row.job_queue, definition: row.job_definition, name: plainText(row.job_name) },
    tags: tags === null ? '' : tagTextOf(JSON.parse(tags)),
    ...factsOfRun(run, live === 1),
  }
}

function factsOfRun(run: string, isLive: boolean): Pick<JobFacts, 'startedAtMs' | 'stoppedAtMs' | 'exitCode'> {
  const [started, stopped, lastStarted, exitCode] = JSON.parse(run) as (number | null)[]
  return {
    startedAtMs: started ?? lastStarted ?? undefined,
    stoppedAtMs: stopped ?? undefined,
    exitCode: isLive ? undefined : (exitCode ?? undefined),
  }
}

/** The children of one array, by index. Empty if there is none. */
export function childColumns(
  database: Database,
  parentId: string,
  statusWithoutRecord: (index: number) => number | undefined,
): JobColumns {
  const columns = new JobColumns()
  const parent = database
    .prepare(
      `SELECT job_name, job_queue, job_definition, json_extract(spec, '$.owner') AS owner, created_at,
        json_extract(spec, '$.arraySize') AS size FROM job WHERE job_id = ? AND child = 0`,
    )
    .get(parentId) as (Omit<Row, 'at' | 'status' | 'live' | 'tags' | 'run'> & { size: number | null }) | undefined
  if (!parent) return columns
  const rows = database
    .prepare(`SELECT array_index AS at, status, live, tags, ${runOfRow} FROM job WHERE parent_id = ?`)
    .all(parentId) as Row[]
  const recorded = new Map(rows.map((row) => [row.at, row]))
  for (let at = 0; at < (parent.size ?? 0); at++) {
    const row = recorded.get(at)
    const status = statusWithoutRecord(at)
    if (row) columns.put(factsOfRow({ ...parent, ...row }))
    else if (status !== undefined) columns.put(factsOfRow({ ...parent, at, status, live: 0, tags: null, run: '[]' }))
  }
  return columns
}
