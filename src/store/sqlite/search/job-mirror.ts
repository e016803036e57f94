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

/** Rows that are read before others have their turn, and those of which only the number is read or which are copied. */
const rowsOfStep = 2_000
const numbersOfStep = 50_000
const rowsCopied = 10_000
/** Rows of the database between two questions whether the search is to go on. */
const rowsBetweenChecks = 1_000

export class JobMirror {
  readonly #database: Database
  readonly #row: Statement
  readonly #rows: Statement
  readonly #jobId: Statement
  readonly #most: number
  #columns = new JobColumns()
  /** Finds what is to be read at first. */
  readonly #finding: Iterator<undefined, Float64Array>
  /** Undefined until all that is to be read at first was found. */
  #unread: Float64Array | undefined
  #readUpTo = 0
  /** A copy under way of the rows that are not gone, up to a place. */
  #copying: { readonly copy: JobColumns; upTo: number } | undefined
  #tooOld = 0

  /** `most`: jobs that are kept, the newest. */
  constructor(database: Database, most: number) {
    this.#database = database
    this.#most = most
    this.#row = database.prepare(`SELECT ${columnsOfRow} FROM job WHERE seq = ? AND child = 0`)
    this.#rows = database.prepare(`SELECT ${columnsOfRow} FROM job WHERE seq BETWEEN ? AND ? AND child = 0`)
    this.#jobId = database.prepare('SELECT job_id FROM job WHERE seq = ?').pluck()
    this.#finding = placesOf(database)
  }

  get columns(): JobColumns {
    return this.#columns
  }

  /** Jobs that are so old that they are not kept. */
  get tooOld(): number {
    return this.#tooOld
  }

  get isRead(): boolean {
    return this.#unread !== undefined && this.#readUpTo >= this.#unread.length
  }

  /** Whether the columns are being copied, to be rid of what is gone. */
  get isCopying(): boolean {
    return this.#copying !== undefined
  }

  /** Reads some more of the jobs that were there at the beginning. */
  readSome(): void {
    if (!this.#unread) {
      const found = this.#finding.next()
      if (!found.done) return
      this.#unread = found.value.subarray(Math.max(0, found.value.length - this.#most))
      this.#tooOld = found.value.length - this.#unread.length
      return
    }
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
      const facts = row && factsOfRow(row)
      change(this.#columns, seq, facts)
      // What is further back is copied as it is by then.
      if (this.#copying && seq <= this.#copying.upTo) change(this.#copying.copy, seq, facts)
    }
    if (this.#columns.isSparse) this.#copying ??= { copy: new JobColumns(), upTo: Number.NEGATIVE_INFINITY }
    // A copy that is under way would have to drop the same jobs.
    else if (this.#columns.size > this.#most * 1.1) this.#tooOld += this.#columns.dropOldest(this.#most)
  }

  /** Copies some more rows, if a copy is under way. */
  copySome(): void {
    if (!this.#copying) return
    const { copy, upTo } = this.#copying
    const copied = this.#columns.copyInto(copy, upTo, rowsCopied)
    if (copied !== undefined) {
      this.#copying.upTo = copied
      return
    }
    this.#columns = copy
    this.#copying = undefined
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

  /**
   * The jobs whose ids begin with the text: the first of them, if there are more than `most`. `check`
   * is called between pieces of work.
   */
  idsFrom(prefix: string, most: number, check: () => void): Set<number> {
    const ids = new Set<number>()
    // The children of an array, whose ids begin as its own does, may be very many.
    const rows = this.#database
      .prepare('SELECT seq, child FROM job WHERE job_id >= ? AND job_id < ?')
      .raw()
      .iterate(prefix, `${prefix}\u{10ffff}`) as Iterable<[seq: number, child: number]>
    let looked = 0
    for (const [seq, child] of rows) {
      if (++looked % rowsBetweenChecks === 0) check()
      if (child === 0) ids.add(seq)
      if (ids.size >= most) break
    }
    return ids
  }
}

function change(columns: JobColumns, seq: number, facts: JobFacts | undefined): void {
  if (facts) columns.put(facts)
  else columns.remove(seq)
}

/**
 * Finds the places of all jobs but children, in order, step by step. They are read from an index
 * alone, which leaves the children out. A job whose status changes meanwhile may be missing: whoever
 * changes it says so.
 */
function* placesOf(database: Database): Generator<undefined, Float64Array, undefined> {
  const nextQueue = database
    .prepare('SELECT min(job_queue) FROM job INDEXED BY job_by_status WHERE status = ? AND job_queue > ?')
    .pluck()
  const seqs = database
    .prepare(
      `SELECT seq FROM job INDEXED BY job_by_status
      WHERE status = ? AND job_queue = ? AND child = 0 AND seq > ? ORDER BY seq LIMIT ${numbersOfStep}`,
    )
    .pluck()
  const lists: Float64Array[] = []
  for (const status of jobStatuses.keys())
    for (let queue = nextQueue.get(status, ''); queue !== null; queue = nextQueue.get(status, queue))
      for (let after = -1; ; ) {
        const list = Float64Array.from(seqs.all(status, queue, after) as number[])
        lists.push(list)
        yield
        if (list.length < numbersOfStep) break
        after = list.at(-1)!
      }
  const all = new Float64Array(lists.reduce((length, list) => length + list.length, 0))
  let from = 0
  for (const list of lists) {
    all.set(list, from)
    from += list.length
  }
  all.sort()
  yield
  // A job that changed its status between two steps is there twice.
  return all.filter((seq, index) => index === 0 || all[index - 1] !== seq)
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

/** The children of one array, by index. Empty if there is none. `check` is called between pieces of work. */
export function childColumns(
  database: Database,
  parentId: string,
  statusWithoutRecord: (index: number) => number | undefined,
  check: () => void,
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
    .prepare(
      `SELECT array_index AS at, status, live, tags, ${runOfRow} FROM job WHERE parent_id = ? ORDER BY array_index`,
    )
    .iterate(parentId) as IterableIterator<Row>
  try {
    let { value: row } = rows.next()
    for (let at = 0; at < (parent.size ?? 0); at++) {
      if (at % rowsBetweenChecks === 0) check()
      const status = statusWithoutRecord(at)
      if (row?.at === at) {
        columns.put(factsOfRow({ ...parent, ...row }))
        row = rows.next().value
      } else if (status !== undefined)
        columns.put(factsOfRow({ ...parent, at, status, live: 0, tags: null, run: '[]' }))
    }
    return columns
  } finally {
    // Until then the connection is busy.
    rows.return?.()
  }
}
